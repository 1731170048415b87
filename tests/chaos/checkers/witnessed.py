"""I4, I5: each event had its effect once, in the order of its key, with whoever counts them."""

from collections import defaultdict
from collections.abc import Iterator

from clinic_events.catalog import CATALOG, stem_of
from tests.chaos.checkers.model import Violation, compared
from tests.chaos.evidence import Evidence
from tests.chaos.witness import place_of

KNOWN = frozenset(stem_of(event.name) for event in CATALOG)


def each_event_took_effect_once_and_in_order(evidence: Evidence) -> Iterator[Violation]:
    if evidence.witnessed is None:
        return
    published = _as_first_published(evidence)
    for place in sorted({*published, *evidence.witnessed}):
        handled = [*evidence.witnessed.get(place, ())]
        wrong = [*compared("I5", published[place], handled)]
        yield from wrong
        if not wrong and handled != published[place]:
            what = f"{place}: {handled}, published as {published[place]}"
            yield Violation("I4", "disordered", what)


def _as_first_published(evidence: Evidence) -> dict[str, list[str]]:
    """By topic and key, but for what nobody can handle."""
    published: dict[str, list[str]] = defaultdict(list)
    known = {*evidence.set_aside}
    for record in sorted(evidence.records, key=lambda record: record.place):
        if record.stem in KNOWN and record.id not in known:
            known.add(record.id)
            key = (record.message.key or b"").decode(errors="replace")
            published[place_of(record.message.topic, key)].append(record.id)
    return published
