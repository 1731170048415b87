"""What each fact changes about a session, by subject. Nothing else changes one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict, assert_never

from clinic_platform.decisions import Facts
from clinic_sessions.domain import facts
from clinic_sessions.domain.bedside.adverse_event import AdverseEvent
from clinic_sessions.domain.bedside.giving import DeviceGiven, RateSet
from clinic_sessions.domain.bedside.noted import DISSOCIATION, number_in
from clinic_sessions.domain.bedside.waiver import GateWaiver
from clinic_sessions.domain.booking import history
from clinic_sessions.domain.booking.history import Change, Noted
from clinic_sessions.domain.status import Status

if TYPE_CHECKING:
    from clinic_sessions.domain.session import Session


def changed_by(fact: facts.Fact, session: Session) -> Session:
    if isinstance(fact, facts.BookingFact):
        return _booking(fact, session)
    if isinstance(fact, facts.BedsideFact):
        return _bedside(fact, session)
    return _ending(fact, session)


def _booking(fact: facts.BookingFact, session: Session) -> Session:
    match fact:
        case facts.Booked(visit) | facts.Rescheduled(visit):
            changes = _changes_with(fact, session)
            return replace(session, status=Status.BOOKED, visit=visit, changes=changes)
        case facts.Cancelled():
            changes = _changes_with(fact, session)
            return replace(session, status=Status.CANCELLED, changes=changes)
        case facts.Missed():
            return replace(session, status=Status.MISSED)
        case _:
            assert_never(fact)


def _changes_with(fact: facts.BookingFact, session: Session) -> tuple[Change, ...]:
    match fact:
        case facts.Booked(visit, Noted() as noted):
            return (*session.changes, history.booked(visit, noted, fact.gap_days))
        case facts.Rescheduled(visit, _, Noted() as noted, gap_days, soon):
            moved = history.rescheduled(session.visit, visit, noted, gap_days, short_notice=soon)
            return (*session.changes, moved)
        case facts.Cancelled(reason, soon, Noted() as noted):
            gone = history.cancelled(session.visit, reason, noted, short_notice=soon)
            return (*session.changes, gone)
        case _:
            return session.changes


def _bedside(fact: facts.BedsideFact, session: Session) -> Session:  # noqa: C901  # one arm a fact
    match fact:
        case facts.Arrived():
            return replace(session, status=Status.ARRIVED)
        case facts.Checked(noted):
            return _noted(session, noted)
        case facts.GateWaived(waiver):
            return replace(session, waivers=_with_waiver(session, waiver))
        case facts.DoseOrdered(order):  # a new order takes the old one's verification with it
            return replace(session, status=Status.ARRIVED, order=order)
        case facts.DosePrepared(order):
            return replace(session, order=order)
        case facts.DoseVerified(order, _):
            return replace(session, status=Status.READY, order=order)
        case facts.DosingStarted():
            return _started(fact, session)
        case facts.RateChanged(change):
            return replace(session, rates=(*session.rates, change))
        case facts.NextDeviceGiven(device):
            return replace(session, devices=(*session.devices, device))
        case facts.DosingStopped(at, reason, _):
            return replace(
                session, status=Status.MONITORING, dosing_ended_at=at, stopped_because=reason
            )
        case facts.OrderLogged(entry):
            return replace(session, orders=(*session.orders, entry))
        case _:
            assert_never(fact)


def _ending(fact: facts.EndingFact, session: Session) -> Session:  # noqa: C901  # one arm a fact
    match fact:
        case facts.AdverseEventNoted(event):
            return replace(session, adverse_events=_with_event(session, event))
        case facts.DischargeAssessed():
            return _assessed(fact, session)
        case facts.StayExtended(extension):
            return replace(session, status=Status.EXTENDED, extension=extension)
        case facts.Completed():
            return _completed(fact, session)
        case facts.Corrected():
            return _corrected(fact, session)
        case facts.Aborted(at, _):
            return _aborted(session, at)
        case facts.Voided(_, _, without_dose):
            return replace(session, status=Status.VOIDED, voided_without_dose=without_dose)
        case facts.NoteSigned(at, _):
            return replace(session, note_signed_at=at)
        case _:
            assert_never(fact)


def _noted(session: Session, noted: Facts) -> Session:
    waivers = tuple(waiver.after_noting(noted) for waiver in session.waivers)
    return replace(session, facts={**session.facts, **noted}, waivers=waivers)


def _started(fact: facts.DosingStarted, session: Session) -> Session:
    before = number_in(session.facts, DISSOCIATION)
    started = replace(
        session,
        status=Status.DOSING,
        order=fact.order,
        dosing_started_at=fact.at,
        dissociation_before=before,
        route=fact.route,
    )
    if fact.order.devices:
        return replace(started, devices=(DeviceGiven(number=1, at=fact.at, by=fact.by),))
    if fact.order.rate_mg_per_min is None:
        return started
    rate = RateSet(
        at=fact.at, rate_mg_per_min=fact.order.rate_mg_per_min, why="started", reason="", by=fact.by
    )
    return replace(started, rates=(rate,))


def _assessed(fact: facts.DischargeAssessed, session: Session) -> Session:
    """Not yet to leave: watched as before, or staying on."""
    is_shut = {finding.rule for finding in fact.receipt.blocking} - set(fact.waived)
    staying = Status.MONITORING if session.extension is None else Status.EXTENDED
    status = staying if is_shut else Status.DISCHARGEABLE
    return replace(_noted(session, fact.facts), status=status)


def _aborted(session: Session, at: datetime) -> Session:
    """What was running has ended, too."""
    if session.status is Status.DOSING:
        session = replace(session, dosing_ended_at=at)
    return replace(session, status=Status.ABORTED, ended_at=at)


def _completed(fact: facts.Completed, session: Session) -> Session:
    return replace(
        session,
        status=Status.COMPLETED,
        infusion_number=fact.course.infusion_number,
        course=fact.course,
        ended_at=fact.at,
        discharge=fact.discharge,
        against_advice=fact.against_advice,
        adverse_event_grade_max=fact.adverse_event_grade_max,
    )


def _corrected(fact: facts.Corrected, session: Session) -> Session:
    corrected = fact.correction.told
    return replace(
        session,
        **begun(session, corrected.dosing_started_at),
        dosing_ended_at=corrected.dosing_ended_at,
        ended_at=corrected.completed_at,
        adverse_event_grade_max=corrected.adverse_event_grade_max,
        corrections=(*session.corrections, fact.correction),
    )


class Begun(TypedDict):
    """What says of a session when dosing began."""

    dosing_started_at: datetime
    rates: tuple[RateSet, ...]
    devices: tuple[DeviceGiven, ...]


def begun(session: Session, at: datetime) -> Begun:
    """The record with its beginning where it is now known to have been."""
    return Begun(
        dosing_started_at=at,
        rates=(*(replace(first, at=at) for first in session.rates[:1]), *session.rates[1:]),
        devices=(*(replace(first, at=at) for first in session.devices[:1]), *session.devices[1:]),
    )


def _with_waiver(session: Session, waiver: GateWaiver) -> tuple[GateWaiver, ...]:
    """One that got another signature takes the place of what it was."""
    others = [
        known
        for known in session.waivers
        if (known.gate, known.signed[0]) != (waiver.gate, waiver.signed[0])
    ]
    return (*others, waiver)


def _with_event(session: Session, event: AdverseEvent) -> tuple[AdverseEvent, ...]:
    if any(known.id == event.id for known in session.adverse_events):
        return tuple(event if e.id == event.id else e for e in session.adverse_events)
    return (*session.adverse_events, event)
