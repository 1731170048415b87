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
    said = _as_first_said(evidence)
    for place in sorted({*said, *evidence.witnessed}):
        heard = [*evidence.witnessed.get(place, ())]
        wrong = [*compared("I5", said[place], heard)]
        yield from wrong
        if not wrong and heard != said[place]:
            yield Violation("I4", "disordered", f"{place}: {heard}, said as {said[place]}")


def _as_first_said(evidence: Evidence) -> dict[str, list[str]]:
    """By topic and key, but for what nobody can handle."""
    said: dict[str, list[str]] = defaultdict(list)
    known = {*evidence.set_aside}
    for record in sorted(evidence.records, key=lambda record: record.place):
        if record.stem in KNOWN and record.id not in known:
            known.add(record.id)
            key = (record.message.key or b"").decode(errors="replace")
            said[place_of(record.message.topic, key)].append(record.id)
    return said
