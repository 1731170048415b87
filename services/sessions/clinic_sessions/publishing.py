"""From what happened here to what the clinic hears. The only door out."""

from datetime import time
from typing import TypedDict, assert_never

from clinic_events import (
    CrisisText,
    DosingEnded,
    DosingStarted,
    Event,
    LocationPublished,
    PlanStarted,
    QuietHours,
    SeriesCompleted,
    SessionAborted,
    SessionBooked,
    SessionCancelled,
    SessionCompleted,
    SessionMissed,
    SessionRescheduled,
    SessionVoided,
    StaffCalled,
)
from clinic_sessions.domain import facts
from clinic_sessions.domain.booking.plan import Fact as PlanFact
from clinic_sessions.domain.booking.plan import (
    InfusionGiven,
    InfusionTakenBack,
    Plan,
    ProtocolMoved,
    Started,
)
from clinic_sessions.domain.calls import Call
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.session import Session


class _Who(TypedDict):
    session_id: str
    patient_id: str
    location_id: str
    session_version: int


def of_location(location: Location) -> LocationPublished:
    details = location.details
    return LocationPublished(
        location_id=location.id,
        location_version=location.revision,
        display_name=details.display_name,
        zone=details.zone,
        language=details.language,
        sender_name=details.sender_name,
        sender_email=details.sender_email,
        phone=details.phone,
        on_call_email=details.on_call_email,
        quiet_hours=QuietHours(
            starts=_hour(details.quiet_hours.starts), ends=_hour(details.quiet_hours.ends)
        ),
        crisis=CrisisText(text=details.crisis.text, phone=details.crisis.phone),
    )


def of_call(call: Call) -> StaffCalled:
    return StaffCalled(
        call_id=call.id,
        location_id=call.location_id,
        reason=call.reason,
        about_id=call.about_id,
        session_id=call.session_id,
        patient_id=call.patient_id,
        level=call.level,
        called_at=call.called_at,
    )


def of_plan(plan: Plan, fact: PlanFact) -> list[Event]:
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
                )
            ]
        case InfusionGiven(_, at, ends_series):
            completed = SeriesCompleted(
                plan_id=plan.id,
                patient_id=plan.patient_id,
                location_id=plan.location_id,
                infusions=len(plan.given),
                completed_at=at,
            )
            return [completed] if ends_series else []
        case InfusionTakenBack() | ProtocolMoved():
            return []  # whoever needs the version is told it with each session
        case _:
            assert_never(fact)


def of_session(session: Session, fact: facts.Fact) -> list[Event]:  # noqa: C901  # one arm a fact
    """`session` as it is after the fact."""
    who = _Who(
        session_id=session.id,
        patient_id=session.patient_id,
        location_id=session.location_id,
        session_version=session.revision,
    )
    plan_id = session.plan_id
    match fact:
        case facts.Booked(visit):
            return [
                SessionBooked(
                    **who,
                    plan_id=plan_id,
                    infusion_number=session.infusion_number,
                    starts_at=visit.starts_at,
                    ends_at=visit.ends_at,
                )
            ]
        case facts.Rescheduled(visit, before):
            return [
                SessionRescheduled(
                    **who,
                    plan_id=plan_id,
                    infusion_number=session.infusion_number,
                    starts_at=visit.starts_at,
                    ends_at=visit.ends_at,
                    previously_started_at=before,
                )
            ]
        case facts.Cancelled(reason, soon):
            return [SessionCancelled(**who, plan_id=plan_id, reason=reason, short_notice=soon)]
        case facts.Missed():
            return [SessionMissed(**who, plan_id=plan_id)]
        case facts.DosingStarted(at, order, route, _):
            return [
                DosingStarted(
                    **who,
                    dose_mg=order.dose_mg,
                    mg_per_kg=order.mg_per_kg,
                    route=route,
                    started_at=at,
                )
            ]
        case facts.DosingStopped(at):
            return [DosingEnded(**who, ended_at=at)]
        case facts.Completed():
            return [_completed(session, fact, who)]
        case facts.Aborted(at, reason):
            return [SessionAborted(**who, plan_id=plan_id, reason=reason, aborted_at=at)]
        case facts.Voided(at, reason):
            return [SessionVoided(**who, plan_id=plan_id, reason=reason, voided_at=at)]
        case (
            facts.Arrived()
            | facts.Checked()
            | facts.DoseOrdered()
            | facts.DoseVerified()
            | facts.DischargeAssessed()
        ):
            return []
        case _:
            assert_never(fact)


def _completed(session: Session, completed: facts.Completed, who: _Who) -> SessionCompleted:
    assert session.order is not None, "Nothing is completed without a dose."
    assert session.dosing_started_at is not None, "Nothing is completed without dosing."
    assert session.dosing_ended_at is not None, "Nothing is completed before dosing has ended."
    return SessionCompleted(
        **who,
        plan_id=session.plan_id,
        protocol=completed.course.protocol,
        protocol_version=completed.course.protocol_version,
        infusion_number=session.infusion_number,
        planned_infusions=completed.course.planned_infusions,
        dosing_started_at=session.dosing_started_at,
        dosing_ended_at=session.dosing_ended_at,
        completed_at=completed.at,
        dose_mg=session.order.dose_mg,
        mg_per_kg=session.order.mg_per_kg,
        route=completed.course.route,
        adverse_event_grade_max=completed.adverse_event_grade_max,
        discharge=completed.discharge,
    )


def _hour(time_of_day: time) -> str:
    return time_of_day.strftime("%H:%M")
