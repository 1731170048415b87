"""From what happened here to the events the service publishes. The only door out."""

from datetime import datetime, time
from typing import TypeAlias, TypedDict, assert_never

from clinic_events import (
    AlarmAcknowledged,
    AlarmClosed,
    AlarmRaised,
    Away,
    CrisisText,
    DosingEnded,
    DosingStarted,
    Event,
    LocationPublished,
    OnCallDuty,
    QuietHours,
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
from clinic_sessions.domain.bedside import alarms
from clinic_sessions.domain.booking.visit import Visit
from clinic_sessions.domain.calls import Call
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.places.staff import OnCall
from clinic_sessions.domain.session import Session
from clinic_sessions.publishing.plans import of_plan as of_plan
from clinic_sessions.publishing.waiting import of_offer as of_offer

Unpublished: TypeAlias = (
    facts.Arrived
    | facts.Checked
    | facts.GateWaived
    | facts.DoseOrdered
    | facts.DosePrepared
    | facts.DoseVerified
    | facts.RateChanged
    | facts.NextDeviceGiven
    | facts.OrderLogged
    | facts.AdverseEventNoted
    | facts.DischargeAssessed
    | facts.StayExtended
    | facts.NoteSigned
)


class _Alarm(TypedDict):
    alarm_id: str
    session_id: str
    patient_id: str
    location_id: str
    concern: str
    level: str
    alarm_version: int


class _Who(TypedDict):
    session_id: str
    patient_id: str
    location_id: str
    session_version: int


class _Booked(TypedDict):
    plan_id: str
    infusion_number: int
    starts_at: datetime
    ends_at: datetime


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
        rota=tuple(_duty(location, duty) for duty in details.rota),
    )


def _duty(location: Location, duty: OnCall) -> OnCallDuty:
    days = location.calendar.away(duty.member)
    return OnCallDuty(
        email=duty.email,
        weekday=duty.weekday,
        starts=_hour(duty.hours.opens),
        ends=_hour(duty.hours.closes),
        away=tuple(Away(first=first.isoformat(), last=last.isoformat()) for first, last in days),
        role=duty.role,
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
        role=call.role,
        count=call.count,
    )


def of_alarm(alarm: alarms.Alarm, fact: alarms.AlarmFact) -> list[Event]:
    """`alarm` as it is after the fact."""
    which = _Alarm(
        alarm_id=alarm.id,
        session_id=alarm.session_id,
        patient_id=alarm.patient_id,
        location_id=alarm.location_id,
        concern=alarm.concern,
        level=alarm.level,
        alarm_version=alarm.revision,
    )
    match fact:
        case alarms.Raised(cause, at, by) | alarms.Worsened(cause, at, by):
            return [
                AlarmRaised(
                    **which,
                    rule=cause.rule,
                    is_confirmed=cause.is_confirmed,
                    raised_at=at,
                    acknowledge_by=by,
                )
            ]
        case alarms.Acknowledged(_, at):
            return [AlarmAcknowledged(**which, acknowledged_at=at)]
        case alarms.Closed(_, action, at):
            return [AlarmClosed(**which, action=action, closed_at=at)]
        case alarms.AlarmNoted() | alarms.Escalated():
            return []
        case _:
            assert_never(fact)


def of_session(session: Session, fact: facts.Fact) -> list[Event]:
    """`session` as it is after the fact."""
    who = _Who(
        session_id=session.id,
        patient_id=session.patient_id,
        location_id=session.location_id,
        session_version=session.revision,
    )
    if isinstance(fact, facts.BookingFact):
        return [_of_booking(session, fact, who)]
    if isinstance(fact, facts.BedsideFact):
        return _of_bedside(fact, who)
    return _of_ending(session, fact, who)


def _of_booking(session: Session, fact: facts.BookingFact, who: _Who) -> Event:
    plan_id = session.plan_id
    match fact:
        case facts.Booked(visit):
            return SessionBooked(**who, **_booked(session, visit))
        case facts.Rescheduled(visit, before):
            return SessionRescheduled(
                **who,
                **_booked(session, visit),
                previously_started_at=before,
                short_notice=fact.short_notice,
            )
        case facts.Cancelled(reason, soon):
            return SessionCancelled(**who, plan_id=plan_id, reason=reason, short_notice=soon)
        case facts.Missed():
            return SessionMissed(**who, plan_id=plan_id)
        case _:
            assert_never(fact)


def _booked(session: Session, visit: Visit) -> _Booked:
    return _Booked(
        plan_id=session.plan_id,
        infusion_number=session.infusion_number,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
    )


def _of_bedside(fact: facts.BedsideFact, who: _Who) -> list[Event]:
    match fact:
        case facts.DosingStarted(at, order, route):
            started = DosingStarted(
                **who,
                dose_mg=order.dose_mg,
                mg_per_kg=order.mg_per_kg,
                route=route,
                started_at=at,
            )
            return [started]
        case facts.DosingStopped(at):
            return [DosingEnded(**who, ended_at=at)]
        case _:
            _stays_here(fact)
            return []


def _of_ending(session: Session, fact: facts.EndingFact, who: _Who) -> list[Event]:
    plan_id = session.plan_id
    match fact:
        case facts.Completed() | facts.Corrected():
            return [_completed(session, who)]
        case facts.Aborted(at, reason):
            return [SessionAborted(**who, plan_id=plan_id, reason=reason, aborted_at=at)]
        case facts.Voided(at, reason):
            return [SessionVoided(**who, plan_id=plan_id, reason=reason, voided_at=at)]
        case _:
            _stays_here(fact)
            return []


def _stays_here(fact: Unpublished) -> None:
    """Facts of the bedside that are not published. A new fact is refused here by its type."""


def _completed(session: Session, who: _Who) -> SessionCompleted:
    """As it is known now: published again, with a higher version, when it was corrected."""
    assert session.order is not None, "Nothing is completed without a dose."
    assert session.course is not None, "What is completed was part of a course."
    assert session.dosing_started_at is not None, "Nothing is completed without dosing."
    assert session.dosing_ended_at is not None, "Nothing is completed before dosing has ended."
    assert session.ended_at is not None, "What is completed has ended."
    assert session.discharge is not None, "What is completed was left somehow."
    return SessionCompleted(
        **who,
        plan_id=session.plan_id,
        protocol=session.course.protocol,
        protocol_version=session.course.protocol_version,
        infusion_number=session.infusion_number,
        planned_infusions=session.course.planned_infusions,
        dosing_started_at=session.dosing_started_at,
        dosing_ended_at=session.dosing_ended_at,
        completed_at=session.ended_at,
        dose_mg=session.order.dose_mg,
        given_mg=session.mg_given(session.ended_at),
        mg_per_kg=session.order.mg_per_kg,
        route=session.course.route,
        adverse_event_grade_max=session.adverse_event_grade_max,
        discharge=session.discharge,
        surveys=session.course.surveys,
        integration=session.course.integration,
    )


def _hour(time_of_day: time) -> str:
    return time_of_day.strftime("%H:%M")
