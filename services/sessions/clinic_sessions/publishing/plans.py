"""From what happened to a plan to the events the service publishes."""

from typing import assert_never

from clinic_events import Event, PlanStarted, SeriesCompleted
from clinic_sessions.domain.booking.plan import (
    Ended,
    Fact,
    InfusionGiven,
    InfusionTakenBack,
    Orphaned,
    Plan,
    ProtocolMoved,
    Started,
)


def of_plan(plan: Plan, fact: Fact) -> list[Event]:
    match fact:
        case Started(at):
            return [
                PlanStarted(
                    plan_id=plan.id,
                    patient_id=plan.patient_id,
                    location_id=plan.location_id,
                    clearance_id=plan.clearance_id,
                    indication=plan.indication,
                    protocol=plan.protocol,
                    protocol_version=plan.protocol_version,
                    planned_infusions=plan.infusions,
                    started_at=at,
                    surveys=plan.surveys,
                )
            ]
        case InfusionGiven(_, at, ends_series):
            completed = SeriesCompleted(
                plan_id=plan.id,
                patient_id=plan.patient_id,
                location_id=plan.location_id,
                infusions=len(plan.given),
                completed_at=at,
                surveys=plan.surveys,
                plan_version=plan.revision,
            )
            return [completed] if ends_series else []
        case InfusionTakenBack() | ProtocolMoved() | Ended() | Orphaned():
            return []  # each session's event carries the version
        case _:
            assert_never(fact)
