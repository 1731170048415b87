"""The invariants of every run: pure functions of its evidence, each yielding violations."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from clinic_events.ports import Document, Message
from clinic_platform.promises import State
from tests.simulation.evidence import Evidence, parked_version
from tests.simulation.server import Written

Checker: TypeAlias = Callable[[Evidence], Iterator[str]]


def check(evidence: Evidence) -> list[str]:
    return [fault for checker in CHECKERS for fault in checker(evidence)]


def all_became_quiet(evidence: Evidence) -> Iterator[str]:
    if evidence.unquiet is not None:
        yield f"not quiet in time: {evidence.unquiet}"


def each_acknowledged_command_is_done_once(evidence: Evidence) -> Iterator[str]:
    for key, commands in evidence.acknowledged.items():
        done = _versions(evidence).get(key, [])
        if Counter(done) != Counter(commands):
            yield f"{key}: {len(commands)} commands acknowledged, {done} done"


def changes_are_published_in_order_and_nothing_else_is(evidence: Evidence) -> Iterator[str]:
    published: dict[str, list[int]] = defaultdict(list)
    for message in _on(evidence, "sessions.events"):
        version = int(message.headers["ce_sequence"])
        if version not in published[_key(message)]:
            published[_key(message)].append(version)
    for key, done in _versions(evidence).items():
        if published[key] != [*range(1, len(done) + 1)]:
            yield f"{key}: {len(done)} changes, and on the topic {published[key]}"


def each_handled_event_leads_to_one_event(evidence: Evidence) -> Iterator[str]:
    ids: dict[str, set[bytes]] = defaultdict(set)
    for message in _on(evidence, "outcomes.events"):
        ids[message.headers["ce_subject"].decode()].add(message.headers["ce_id"])
    handled = {f"{key}/{v}" for key, versions in _handled(evidence).items() for v in versions}
    for subject in sorted(handled ^ ids.keys()):
        what = "handled and led to none" if subject in handled else "not handled and led to one"
        yield f"{subject} was {what}"
    yield from (f"{subject} led to two events" for subject, one in ids.items() if len(one) > 1)


def each_event_has_one_effect_in_the_order_of_its_key(evidence: Evidence) -> Iterator[str]:
    """All of a key's, or those before the first that no handler takes."""
    for key, done in _versions(evidence).items():
        hopeless = [v for k, v in evidence.hopeless if k == key and v <= len(done)]
        last = min(hopeless, default=len(done) + 1) - 1
        handled = _handled(evidence).get(key, [])
        if handled != [*range(1, last + 1)]:
            yield f"{key}: handled {handled}, of {len(done)}; hopeless {hopeless}"


def a_parked_event_is_hopeless_or_behind_one(evidence: Evidence) -> Iterator[str]:
    parked = {
        (row["key"], parked_version(row)) for row in _last(evidence.listening, "parked").values()
    }
    due = {
        (key, version)
        for key, done in _versions(evidence).items()
        for version in range(1, len(done) + 1)
        if any(k == key and v <= version for k, v in evidence.hopeless)
    }
    for key, version in sorted(parked ^ due):
        yield f"{key}/{version} is {'parked' if (key, version) in parked else 'not parked'}"


def no_offset_passes_an_event_that_has_not_ended(evidence: Evidence) -> Iterator[str]:
    ended_at: dict[str, int] = {}
    for written in evidence.listening:
        if written.collection == "inbox" and written.after is not None:
            ended_at.setdefault(written.after["_id"]["event"], written.at)
    for place, offset, after in evidence.commits:
        for message in evidence.topics[place][:offset]:
            event_id = message.headers["ce_id"].decode()
            if ended_at.get(event_id, after + 1) > after:
                yield f"{place}: {offset} committed, {_key(message)} at {message.offset} not ended"
                return


def each_promise_ended_once_with_its_effect_or_a_reason(evidence: Evidence) -> Iterator[str]:
    ends: Counter[str] = Counter()
    for written in evidence.listening:
        after = written.after
        if written.collection == "promises" and after is not None:
            ends[after["_id"]] += after["state"] != State.PENDING
    effects = Counter(row["promise"] for row in _added(evidence, "effects") if "promise" in row)
    for key, row in _last(evidence.listening, "promises").items():
        is_kept = row["state"] == State.KEPT
        if ends[str(key)] != 1 or effects[str(key)] != is_kept:
            yield f"{key}: {row['state']}, {ends[str(key)]} ends, {effects[str(key)]} effects"
        if not is_kept and not row["reason"]:
            yield f"{key} is {row['state']} without a reason"


def a_letter_goes_out_once_or_is_marked_as_uncertain(evidence: Evidence) -> Iterator[str]:
    rows = _last(evidence.listening, "promises")
    letters, uncertain = Counter[str](), Counter[str]()
    for letter in evidence.letters:
        letters[letter.promise] += 1
        uncertain[letter.promise] += letter.is_uncertain
        if letter.at < rows[letter.promise]["due_at"]:
            yield f"{letter.promise} went out before its time"
    for key, row in rows.items():
        if row["kind"] == "letter" and row["state"] == State.KEPT and not letters[str(key)]:
            yield f"{key} is kept and never went out"
        if letters[str(key)] > 1 + uncertain[str(key)]:
            yield f"{key} went out {letters[str(key)]} times, {uncertain[str(key)]} uncertain"


CHECKERS: Final[tuple[Checker, ...]] = (
    all_became_quiet,
    each_acknowledged_command_is_done_once,
    changes_are_published_in_order_and_nothing_else_is,
    each_handled_event_leads_to_one_event,
    each_event_has_one_effect_in_the_order_of_its_key,
    a_parked_event_is_hopeless_or_behind_one,
    no_offset_passes_an_event_that_has_not_ended,
    each_promise_ended_once_with_its_effect_or_a_reason,
    a_letter_goes_out_once_or_is_marked_as_uncertain,
)


def _versions(evidence: Evidence) -> dict[str, list[str]]:
    """The commands that changed each record, in their order."""
    return {str(key): row["done"] for key, row in _last(evidence.publishing, "records").items()}


def _handled(evidence: Evidence) -> Mapping[str, list[int]]:
    handled: dict[str, list[int]] = defaultdict(list)
    for row in _added(evidence, "effects"):
        if row["what"] == "handled":
            handled[row["key"]].append(row["version"])
    return handled


def _added(evidence: Evidence, collection: str) -> Iterator[Document]:
    for written in evidence.listening:
        if written.collection == collection and written.after is not None:
            yield written.after


def _last(writes: Iterable[Written], collection: str) -> dict[object, Document]:
    """The collection as it is after all of them."""
    rows: dict[object, Document] = {}
    for written in writes:
        if written.collection == collection:
            if written.after is not None:
                rows[written.after["_id"]] = written.after
            elif written.before is not None:
                del rows[written.before["_id"]]
    return rows


def _on(evidence: Evidence, topic: str) -> Iterator[Message]:
    for (name, _), log in evidence.topics.items():
        if name == topic:
            yield from log


def _key(message: Message) -> str:
    return (message.key or b"").decode()
