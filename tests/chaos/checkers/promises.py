"""I5, I6, I7: an event's consequences are promised once; a letter goes out, or has a reason."""

from collections import Counter
from collections.abc import Iterator

from clinic_platform.ids import derived_id
from tests.chaos.checkers.model import Violation, compared
from tests.chaos.checkers.plan import letters_after, surveys_after
from tests.chaos.evidence import Evidence

KEPT, PENDING = "kept", "pending"


def each_event_has_its_promises_once(evidence: Evidence) -> Iterator[Violation]:
    """By the promises' keys, which name what they hang on. Withdrawn ones stay, with why."""
    letters = [one.key for record in evidence.events for one in letters_after(record)]
    kept = [row["_id"] for row in evidence.of("notifications", "promises")]
    ours = _ids_of_ours(evidence)
    yield from compared("I5", letters, [key for key in kept if not _is_about(key, ours)])
    surveys = [one.key for record in evidence.events for one in surveys_after(record)]
    asked = [
        row["_id"]
        for row in evidence.of("outcomes", "promises")
        if row["kind"] == "open_survey" and not _is_about(row["_id"], ours)
    ]
    yield from compared("I5", surveys, asked)


def each_due_letter_went_out_once_or_has_a_reason(evidence: Evidence) -> Iterator[Violation]:
    came = Counter(letter.id for letter in evidence.letters)
    uncertain = {row["_id"] for row in evidence.of("notifications", "messages") if row["uncertain"]}
    known = set()
    for row in evidence.of("notifications", "promises"):
        message_id = derived_id("msg", row["_id"])
        known.add(message_id)
        yield from _wrong_with(row, evidence, came[message_id], message_id in uncertain)
    for message_id in came.keys() - known:
        yield Violation("I6", "other", f"letter {message_id} was promised to nobody")


def each_ended_letter_is_published_once(evidence: Evidence) -> Iterator[Violation]:
    """But for those about no patient: a call about a place is nobody else's news."""
    ended = [
        row["_id"]
        for row in evidence.of("notifications", "messages")
        if row["status"] in ("sent", "withheld", "undeliverable") and row["patient_id"]
    ]
    published = [record.subject for record in evidence.events if record.stem.startswith("notific")]
    yield from compared("I6", ended, published)


def each_survey_is_asked_once(evidence: Evidence) -> Iterator[Violation]:
    """One assignment, published once, for each that has come due."""
    due = [
        (row["about"], row["facts"]["survey"])
        for row in evidence.of("outcomes", "promises")
        if row["kind"] == "open_survey" and row["state"] == KEPT
    ]
    rows = evidence.of("outcomes", "assignments")
    yield from compared("I7", due, [(row["about"], row["survey"]) for row in rows])
    published = [record.subject for record in evidence.named("outcomes.survey_due")]
    yield from compared("I7", [row["_id"] for row in rows], published)
    for row in evidence.of("outcomes", "promises"):
        if row["state"] == PENDING and _is_overdue(row, evidence):
            yield Violation("I7", "lost", f"{row['_id']} is due and was not kept")


def shuffled_events_end_as_if_in_order(evidence: Evidence) -> Iterator[Violation]:
    left: dict[str, set[str]] = {about: set() for about in evidence.pending}
    for row in evidence.of("notifications", "promises"):
        if row["about"] in left and row["state"] == PENDING:
            left[row["about"]].add(row["_id"])
    for about, keys in evidence.pending.items():
        if left[about] != keys:
            yield Violation("I4", "disordered", f"{about} left {left[about]}, not {set(keys)}")


def twice_in_the_letter_box(evidence: Evidence) -> int:
    """Letters that came more than once. Only a kill between their acceptance and our mark may."""
    return sum(
        1 for count in Counter(letter.id for letter in evidence.letters).values() if count > 1
    )


def uncertain(evidence: Evidence) -> int:
    return sum(1 for row in evidence.of("notifications", "messages") if row["uncertain"])


def _wrong_with(
    row: dict[str, object], evidence: Evidence, came: int, is_uncertain: bool
) -> Iterator[Violation]:
    key, state = row["_id"], row["state"]
    if state == PENDING and _is_overdue(row, evidence):
        yield Violation("I6", "lost", f"{key} is due and was not sent")
    if state == KEPT and came == 0:
        yield Violation("I6", "lost", f"{key} is noted as sent, and never came")
    if state not in (KEPT, PENDING) and not row["reason"]:
        yield Violation("I6", "lost", f"{key} was {state} without a reason")
    allowed = 2 if is_uncertain else int(state == KEPT)
    # An attempt that was cut off may have sent it, and a change withdraws the promise meanwhile.
    if state not in (KEPT, PENDING) and row["acting"]:
        allowed = max(allowed, 1)
    if came > allowed:
        yield Violation("I6", "doubled", f"{key}, which was {state}, came {came} times")


def _is_overdue(row: dict[str, object], evidence: Evidence) -> bool:
    return evidence.now is not None and row["due_at"] <= evidence.now  # type: ignore[operator]


def _ids_of_ours(evidence: Evidence) -> set[str]:
    """The subjects we have invented. Our events about the clinic's own sessions are not counted."""
    ours = {record.subject for record in evidence.records if record.id in evidence.injected}
    return ours - {record.subject for record in evidence.events} - {""}


def _is_about(key: str, subjects: set[str]) -> bool:
    return not subjects.isdisjoint(key.replace(":", "/").split("/"))
