"""When facts of a session were true, by what was known later: corrections and late notes. Pure.

An order that was written down afterwards holds from when it was given, an adverse event from its
onset by the newest account, and what a correction says from the times that it gives.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from clinic_sessions.domain.bedside.adverse_event import AdverseEvent
from clinic_sessions.domain.bedside.ends import Completion
from clinic_sessions.domain.changes import begun
from clinic_sessions.domain.facts import (
    AdverseEventNoted,
    Completed,
    Corrected,
    DosingStarted,
    DosingStopped,
    Fact,
    OrderLogged,
)
from clinic_sessions.domain.session import Session


@dataclass(frozen=True, slots=True)
class Hindsight:
    """`told` is what the newest correction says; `onsets` are those of adverse events, by id."""

    told: Completion | None
    onsets: Mapping[str, datetime]

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> Self:
        """Of all facts that are known, in the order of recording."""
        told, onsets = None, dict[str, datetime]()
        for fact in facts:
            match fact:
                case Corrected(correction):
                    told = correction.told
                case AdverseEventNoted(event):
                    onsets[event.id] = event.account.onset_at
        return cls(told, onsets)

    def true_from(self, fact: Fact) -> datetime | None:
        """None where nothing that came later says anything else about when it was true."""
        match fact:
            case OrderLogged(entry):
                return entry.given_at
            case AdverseEventNoted(event):
                return self.onsets[event.id]
            case _:
                return None if self.told is None else _as_told(fact, self.told)

    def seen(self, session: Session, as_of: datetime) -> Session:
        """The session at `as_of`, as it is known to have been; `session` is what had happened."""
        events = tuple(_event_then(event, as_of) for event in session.adverse_events)
        session = replace(session, adverse_events=events)
        told = self.told
        if told is None or session.dosing_started_at is None:
            return session
        session = replace(
            session,
            **begun(session, told.dosing_started_at),
            dosing_ended_at=told.dosing_ended_at if session.dosing_ended_at else None,
        )
        if session.course is None:
            return session
        grade = told.adverse_event_grade_max
        return replace(session, ended_at=told.completed_at, adverse_event_grade_max=grade)


def _as_told(fact: Fact, told: Completion) -> datetime | None:
    match fact:
        case DosingStarted():
            return told.dosing_started_at
        case DosingStopped():
            return told.dosing_ended_at
        case Completed() | Corrected():
            return told.completed_at
        case _:
            return None


def _event_then(event: AdverseEvent, as_of: datetime) -> AdverseEvent:
    """What was done about it is dated by those who did it."""
    called_at = event.called_at
    return replace(
        event,
        reports=tuple(report for report in event.reports if report.at <= as_of),
        called_at=called_at if called_at is not None and called_at <= as_of else None,
    )
