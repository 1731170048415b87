"""A checker that finds nothing has to be able to find something: each one meets what it is for."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import pytest

from clinic_events import SessionBooked, SessionRescheduled
from clinic_events.ports import Document
from clinic_events.testing import example
from tests.chaos.checkers import check
from tests.chaos.evidence import Deed, Ending, Evidence, Outage
from tests.chaos.history import CutOff
from tests.chaos.patients import CANARIES
from tests.chaos.witness import place_of
from tests.unit.chaos.good_run import (
    BOOKED,
    LETTERS,
    MESSAGE,
    NOON,
    PLANNED,
    SENT,
    SESSION,
    a_good_run,
    a_letter,
    a_promise,
    inbox_row,
    published,
    with_rows,
)

Spoil = Callable[[Evidence], Evidence]


def changed(service: str, collection: str, **fields: object) -> Spoil:
    """The first row there with other fields."""

    def spoil(run: Evidence) -> Evidence:
        first, *rest = run.of(service, collection)
        return with_rows(run, service, collection, [{**first, **fields}, *rest])

    return spoil


def without(service: str, collection: str) -> Spoil:
    return lambda run: with_rows(run, service, collection, run.of(service, collection)[1:])


def one_more(service: str, collection: str, row: Document) -> Spoil:
    return lambda run: with_rows(run, service, collection, [*run.of(service, collection), row])


def as_outcome(outcome: str) -> Spoil:
    return lambda run: replace(run, calls=[replace(run.calls[0], outcome=outcome)])  # type: ignore[arg-type]  # any of them


def with_record(event_id: str, *, cause: str = BOOKED, correlation: str = "cor") -> Spoil:
    event = example(SessionBooked, session_id="ses_2", patient_id="pat_1")
    record = published(event, event_id, cause=cause, correlation=correlation)
    return lambda run: replace(run, records=[*run.records, record])


def without_record(event_id: str) -> Spoil:
    return lambda run: replace(run, records=[r for r in run.records if r.id != event_id])


def versions(*sequences: int) -> Spoil:
    """Further versions of the session, in that order on the topic."""

    def spoil(run: Evidence) -> Evidence:
        more = [
            published(
                example(SessionRescheduled, session_id=SESSION, patient_id="pat_1"),
                f"evt_{number}",
                cause=BOOKED,
                sequence=number,
            )
            for number in sequences
        ]
        placed = [
            replace(record, message=record.message._replace(offset=10 + place))
            for place, record in enumerate(more)
        ]
        return replace(run, records=[*run.records, *placed])

    return spoil


def witnessed(*event_ids: str) -> Spoil:
    """These of the topic of sessions, instead of those that were published there, in this order."""

    def spoil(run: Evidence) -> Evidence:
        place = place_of(SessionBooked.topic.name, "pat_1")
        return replace(run, witnessed={**(run.witnessed or {}), place: event_ids})

    return spoil


def letters(*message_ids: str) -> Spoil:
    came = [a_letter(NOON, message_id=message_id) for message_id in message_ids]
    return lambda run: replace(run, letters=came)


def the_call(**fields: object) -> Spoil:
    return lambda run: replace(run, calls=[replace(run.calls[0], **fields)])  # type: ignore[arg-type]  # any of them


def in_an_outage(**fields: object) -> Spoil:
    """The command began in an outage from 100 s to 130 s and was answered at once, but for that."""
    outage = Outage("cut", began_at=100, healed_at=130, meets_work=True)
    call = the_call(**{"began_at": 105.0, "ended_at": 105.5, **fields})
    return lambda run: replace(call(run), outages=[outage])


def left_lying(*, at: float) -> Spoil:
    """Sent then, cut off at 101 s; the service was asked to end itself at 100 s."""
    ending = Ending("sessions", asked_at=100, back_at=103)
    lost = CutOff("sessions", "book_session", began_at=at, ended_at=101)
    return lambda run: replace(run, endings=[ending], cut_off=[lost])


def asked_again(key: str) -> Spoil:
    deed = Deed("sessions", "redrive_parked_events", key)
    return lambda run: replace(run, deeds=[deed])


PLANTED: Final[Sequence[tuple[str, Spoil, str, str]]] = [
    ("a command without an answer", as_outcome("unknown"), "I1", "lost"),
    ("a record that was never written", without("sessions", "sessions"), "I1", "lost"),
    ("a record changed twice", changed("sessions", "sessions", revision=2), "I1", "doubled"),
    ("a record nobody asked for", one_more("sessions", "sessions", {"_id": "x"}), "I1", "doubled"),
    ("an answer that was not kept", without("sessions", "idempotency"), "I2", "lost"),
    ("a key without an answer", changed("sessions", "idempotency", status=None), "I2", "lost"),
    ("a refusal that was kept", changed("sessions", "idempotency", status=409), "I2", "lost"),
    (
        "an answer to nobody",
        one_more("sessions", "idempotency", {"_id": "x", "status": 201}),
        "I2",
        "doubled",
    ),
    ("a command not in the audit", without("sessions", "audit"), "I9", "lost"),
    ("an operator's deed not in the audit", asked_again("pat_1"), "I9", "lost"),
    ("an event that was never published", without_record(BOOKED), "I3", "lost"),
    (
        "an event published again as another",
        with_record("evt_9", cause="req_1", correlation="idk_1"),
        "I3",
        "doubled",
    ),
    ("an event nobody caused", with_record("evt_9", cause="nobody"), "I3", "other"),
    ("a row left in the outbox", one_more("sessions", "outbox", {"_id": "x"}), "I3", "lost"),
    ("versions out of order", versions(3, 2), "I4", "disordered"),
    ("an effect that is missing", witnessed(BOOKED), "I5", "lost"),
    ("an effect twice", witnessed(BOOKED, PLANNED, BOOKED), "I5", "doubled"),
    ("effects in another order", witnessed(PLANNED, BOOKED), "I4", "disordered"),
    ("an event not handled", without("notifications", "inbox"), "I5", "lost"),
    (
        "an event handled from nowhere",
        one_more("notifications", "inbox", inbox_row("x")),
        "I5",
        "doubled",
    ),
    ("a promise never made", without("notifications", "promises"), "I5", "lost"),
    (
        "a promise of nothing",
        one_more("notifications", "promises", a_promise("ses_9/x")),
        "I5",
        "doubled",
    ),
    ("a survey never promised", without("outcomes", "promises"), "I5", "lost"),
    ("a letter that never came", letters(), "I6", "lost"),
    ("a letter that came twice", letters(MESSAGE, MESSAGE), "I6", "doubled"),
    ("a letter to nobody", letters(MESSAGE, "msg_x"), "I6", "other"),
    (
        "a letter that is due",
        changed("notifications", "promises", state="pending"),
        "I6",
        "doubled",
    ),
    (
        "a letter withheld without a word",
        changed("notifications", "promises", state="lapsed"),
        "I6",
        "lost",
    ),
    ("a letter not published", without("notifications", "messages"), "I6", "doubled"),
    ("a survey never asked", without("outcomes", "assignments"), "I7", "lost"),
    (
        "a survey asked twice",
        one_more(
            "outcomes", "assignments", {"_id": "asg_2", "about": "pln_1", "survey": "baseline"}
        ),
        "I7",
        "doubled",
    ),
    (
        "a patient's word in a log",
        lambda run: replace(run, texts={"a.log": b"ZwSurname"}),
        "I11",
        "other",
    ),
    ("a slow recovery", lambda run: replace(run, converged_in=31.0), "I12", "other"),
    ("a lag that stays", lambda run: replace(run, lag={"intake": 3}), "I12", "other"),
    ("an outage that met no work", in_an_outage(began_at=99), "I12", "other"),
    ("a command held up by an outage", in_an_outage(ended_at=120), "I12", "other"),
    ("a command without an answer in one", in_an_outage(outcome="unknown"), "I12", "other"),
    ("a command refused in an outage", in_an_outage(refusals=1), "I12", "other"),
    ("a refusal that does not state until when", the_call(rude=1), "I12", "other"),
    ("a command that was left lying at the end", left_lying(at=99), "I15", "lost"),
    ("an event set aside", one_more("outcomes", "parked", {"event_id": "x"}), "I13", "lost"),
    ("poison that was swallowed", lambda run: replace(run, poison=1), "I13", "other"),
    (
        "a shuffled booking astray",
        lambda run: replace(run, pending={"b": frozenset({"b/x"})}),
        "I4",
        "disordered",
    ),
]


def test_a_good_run_violates_nothing() -> None:
    assert check(a_good_run()) == []


@pytest.mark.parametrize(
    ("spoil", "invariant", "kind"),
    [pytest.param(*rest, id=name) for name, *rest in PLANTED],
)
def test_a_planted_violation_is_found(spoil: Spoil, invariant: str, kind: str) -> None:
    found = {(violation.invariant, violation.kind) for violation in check(spoil(a_good_run()))}
    assert (invariant, kind) in found


@pytest.mark.parametrize(
    "allowed",
    [
        pytest.param(in_an_outage(), id="a command that an outage did not hold up"),
        pytest.param(left_lying(at=99.9), id="a command that perhaps never reached the service"),
        pytest.param(left_lying(at=100.5), id="a command sent after the end had begun"),
    ],
)
def test_an_allowed_deviation_is_no_violation(allowed: Spoil) -> None:
    assert check(allowed(a_good_run())) == []


def test_a_version_that_was_never_published_is_missed() -> None:
    """Two commands, each with an event; only one is on the topic."""
    run = a_good_run()
    moved = replace(run.calls[0], key="idk_2", operation="reschedule_session")
    found = check(replace(run, calls=[*run.calls, moved]))
    assert [v.what for v in found if v.invariant == "I4"] == [
        "version 2 of ses_1 was never published"
    ]


def test_a_letter_that_may_have_come_twice_may() -> None:
    """It is marked `uncertain`. One that never came is still missed."""
    run = changed("notifications", "messages", uncertain=True)(a_good_run())
    assert check(letters(MESSAGE, MESSAGE)(run)) == []
    assert [v.kind for v in check(letters()(run))] == ["lost"]


def test_a_letter_about_no_patient_is_nobody_elses_news() -> None:
    row = {"_id": "msg_place", "status": "sent", "uncertain": False}
    about = {"": [], "pat_1": ["I6"]}
    for patient_id, violated in about.items():
        run = one_more("notifications", "messages", {**row, "patient_id": patient_id})(a_good_run())
        assert [v.invariant for v in check(run) if "msg_place" in v.what] == violated


def test_an_overdue_letter_is_missed() -> None:
    run = a_good_run()
    late = replace(run, now=a_promise(LETTERS[1])["due_at"])
    assert {v.what for v in check(late) if v.invariant == "I6"} == {
        f"{key} is due and was not sent" for key in LETTERS if key != SENT
    }


def test_published_again_word_for_word_is_no_violation() -> None:
    run = a_good_run()
    assert check(replace(run, records=[*run.records, *run.records])) == []


def test_no_id_can_hold_a_word_that_is_looked_for_as_a_patients() -> None:
    """Ids have neither I nor L, O, U, and no sign but the one before them."""
    assert all(set(canary) & set("ilou+") for canary in CANARIES)
