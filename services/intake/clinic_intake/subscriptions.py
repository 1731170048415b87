"""The events the intake service listens to, each with its handler."""

from clinic_events import (
    DosingStarted,
    LocationPublished,
    RiskClosed,
    RiskRaised,
    SessionAborted,
    SessionBooked,
    SessionCancelled,
    SessionCompleted,
    SessionMissed,
    SessionRescheduled,
    SessionVoided,
    Subscription,
    on,
)
from clinic_intake.handlers import Handlers


def subscriptions(handlers: Handlers) -> list[Subscription]:
    return [
        on(LocationPublished, handlers.note_location, repeatable=True),
        on(RiskRaised, handlers.note_risk_raised, repeatable=True),
        on(RiskClosed, handlers.note_risk_closed, repeatable=True),
        on(SessionBooked, handlers.note_visit_planned, repeatable=True),
        on(SessionRescheduled, handlers.note_visit_planned, repeatable=True),
        on(DosingStarted, handlers.note_visit_begun, repeatable=True),
        on(SessionCompleted, handlers.note_visit_over, repeatable=True),
        on(SessionCancelled, handlers.note_visit_over, repeatable=True),
        on(SessionMissed, handlers.note_visit_over, repeatable=True),
        on(SessionAborted, handlers.note_visit_over, repeatable=True),
        on(SessionVoided, handlers.note_visit_over, repeatable=True),
    ]
