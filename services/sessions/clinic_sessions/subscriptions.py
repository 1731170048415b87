"""What the sessions service listens to, and what it does about it."""

from clinic_events import (
    ClearanceEnded,
    ConsentGiven,
    ConsentWithdrawn,
    PatientCleared,
    PatientErased,
    RiskAcknowledged,
    RiskClosed,
    RiskRaised,
    ScoreRecorded,
    Subscription,
    on,
)
from clinic_sessions.handlers import Handlers


def subscriptions(handlers: Handlers) -> list[Subscription]:
    return [
        on(PatientCleared, handlers.start_plan),
        on(PatientErased, handlers.forget_patient),
        on(ClearanceEnded, handlers.note_clearance_ended),
        on(ConsentGiven, handlers.note_consent_given),
        on(ConsentWithdrawn, handlers.note_consent_withdrawn),
        on(RiskRaised, handlers.note_risk_raised, repeatable=True),
        on(RiskAcknowledged, handlers.note_risk_acknowledged, repeatable=True),
        on(RiskClosed, handlers.note_risk_closed, repeatable=True),
        on(ScoreRecorded, handlers.note_measure, repeatable=True),
    ]
