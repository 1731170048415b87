"""The events that sessions publishes about plans and sessions."""

from typing import ClassVar

from pydantic import AwareDatetime

from clinic_events import topics
from clinic_events.contracts.fields import (
    ClearanceId,
    DoseMg,
    Indication,
    InfusionNumber,
    LocationId,
    MgPerKg,
    PatientId,
    PlanId,
    PlannedInfusions,
    Protocol,
    ProtocolVersion,
    Route,
    SessionId,
    Version,
)
from clinic_events.envelope import Event


class PlanStarted(Event):
    """A cleared patient has a course of treatment; sessions can be booked."""

    name: ClassVar[str] = "sessions.plan_started.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "plan_id"

    plan_id: PlanId
    patient_id: PatientId
    location_id: LocationId
    clearance_id: ClearanceId
    indication: Indication
    protocol: Protocol
    protocol_version: ProtocolVersion
    planned_infusions: PlannedInfusions
    started_at: AwareDatetime
    """When it began."""
    surveys: str | None = None
    """The surveys that go with it, by the name of their plan. Null: the usual ones."""


class SessionBooked(Event):
    """A session has its time, place and people."""

    name: ClassVar[str] = "sessions.session_booked.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "session_id"

    session_id: SessionId
    patient_id: PatientId
    location_id: LocationId
    plan_id: PlanId
    infusion_number: InfusionNumber
    starts_at: AwareDatetime
    """When it begins."""
    ends_at: AwareDatetime
    """When it is to end."""
    session_version: Version


class SessionRescheduled(Event):
    """A booked session has another time."""

    name: ClassVar[str] = "sessions.session_rescheduled.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "session_id"

    session_id: SessionId
    patient_id: PatientId
    location_id: LocationId
    plan_id: PlanId
    infusion_number: InfusionNumber
    starts_at: AwareDatetime
    """When it begins now."""
    ends_at: AwareDatetime
    """When it is to end now."""
    previously_started_at: AwareDatetime
    """When it was to begin before."""
    short_notice: bool = False
    """Whether it was too late for anybody else to have the time before."""
    session_version: Version


class SessionCancelled(Event):
    """A booked session will not take place; its time is free again."""

    name: ClassVar[str] = "sessions.session_cancelled.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "session_id"

    session_id: SessionId
    patient_id: PatientId
    location_id: LocationId
    plan_id: PlanId
    reason: str
    """A code, never words."""
    short_notice: bool
    """Whether it was too late for anybody else to have the time."""
    session_version: Version


class SessionMissed(Event):
    """The patient did not come."""

    name: ClassVar[str] = "sessions.session_missed.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "session_id"

    session_id: SessionId
    patient_id: PatientId
    location_id: LocationId
    plan_id: PlanId
    session_version: Version


class DosingStarted(Event):
    """The infusion runs: every gate was open, and a second person has verified the dose."""

    name: ClassVar[str] = "sessions.dosing_started.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "session_id"

    session_id: SessionId
    patient_id: PatientId
    location_id: LocationId
    dose_mg: DoseMg
    mg_per_kg: MgPerKg
    route: Route
    started_at: AwareDatetime
    """When it began."""
    session_version: Version


class DosingEnded(Event):
    """The infusion has ended; the patient is watched until discharge."""

    name: ClassVar[str] = "sessions.dosing_ended.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "session_id"

    session_id: SessionId
    patient_id: PatientId
    location_id: LocationId
    ended_at: AwareDatetime
    """When it ended."""
    session_version: Version


class SessionCompleted(Event):
    """The patient has been discharged: integration and outcome surveys start from here.

    A higher `session_version` corrects an earlier one of the same session; `SessionVoided` takes it
    back.
    """

    name: ClassVar[str] = "sessions.session_completed.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "session_id"

    session_id: SessionId
    patient_id: PatientId
    location_id: LocationId
    plan_id: PlanId
    protocol: Protocol
    protocol_version: ProtocolVersion
    infusion_number: InfusionNumber
    planned_infusions: PlannedInfusions
    dosing_started_at: AwareDatetime
    """When the infusion began."""
    dosing_ended_at: AwareDatetime
    """When it ended."""
    completed_at: AwareDatetime
    """When the patient left."""
    dose_mg: DoseMg
    given_mg: float | None = None
    """Milligrams that went in, reckoned from rate and time. Null where there is no rate."""
    mg_per_kg: MgPerKg
    route: Route
    adverse_event_grade_max: int
    """The worst, after CTCAE: 0 none, 1 mild … 4 life-threatening, 5 death."""
    discharge: str
    """`escorted`, `extended` or `against_advice`."""
    session_version: Version
    surveys: str | None = None
    """The surveys that follow, by the name of their plan. Null: the usual ones."""
    integration: str | None = None
    """The letters that follow, by the name of their plan. Null: the usual ones."""


class SessionAborted(Event):
    """A visit that had begun ended before its time."""

    name: ClassVar[str] = "sessions.session_aborted.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "session_id"

    session_id: SessionId
    patient_id: PatientId
    location_id: LocationId
    plan_id: PlanId
    reason: str
    """A code, never words."""
    aborted_at: AwareDatetime
    """When it ended."""
    session_version: Version


class SessionVoided(Event):
    """The session never happened as recorded: what was planned from it is withdrawn, and what was
    planned from the end of its plan's series."""

    name: ClassVar[str] = "sessions.session_voided.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "session_id"

    session_id: SessionId
    patient_id: PatientId
    location_id: LocationId
    plan_id: PlanId
    reason: str
    """A code, never words."""
    voided_at: AwareDatetime
    """When it was taken back."""
    session_version: Version


class SeriesCompleted(Event):
    """The last infusion of a plan was given.

    A `SessionVoided` of one of the plan's sessions takes it back; it is published again, with a
    higher `plan_version`, when another is given in its place.
    """

    name: ClassVar[str] = "sessions.series_completed.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "plan_id"

    plan_id: PlanId
    patient_id: PatientId
    location_id: LocationId
    infusions: int
    """How many were given."""
    completed_at: AwareDatetime
    """When the last one was."""
    surveys: str | None = None
    """The surveys that follow, by the name of their plan. Null: the usual ones."""
    plan_version: int | None = None
    """The plan's version then: ignore an event below the one you know. Null in events from before
    the field existed: each was the first of its plan."""
