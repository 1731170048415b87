"""The evidence of a run in which all went well; tests spoil one thing in it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeAlias

from clinic_events import MessageSent, PlanStarted, SessionBooked, SurveyDue
from clinic_events.envelope import Event
from clinic_events.ports import Document
from clinic_events.testing import A_MOMENT, example, message_of
from clinic_platform.ids import derived_id
from tests.chaos.business_time import Span
from tests.chaos.checkers.commands import kept_under
from tests.chaos.evidence import Evidence, Letter, Record
from tests.chaos.history import Call
from tests.chaos.witness import place_of

Rows: TypeAlias = Mapping[str, Sequence[Document]]

REQUEST, BOOKED, PLANNED, DUE = "req_1", "evt_booked", "evt_planned", "evt_due"
SESSION, PLAN, ASSIGNMENT = "ses_1", "pln_1", "asg_1"
LETTERS = [
    f"booking/{SESSION}/two-days-before/v1",
    f"booking/{SESSION}/one-day-before/v1",
    f"{ASSIGNMENT}/invitation",
]
SENT = LETTERS[0]
MESSAGE = derived_id("msg", SENT)
SURVEY = f"survey:{PLAN}:baseline"
# By the clock of the place, which is six hours behind: the visit is on Wednesday at noon. Time
# stood on Monday at six in the morning, at noon, and at nine in the evening.
STARTS_AT = A_MOMENT + timedelta(days=2, hours=6)
NOON, EVENING = A_MOMENT + timedelta(hours=6), A_MOMENT + timedelta(hours=15)
A_STOP = timedelta(minutes=1)
STOPS = [Span(at, at + A_STOP) for at in (A_MOMENT, NOON, EVENING)]
WORDS = "Your visit is on Wednesday 9 January at 12:00 (America/Chicago)."


def a_good_run() -> Evidence:
    call = _booking()
    records = _records(call.key)
    return Evidence(
        calls=[call],
        rows={
            "sessions": _sessions(call),
            "notifications": _notifications(),
            "outcomes": _outcomes(),
        },
        records=records,
        witnessed=_witnessed(records),
        letters=[a_letter(NOON + timedelta(seconds=10))],
        stops={"notifications": STOPS, "outcomes": STOPS},
        texts={"sessions.log": b"request_answered"},
        now=EVENING + A_STOP,
        converged_in=1.0,
        lag={"sessions": 0},
    )


def _witnessed(records: Sequence[Record]) -> dict[str, list[str]]:
    handled: dict[str, list[str]] = {}
    for record in records:
        place = place_of(record.message.topic, (record.message.key or b"").decode())
        handled.setdefault(place, []).append(record.id)
    return handled


def _booking() -> Call:
    return Call(
        key="idk_1",
        service="sessions",
        operation="book_session",
        path="/v1/sessions",
        actor="usr_1",
        outcome="ok",
        about=SESSION,
        touches=(("sessions", SESSION),),
    )


def _records(correlation: str) -> list[Record]:
    return [
        published(
            example(
                SessionBooked,
                session_id=SESSION,
                session_version=1,
                patient_id="pat_1",
                starts_at=STARTS_AT,
            ),
            BOOKED,
            cause=REQUEST,
            correlation=correlation,
        ),
        published(
            example(PlanStarted, plan_id=PLAN, patient_id="pat_1", started_at=EVENING),
            PLANNED,
            cause=BOOKED,
            at=EVENING,
        ),
        published(
            example(
                SurveyDue,
                assignment_id=ASSIGNMENT,
                due_at=EVENING,
                expires_at=EVENING + timedelta(hours=24),
                assignment_version=1,
                patient_id="pat_1",
            ),
            DUE,
            cause=PLANNED,
            at=EVENING + timedelta(seconds=10),
        ),
        published(
            example(MessageSent, message_id=MESSAGE, patient_id="pat_1"), "evt_sent", cause=BOOKED
        ),
    ]


def _sessions(call: Call) -> Rows:
    return {
        "sessions": [{"_id": SESSION, "revision": 1}],
        "audit": [
            {
                "outcome": "done",
                "action": "book_session",
                "object_id": SESSION,
                "request_id": REQUEST,
            }
        ],
        "idempotency": [{"_id": kept_under(call), "status": 201}],
    }


def _notifications() -> Rows:
    return {
        "inbox": [inbox_row(BOOKED), inbox_row(DUE)],
        "promises": [a_promise(SENT, state="kept"), *map(a_promise, LETTERS[1:])],
        "messages": [
            {"_id": MESSAGE, "status": "sent", "uncertain": False, "patient_id": "pat_1"},
        ],
    }


def _outcomes() -> Rows:
    return {
        "inbox": [inbox_row(PLANNED)],
        "promises": [
            {
                **a_promise(SURVEY, state="kept"),
                "kind": "open_survey",
                "about": PLAN,
                "facts": {"survey": "baseline"},
            }
        ],
        "assignments": [{"_id": ASSIGNMENT, "about": PLAN, "survey": "baseline"}],
    }


def published(
    event: Event,
    event_id: str,
    *,
    cause: str,
    correlation: str = "cor",
    sequence: int = 1,
    at: datetime = A_MOMENT,
) -> Record:
    message = message_of(event, event_id=event_id, sequence=sequence)
    headers = {
        **message.headers,
        "ce_causationid": cause.encode(),
        "ce_correlationid": correlation.encode(),
        "ce_time": at.isoformat().encode(),
    }
    return Record(message._replace(headers=headers, offset=sequence))


def a_letter(at: datetime, text: str = WORDS, *, message_id: str = MESSAGE) -> Letter:
    return Letter(message_id, Span(at, at), text)


def inbox_row(event_id: str) -> Document:
    return {"_id": {"group": "any", "event": event_id}}


def a_promise(key: str, *, state: str = "pending") -> Document:
    return {
        "_id": key,
        "kind": "letter",
        "about": key.rpartition("/")[0],
        "state": state,
        "reason": None,
        "acting": False,
        "due_at": A_MOMENT + timedelta(days=1),
    }


def with_rows(
    evidence: Evidence, service: str, collection: str, rows: Sequence[Document]
) -> Evidence:
    """With these rows instead of those."""
    of_service = {**evidence.rows[service], collection: rows}
    return replace(evidence, rows={**evidence.rows, service: of_service})
