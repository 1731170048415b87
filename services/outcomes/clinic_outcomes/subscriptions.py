"""The events the outcomes service listens to, each with its handler."""

from clinic_events import (
    DosingStarted,
    LocationPublished,
    PatientErased,
    PatientRegistered,
    PlanStarted,
    SeriesCompleted,
    SessionCompleted,
    SessionVoided,
    Subscription,
    on,
)
from clinic_outcomes.handlers import Handlers


def subscriptions(handlers: Handlers) -> list[Subscription]:
    planning = handlers.planning
    return [
        on(LocationPublished, planning.keep_place, repeatable=True),
        on(PatientRegistered, planning.know_patient),
        on(PatientErased, handlers.erasing.forget_patient),
        on(PlanStarted, planning.plan_baseline),
        on(DosingStarted, planning.note_dose),
        on(SessionCompleted, planning.plan_surveys),
        on(SessionVoided, planning.withdraw_surveys),
        on(SeriesCompleted, planning.plan_follow_up),
    ]
