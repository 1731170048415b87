"""What sessions tells the clinic."""

from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict

from clinic_events import topics
from clinic_events.envelope import Event


class QuietHours(BaseModel):
    """Local times of day, HH:MM, between which nobody is disturbed; may pass midnight."""

    model_config = ConfigDict(frozen=True)

    starts: str
    ends: str


class CrisisText(BaseModel):
    """What a person in danger is shown and told: public words, the same for everyone there."""

    model_config = ConfigDict(frozen=True)

    text: str
    phone: str


class LocationPublished(Event):
    """A clinic's place, as its newest document describes it for the other services."""

    name: ClassVar[str] = "sessions.location_published.v1"
    topic = topics.LOCATIONS
    about: ClassVar[str] = "location_id"
    keyed_by: ClassVar[str] = "location_id"
    data_class: ClassVar[str] = "internal"

    location_id: str
    location_version: int
    display_name: str
    zone: str
    language: str
    sender_name: str
    sender_email: str
    phone: str
    on_call_email: str
    quiet_hours: QuietHours
    crisis: CrisisText


class PlanStarted(Event):
    name: ClassVar[str] = "sessions.plan_started.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "plan_id"

    plan_id: str
    patient_id: str
    location_id: str
    clearance_id: str
    indication: str
    protocol: str
    protocol_version: int
    planned_infusions: int
    started_at: AwareDatetime


class SessionBooked(Event):
    name: ClassVar[str] = "sessions.session_booked.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "session_id"

    session_id: str
    patient_id: str
    location_id: str
    plan_id: str
    infusion_number: int
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    session_version: int


class SessionRescheduled(Event):
    name: ClassVar[str] = "sessions.session_rescheduled.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "session_id"

    session_id: str
    patient_id: str
    location_id: str
    plan_id: str
    infusion_number: int
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    previously_started_at: AwareDatetime
    session_version: int


class SessionCancelled(Event):
    """`reason` is a code, never words."""

    name: ClassVar[str] = "sessions.session_cancelled.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "session_id"

    session_id: str
    patient_id: str
    location_id: str
    plan_id: str
    reason: str
    short_notice: bool
    session_version: int


class SessionMissed(Event):
    name: ClassVar[str] = "sessions.session_missed.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "session_id"

    session_id: str
    patient_id: str
    location_id: str
    plan_id: str
    session_version: int


class DosingStarted(Event):
    """`dose_mg` milligrams as ordered and verified, `mg_per_kg` of the weight measured that day."""

    name: ClassVar[str] = "sessions.dosing_started.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "session_id"

    session_id: str
    patient_id: str
    location_id: str
    dose_mg: float
    mg_per_kg: float
    route: str
    started_at: AwareDatetime
    session_version: int


class DosingEnded(Event):
    name: ClassVar[str] = "sessions.dosing_ended.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "session_id"

    session_id: str
    patient_id: str
    location_id: str
    ended_at: AwareDatetime
    session_version: int


class SessionCompleted(Event):
    """The patient has been discharged: integration and outcome surveys start from here.

    `discharge`: escorted, extended or against_advice. A higher `session_version` corrects an
    earlier one of the same session; `SessionVoided` takes it back.
    """

    name: ClassVar[str] = "sessions.session_completed.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "session_id"

    session_id: str
    patient_id: str
    location_id: str
    plan_id: str
    protocol: str
    protocol_version: int
    infusion_number: int
    planned_infusions: int
    dosing_started_at: AwareDatetime
    dosing_ended_at: AwareDatetime
    completed_at: AwareDatetime
    dose_mg: float
    mg_per_kg: float
    route: str
    adverse_event_grade_max: int
    discharge: str
    session_version: int


class SessionAborted(Event):
    """`reason` is a code, never words."""

    name: ClassVar[str] = "sessions.session_aborted.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "session_id"

    session_id: str
    patient_id: str
    location_id: str
    plan_id: str
    reason: str
    aborted_at: AwareDatetime
    session_version: int


class SessionVoided(Event):
    """The session never happened as told: what was planned from it is withdrawn."""

    name: ClassVar[str] = "sessions.session_voided.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "session_id"

    session_id: str
    patient_id: str
    location_id: str
    plan_id: str
    reason: str
    voided_at: AwareDatetime
    session_version: int


class SeriesCompleted(Event):
    name: ClassVar[str] = "sessions.series_completed.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "plan_id"

    plan_id: str
    patient_id: str
    location_id: str
    infusions: int
    completed_at: AwareDatetime
