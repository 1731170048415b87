"""Builders for the day of a session: every fact from the booking to the signed note."""

from dataclasses import replace
from datetime import datetime, timedelta

from clinic_sessions.domain.bedside.adverse_event import (
    Account,
    AdverseEvent,
    Report,
    a_new_one,
)
from clinic_sessions.domain.bedside.dose import Prepared, order_dose
from clinic_sessions.domain.bedside.ends import Completion, Correction, Extension
from clinic_sessions.domain.bedside.giving import RateSet
from clinic_sessions.domain.bedside.orders import OrderEntry
from clinic_sessions.domain.bedside.waiver import GateWaiver, Seen, Signature
from clinic_sessions.domain.facts import (
    AdverseEventNoted,
    Arrived,
    Booked,
    Checked,
    Completed,
    Corrected,
    Course,
    DischargeAssessed,
    DoseOrdered,
    DosePrepared,
    DoseVerified,
    DosingStarted,
    DosingStopped,
    Fact,
    GateWaived,
    NoteSigned,
    OrderLogged,
    RateChanged,
    StayExtended,
)
from tests.support.sessions import GATES, NOON, a_protocol, a_visit, good_facts, ready_to_leave


def a_whole_day() -> list[Fact]:
    """From the booking to a correction and a signed note, with one of all that can be noted."""
    later = NOON + timedelta(minutes=90)
    order = order_dose(
        a_protocol(), number=1, weight_kg=82, mg_per_kg=0.5, ordered_by="usr_p", now=NOON
    )
    prepared = replace(order, prepared=Prepared(by="usr_a", at=NOON, is_diluted=False))
    verified = replace(prepared, verified_by="usr_b")
    receipt = GATES.decide(good_facts(NOON), as_of=NOON)
    course = Course("iv-ketamine-depression", 1, 6, 1, "iv")
    entry = OrderEntry(order="oxygen", role="nurse", by="usr_a", given_at=NOON, logged_at=NOON)
    slowed = RateSet(at=later, rate_mg_per_min=0.5, why="slowed", reason="nausea", by="usr_a")
    return [
        Booked(a_visit()),
        Arrived(NOON),
        Checked(good_facts(NOON)),
        GateWaived(a_waiver()),
        DoseOrdered(order),
        DosePrepared(prepared),
        DoseVerified(verified, receipt),
        DosingStarted(NOON, verified, "iv", receipt, "usr_a"),
        RateChanged(slowed),
        OrderLogged(entry),
        AdverseEventNoted(a_serious_event(later)),
        DosingStopped(later, "nausea", "usr_a"),
        StayExtended(Extension(reason="no_escort", by="usr_a", at=later)),
        DischargeAssessed(ready_to_leave(later), receipt),
        Completed(later, course, "extended", 4),
        Corrected(a_correction(later)),
        NoteSigned(later, "usr_a"),
    ]


def a_waiver() -> GateWaiver:
    return GateWaiver(
        gate="G-FASTING",
        reason="clear_fluid_only",
        people=1,
        signed=(Signature(by="usr_p", role="prescriber", at=NOON),),
        expires_at=NOON + timedelta(hours=4),
        why="hit",
        seen=(Seen(name="hours_since_clear_fluids", value=1.5, source=""),),
    )


def a_serious_event(at: datetime) -> AdverseEvent:
    """Amended, reported late, and somebody was called."""
    account = Account(
        term="apnoea",
        onset_at=NOON,
        ended_at=at,
        grade_numeric=None,
        grade_clinical=4,
        seriousness=("life_threatening",),
        relatedness="probable",
        action="stopped",
        outcome="recovered",
        reason="noted",
        by="usr_a",
        at=at,
    )
    report = Report(to="medwatch", by="usr_p", at=at)
    return a_new_one("aev_1", account).amended(account).called(at).reported(report)


def a_correction(at: datetime) -> Correction:
    after = Completion(
        dosing_started_at=NOON, dosing_ended_at=at, completed_at=at, adverse_event_grade_max=4
    )
    before = replace(after, dosing_ended_at=NOON)
    return Correction(told=after, before=before, reason="typo", by="usr_p", at=at)
