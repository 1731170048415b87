"""Builders for the sessions service: plainly invented places, protocols, visits and sessions."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from clinic_platform.data import load
from clinic_platform.decisions import Known, RuleSet
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.bedside.rules import read_rules
from clinic_sessions.domain.booking.days import Busy
from clinic_sessions.domain.booking.hold import Hold
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.booking.timetable import Timetable
from clinic_sessions.domain.booking.visit import PERSON, PLACE, Visit
from clinic_sessions.domain.booking.wishes import Wishes
from clinic_sessions.domain.calls import Call
from clinic_sessions.domain.facts import (
    Booked,
    Fact,
)
from clinic_sessions.domain.places.hours import WEEKDAYS, Hours
from clinic_sessions.domain.places.location import Crisis, Details, Location, Quiet, Registration
from clinic_sessions.domain.places.resources import Chair, Equipment, RecoveryPlace, Room
from clinic_sessions.domain.places.staff import Member
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.protocols.reading import read_protocol
from clinic_sessions.domain.session import Session

NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)  # a Monday
TOMORROW = datetime(2030, 1, 8, 15, tzinfo=UTC)  # 09:00 in Chicago
GATES = RuleSet.parse(load("clinic_sessions", "gates.yaml"))
RULES = read_rules(load("clinic_sessions", "bedside.yaml"))
DISCHARGE = RuleSet.parse(load("clinic_sessions", "discharge.yaml"))

# What ketamine asks of a patient, since its use is outside its approval.
CONSENTS = ("treatment", "off_label_use")
# What is found of a patient who may be dosed.
CHECKED: Mapping[str, bool | float | str] = {
    "suicide_screen_negative": True,
    "identity_confirmed": True,
    "escort_confirmed": True,
    "hours_since_clear_fluids": 6,
    "hours_since_light_meal": 12,
    "hours_since_fatty_meal": 36,
    "pregnancy_test": "negative",
    "resuscitation_kit_checked": True,
    "life_support_on_site": True,
    "line_is_patent": True,
    "prescriber_on_site": True,
    "weight_kg": 82.0,
    "systolic": 124,
    "diastolic": 78,
    "heart_rate": 70,
    "spo2": 98,
    "moaas": 5,
    "dissociation": 0,
    "medicines_reconciled": True,
    "days_since_measure": 0,
    "days_since_pdmp_check": 0,
}
# What is found of a patient who may go home.
LEAVING: Mapping[str, bool | float | str] = {
    "systolic": 126,
    "diastolic": 80,
    "spo2": 98,
    "moaas": 5,
    "aldrete": 10,
    "dissociation": 0,
    "is_oriented": True,
    "gait_is_steady": True,
    "nausea_is_controlled": True,
    "new_suicidal_ideation": False,
    "line_is_removed": True,
    "instructions_given": True,
    "escort_present": True,
    "escort": "friend",
}


COMPETENCES = ("infusion", "sedation_monitoring")


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
        recovery=(RecoveryPlace(name="lounge", room="room_1", capacity=2),),
        equipment=tuple(
            Equipment(name=f"{kind}_{n}", kind=kind) for kind in ("pump", "monitor") for n in (1, 2)
        ),
        staff=tuple(
            Member(name=f"nurse_{n}", roles=("nurse",), competences=COMPETENCES)
            for n in ("ada", "ben")
        ),
        ratios={"recovery": 2},
        registration=Registration(
            number="SAMPLE-0100", schedules=("IIIN",), expires_on=date(2032, 12, 31)
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
    timetable = a_timetable(starts_at, patient_id=patient_id)
    return timetable.visit(starts_at, now=NOON, wishes=wishing(chair=chair, nurse=nurse))


def a_timetable(
    since: datetime = TOMORROW,
    until: datetime | None = None,
    *busy: Busy,
    location: Location | None = None,
    protocol: Protocol | None = None,
    patient_id: str = "pat_1",
) -> Timetable:
    return Timetable.of(
        protocol or a_protocol(),
        location or a_location(),
        patient_id,
        busy,
        since=since,
        until=until or since,
    )


def wishing(*, chair: str | None = None, nurse: str | None = None) -> Wishes:
    named = {PLACE: chair, PERSON: nurse}
    return Wishes({kind: frozenset({name}) for kind, name in named.items() if name is not None})


def a_hold(visit: Visit | None = None, *, number: int = 1, patient: int = 1) -> Hold:
    return Hold(
        id=f"hld_{number}",
        session_id=f"ses_{number}",
        plan_id="pln_1",
        patient_id=f"pat_{patient}",
        location_id="loc_sample",
        visit=visit or a_visit(patient_id=f"pat_{patient}"),
        held_by="usr_ada",
        held_at=NOON,
        expires_at=NOON + timedelta(minutes=10),
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
        heart_rate=72,
        spo2=98,
        moaas=5,
    )


def good_facts(now: datetime) -> dict[str, Known]:
    """Facts with which every gate is open: noted here, received, and reckoned."""
    values: dict[str, bool | float | str] = {
        **CHECKED,
        "consent_is_current": True,
        "clearance_is_valid": True,
        "risk_alert_is_open": False,
        "registration_is_valid": True,
        "draw_is_missing": False,
        "dose_is_too_soon": False,
        "pdmp_check_is_missing": False,
        "line_is_missing": False,
        "open_alarms": 0,
        "limits_to_confirm": 0,
    }
    return {
        name: Known(value=value, known_at=now - timedelta(minutes=5))
        for name, value in values.items()
    }


def ready_to_leave(now: datetime) -> dict[str, Known]:
    """Facts with which every gate of the discharge is open."""
    reckoned = {
        "dissociation_above_baseline": 0,
        "observation_minutes_left": 0.0,
        "systolic_percent_from_baseline": 2.0,
        "diastolic_percent_from_baseline": 2.0,
        "open_alarms": 0,
        "limits_to_confirm": 0,
    }
    return {
        name: Known(value=value, known_at=now, source="usr_a")
        for name, value in {**LEAVING, **reckoned}.items()
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
