"""Builders for the sessions service: plainly invented places, protocols, visits and sessions."""

from datetime import UTC, date, datetime, time, timedelta

from clinic_platform.data import load
from clinic_platform.decisions import Known, RuleSet
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.booking.visit import Visit, plan_visit
from clinic_sessions.domain.calls import Call
from clinic_sessions.domain.facts import Booked, Fact
from clinic_sessions.domain.places.hours import WEEKDAYS, Hours
from clinic_sessions.domain.places.location import Crisis, Details, Location, Quiet, Registration
from clinic_sessions.domain.places.resources import Chair, Room
from clinic_sessions.domain.places.staff import Member
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.protocols.reading import read_protocol
from clinic_sessions.domain.session import Session

NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)  # a Monday
TOMORROW = datetime(2030, 1, 8, 15, tzinfo=UTC)  # 09:00 in Chicago
GATES = RuleSet.parse(load("clinic_sessions", "gates.yaml"))
DISCHARGE = RuleSet.parse(load("clinic_sessions", "discharge.yaml"))


def a_protocol() -> Protocol:
    return read_protocol(load("clinic_sessions", "protocols/iv-ketamine-depression.yaml"))


def a_location(*, zone: str = "America/Chicago", closed_on: str = "sunday") -> Location:
    hours = Hours(opens=time(8), closes=time(18))
    details = Details(
        display_name="Sample Street",
        zone=zone,
        language="en",
        sender_name="Sample Street Clinic",
        sender_email="hello@sample-street.example.org",
        phone="+1-555-0100",
        on_call_email="on-call@sample-street.example.org",
        quiet_hours=Quiet(starts=time(20), ends=time(8)),
        crisis=Crisis(text="If you are in danger, call the number below now.", phone="988"),
        hours={day: hours for day in WEEKDAYS if day != closed_on},
        rooms=(Room(name="room_1"),),
        chairs=tuple(Chair(name=f"chair_{n}", room="room_1") for n in (1, 2)),
        staff=tuple(Member(name=f"nurse_{n}", roles=("nurse",)) for n in ("ada", "ben")),
        registration=Registration(
            number="SAMPLE-0100", schedule="III", expires_on=date(2032, 12, 31)
        ),
        protocols=("iv-ketamine-depression",),
    )
    return Location(id="loc_sample", details=details)


def a_visit(
    starts_at: datetime = TOMORROW,
    *,
    chair: str = "chair_1",
    nurse: str = "nurse_ada",
    patient_id: str = "pat_1",
) -> Visit:
    return plan_visit(
        a_protocol(),
        a_location(),
        patient_id=patient_id,
        starts_at=starts_at,
        chair=chair,
        nurse=nurse,
        now=NOON,
    )


def a_plan() -> Plan:
    return Plan(
        id="pln_1",
        patient_id="pat_1",
        location_id="loc_sample",
        clearance_id="clr_1",
        indication="depression",
        protocol="iv-ketamine-depression",
        protocol_version=1,
        infusions=1,
        started_at=NOON,
    )


def a_session(*so_far: Fact) -> Session:
    session = Session(
        id="ses_1",
        patient_id="pat_1",
        location_id="loc_sample",
        plan_id="pln_1",
        infusion_number=1,
    )
    for fact in (Booked(a_visit()), *so_far):
        session = session.after(fact)
    return session


def a_reading(sequence: int, *, minutes: int = 0, session_id: str = "ses_1") -> Reading:
    return Reading(
        session_id=session_id,
        device="monitor_1",
        sequence=sequence,
        taken_at=NOON + timedelta(minutes=minutes),
        received_at=NOON + timedelta(minutes=60),
        systolic=124,
        diastolic=78,
        heart_rate=None,
        spo2=98,
        moaas=None,
    )


def good_facts(now: datetime) -> dict[str, Known]:
    """Facts with which every gate is open."""
    values: dict[str, bool | float] = {
        "consent_is_current": True,
        "clearance_is_valid": True,
        "risk_alert_is_open": False,
        "suicide_screen_negative": True,
        "identity_confirmed": True,
        "escort_confirmed": True,
        "fasting_hours": 6,
        "weight_kg": 82.0,
        "systolic": 124,
        "diastolic": 78,
        "heart_rate": 70,
        "spo2": 98,
        "registration_is_valid": True,
        "draw_is_missing": False,
    }
    return {
        name: Known(value=value, known_at=now - timedelta(minutes=5))
        for name, value in values.items()
    }


def a_call(number: int = 1, *, patient_id: str | None = "pat_1") -> Call:
    return Call(
        id=f"cal_{number}",
        location_id="loc_sample",
        reason="alarm_not_acknowledged",
        about_id="alm_1",
        level="pause",
        called_at=NOON,
        session_id=None if patient_id is None else "ses_1",
        patient_id=patient_id,
    )
