"""What the notifications service listens to, and what it does about it."""

from clinic_events import (
    ConsentGiven,
    ConsentWithdrawn,
    ConsultationBooked,
    ConsultationCancelled,
    ConsultationHeld,
    ContactCardSealed,
    LocationPublished,
    RiskAcknowledged,
    RiskClosed,
    RiskEscalated,
    RiskRaised,
    SessionAborted,
    SessionBooked,
    SessionCancelled,
    SessionCompleted,
    SessionMissed,
    SessionRescheduled,
    SessionVoided,
    StaffCalled,
    Subscription,
    SurveyAnswered,
    SurveyDue,
    SurveyExpired,
    SurveyWithdrawn,
    on,
)
from clinic_notifications.handlers import Handlers


def subscriptions(handlers: Handlers) -> list[Subscription]:
    learning, planning = handlers.learning, handlers.planning
    return [
        on(ContactCardSealed, learning.keep_card, repeatable=True),
        on(LocationPublished, learning.keep_location, repeatable=True),
        on(ConsentGiven, learning.note_consent),
        on(ConsentWithdrawn, learning.note_withdrawal),
        on(ConsultationBooked, planning.plan_consultation_reminders),
        on(ConsultationCancelled, planning.withdraw_consultation_reminders),
        on(ConsultationHeld, planning.withdraw_consultation_reminders),
        on(SessionBooked, planning.plan_reminders),
        on(SessionRescheduled, planning.plan_reminders),
        on(SessionCancelled, planning.withdraw_reminders),
        on(SessionMissed, planning.withdraw_reminders),
        on(SessionAborted, planning.withdraw_reminders),
        on(SessionCompleted, planning.plan_integration),
        on(SessionVoided, planning.withdraw_integration),
        on(SurveyDue, planning.invite_to_survey),
        on(SurveyAnswered, planning.end_survey),
        on(SurveyExpired, planning.end_survey),
        on(SurveyWithdrawn, planning.end_survey),
        on(RiskRaised, planning.alert_on_call),
        on(RiskEscalated, planning.alert_again),
        on(RiskAcknowledged, planning.stop_alerting),
        on(RiskClosed, planning.stop_alerting),
        on(StaffCalled, planning.call_staff),
    ]
