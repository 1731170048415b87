"""I3, I4, I5, I12, I13: every event was published, in order, and handled once by each listener."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from clinic_events.catalog import stem_of
from tests.chaos.checkers.model import Violation, compared
from tests.chaos.evidence import Evidence, Record
from tests.chaos.operations import OPERATIONS
from tests.contract.services import SERVICES

LISTENS_TO: Final[Mapping[str, frozenset[str]]] = {
    service.name: frozenset(stem_of(line.event.name) for line in service.subscriptions)
    for service in SERVICES
}
CONVERGES_WITHIN: Final = 30.0
# Published by the setting-up, before the history begins.
BEFOREHAND: Final = frozenset({"sessions.location_published"})
# Published by the passing of time, long after the command that it goes back to.
LATER: Final = frozenset({"sessions.alarm_raised", "sessions.staff_called"})


def each_command_was_published(evidence: Evidence) -> Iterator[Violation]:
    """By its correlation id, which the client chose, and by the request that caused it."""
    requests = _requests(evidence)
    expected = [
        (call.correlation, stem)
        for call in evidence.ok
        for stem in OPERATIONS[call.operation].events
    ]
    found = [
        (record.correlation, record.stem)
        for record in evidence.events
        if record.cause in requests and record.stem not in BEFOREHAND | LATER
    ]
    yield from compared("I3", expected, found)


def nothing_was_published_that_nobody_did(evidence: Evidence) -> Iterator[Violation]:
    known = _requests(evidence) | {record.id for record in evidence.events}
    known |= {row["_id"] for service in evidence.rows for row in evidence.of(service, "promises")}
    for record in evidence.events:
        if record.cause not in known:
            yield Violation("I3", "other", f"{record.stem} {record.id} has no cause")


def nothing_waits_to_be_published(evidence: Evidence) -> Iterator[Violation]:
    for service in evidence.rows:
        for row in evidence.of(service, "outbox"):
            yield Violation("I3", "lost", f"{row['_id']} is still in the outbox of {service}")


def first_occurrences_are_in_order(evidence: Evidence) -> Iterator[Violation]:
    """Of each aggregate, as a listener has it that handles nothing twice: rising, and none missing.

    Which versions are published is known from the commands that made them, in the client's order.
    """
    published: dict[tuple[str, str], list[int]] = defaultdict(list)
    for record in evidence.events:
        sequences = published[record.message.topic, record.subject]
        if not sequences or sequences[-1] != record.sequence:  # several of one change are one
            sequences.append(record.sequence)
    for (topic, subject), sequences in published.items():
        if sequences != sorted(sequences):
            yield Violation("I4", "disordered", f"{subject} on {topic}: {sequences}")
    expected = _expected_versions(evidence)
    by_subject: dict[str, set[int]] = defaultdict(set)
    for (_, subject), sequences in published.items():
        by_subject[subject].update(sequences)
    for subject, versions in expected.items():
        for version in sorted(versions - by_subject[subject]):
            yield Violation("I4", "lost", f"version {version} of {subject} was never published")


def each_event_was_handled_once(evidence: Evidence) -> Iterator[Violation]:
    for service, stems in LISTENS_TO.items():
        if service not in evidence.rows:
            continue
        expected = [record.id for record in _all_once(evidence) if record.stem in stems]
        found = [row["_id"]["event"] for row in evidence.of(service, "inbox")]
        known = {row["event_id"] for row in evidence.of(service, "parked")}
        handled = [(service, event_id) for event_id in found]
        due = [(service, event_id) for event_id in sorted(set(expected) | known)]
        yield from compared("I5", due, handled)


def all_is_quiet_in_time(evidence: Evidence) -> Iterator[Violation]:
    if evidence.converged_in > CONVERGES_WITHIN:
        yield Violation("I12", "other", f"converged only in {evidence.converged_in:.1f} s")
    for service, lag in evidence.lag.items():
        if lag != 0:
            yield Violation("I12", "other", f"{service} has a lag of {lag}")


def poison_is_set_aside_and_nothing_else(evidence: Evidence) -> Iterator[Violation]:
    """As many as were put onto the topics, for each service that listens to what they claim to be;
    and none of the clinic's own events."""
    parked = 0
    for service in evidence.rows:
        for row in evidence.of(service, "parked"):
            parked += 1
            if row["event_id"] not in evidence.injected:
                yield Violation("I13", "lost", f"{service} parked {row['event_id']}")
    if parked != evidence.poison:
        yield Violation("I13", "other", f"{parked} parked, {evidence.poison} poisoned")


def _requests(evidence: Evidence) -> set[str]:
    return {
        row["request_id"]
        for service in evidence.rows
        for row in evidence.of(service, "audit")
        if row["outcome"] == "done"
    }


def _expected_versions(evidence: Evidence) -> dict[str, set[int]]:
    versions: Counter[str] = Counter()
    expected: dict[str, set[int]] = defaultdict(set)
    for call in evidence.ok:
        for _, record_id in call.touches:
            versions[record_id] += 1
            # An enquiry that becomes a patient is not published: the patient is.
            if OPERATIONS[call.operation].events and record_id == call.about:
                expected[record_id].add(versions[record_id])
    return expected


def _all_once(evidence: Evidence) -> list[Record]:
    """Also what we put onto the topics: whoever listens to it handles it, once."""
    return list({record.id: record for record in evidence.records}.values())
