"""I3, I4, I5, I12, I13: every event was said, in order, and heard once by each who listens."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from clinic_events.catalog import stem_of
from tests.chaos.checkers.model import Violation, compared
from tests.chaos.evidence import Evidence, Record
from tests.chaos.operations import OPERATIONS
from tests.contract.services import SERVICES

HEARS: Final[Mapping[str, frozenset[str]]] = {
    service.name: frozenset(stem_of(line.event.name) for line in service.subscriptions)
    for service in SERVICES
}
CONVERGES_WITHIN: Final = 30.0
# Said by the setting-up, before the history begins.
BEFOREHAND: Final = frozenset({"sessions.location_published"})
# Said by the passing of time, long after the command that it goes back to.
LATER: Final = frozenset({"sessions.alarm_raised", "sessions.staff_called"})


def each_command_was_told_of(evidence: Evidence) -> Iterator[Violation]:
    """By its correlation id, which the client chose, and by the request that caused it."""
    requests = _requests(evidence)
    expected = [
        (call.correlation, stem) for call in evidence.ok for stem in OPERATIONS[call.operation].says
    ]
    found = [
        (record.correlation, record.stem)
        for record in evidence.events
        if record.cause in requests and record.stem not in BEFOREHAND | LATER
    ]
    yield from compared("I3", expected, found)


def nothing_was_told_that_nobody_did(evidence: Evidence) -> Iterator[Violation]:
    known = _requests(evidence) | {record.id for record in evidence.events}
    known |= {row["_id"] for service in evidence.rows for row in evidence.of(service, "promises")}
    for record in evidence.events:
        if record.cause not in known:
            yield Violation("I3", "other", f"{record.stem} {record.id} has no cause")


def nothing_waits_to_be_said(evidence: Evidence) -> Iterator[Violation]:
    for service in evidence.rows:
        for row in evidence.of(service, "outbox"):
            yield Violation("I3", "lost", f"{row['_id']} is still in the outbox of {service}")


def first_occurrences_are_in_order(evidence: Evidence) -> Iterator[Violation]:
    """Of each aggregate, as a listener has it that hears nothing twice: rising, and none missing.

    Which versions are told is known from the commands that made them, in the client's order.
    """
    said: dict[tuple[str, str], list[int]] = defaultdict(list)
    for record in evidence.events:
        sequences = said[record.message.topic, record.subject]
        if not sequences or sequences[-1] != record.sequence:  # several of one change are one
            sequences.append(record.sequence)
    for (topic, subject), sequences in said.items():
        if sequences != sorted(sequences):
            yield Violation("I4", "disordered", f"{subject} on {topic}: {sequences}")
    expected = _told_versions(evidence)
    by_subject: dict[str, set[int]] = defaultdict(set)
    for (_, subject), sequences in said.items():
        by_subject[subject].update(sequences)
    for subject, versions in expected.items():
        for version in sorted(versions - by_subject[subject]):
            yield Violation("I4", "lost", f"version {version} of {subject} was never told")


def each_event_was_heard_once(evidence: Evidence) -> Iterator[Violation]:
    for service, stems in HEARS.items():
        if service not in evidence.rows:
            continue
        expected = [record.id for record in _all_once(evidence) if record.stem in stems]
        found = [row["_id"]["event"] for row in evidence.of(service, "inbox")]
        known = {row["event_id"] for row in evidence.of(service, "parked")}
        heard = [(service, event_id) for event_id in found]
        due = [(service, event_id) for event_id in sorted(set(expected) | known)]
        yield from compared("I5", due, heard)


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


def _told_versions(evidence: Evidence) -> dict[str, set[int]]:
    versions: Counter[str] = Counter()
    told: dict[str, set[int]] = defaultdict(set)
    for call in evidence.ok:
        for _, record_id in call.touches:
            versions[record_id] += 1
            # An enquiry that becomes a patient is not told of: the patient is.
            if OPERATIONS[call.operation].says and record_id == call.about:
                told[record_id].add(versions[record_id])
    return told


def _all_once(evidence: Evidence) -> list[Record]:
    """Also what we put onto the topics: whoever listens to it hears it, once."""
    return list({record.id: record for record in evidence.records}.values())
