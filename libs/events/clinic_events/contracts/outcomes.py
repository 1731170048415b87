"""The events that outcomes publishes."""

from typing import ClassVar

from pydantic import AwareDatetime

from clinic_events import topics
from clinic_events.contracts.fields import (
    AlertId,
    AssignmentId,
    Instrument,
    InstrumentVersion,
    LocationId,
    PatientId,
    Version,
)
from clinic_events.envelope import Event


class SurveyDue(Event):
    """A patient is asked something now."""

    name: ClassVar[str] = "outcomes.survey_due.v1"
    topic = topics.OUTCOMES
    about: ClassVar[str] = "assignment_id"

    assignment_id: AssignmentId
    patient_id: PatientId
    location_id: LocationId
    instrument: Instrument
    instrument_version: InstrumentVersion
    due_at: AwareDatetime
    """When it was to be asked."""
    expires_at: AwareDatetime
    """Until when it can be answered."""
    sealed_secret: str
    """Opens the survey once, for this patient; sealed for who writes the letter."""
    assignment_version: Version


class SurveyWithdrawn(Event):
    """What was asked is asked no longer: the link does not open any more."""

    name: ClassVar[str] = "outcomes.survey_withdrawn.v1"
    topic = topics.OUTCOMES
    about: ClassVar[str] = "assignment_id"

    assignment_id: AssignmentId
    patient_id: PatientId
    location_id: LocationId
    reason: str
    """A code: `session_voided` or `superseded`."""
    assignment_version: Version


class SurveyAnswered(Event):
    """A patient has answered. The score, if there is one, is an event of its own."""

    name: ClassVar[str] = "outcomes.survey_answered.v1"
    topic = topics.OUTCOMES
    about: ClassVar[str] = "assignment_id"

    assignment_id: AssignmentId
    patient_id: PatientId
    location_id: LocationId
    instrument: Instrument
    instrument_version: InstrumentVersion
    answered_at: AwareDatetime
    """When the answer was complete."""
    assignment_version: Version


class SurveyExpired(Event):
    """The time to answer is over, and no answer came."""

    name: ClassVar[str] = "outcomes.survey_expired.v1"
    topic = topics.OUTCOMES
    about: ClassVar[str] = "assignment_id"

    assignment_id: AssignmentId
    patient_id: PatientId
    location_id: LocationId
    instrument: Instrument
    expired_at: AwareDatetime
    """When the time was over."""
    assignment_version: Version


class ScoreRecorded(Event):
    """An answer has a valid score. What compares it is null where there is no baseline."""

    name: ClassVar[str] = "outcomes.score_recorded.v1"
    topic = topics.OUTCOMES
    about: ClassVar[str] = "score_id"

    score_id: str
    """The score."""
    assignment_id: AssignmentId
    patient_id: PatientId
    location_id: LocationId
    instrument: Instrument
    instrument_version: InstrumentVersion
    scoring_version: int
    """The version of the rule that scored."""
    total: float
    """The score, in points of the instrument."""
    band: str
    """Where the instrument's bands put it, as a code."""
    is_baseline: bool
    """Whether later ones are compared with this one."""
    baseline_total: float | None = None
    """The score it is compared with."""
    change_percent: float | None = None
    """How far it fell from the baseline; positive is better."""
    response: bool | None = None
    """Whether that is a response, by the instrument's rule."""
    remission: bool | None = None
    """Whether it is a remission, by the instrument's rule."""
    scored_at: AwareDatetime
    """When the answer it scores was complete."""


class RiskRaised(Event):
    """An answer mentions self-harm; published again when a worse one follows while it is open."""

    name: ClassVar[str] = "outcomes.risk_raised.v1"
    topic = topics.OUTCOMES
    about: ClassVar[str] = "alert_id"

    alert_id: AlertId
    patient_id: PatientId
    location_id: LocationId
    level: str
    """`unassessed`, until a clinician has assessed it."""
    source: str
    """Instrument and item, `phq-9/9`; never the answer."""
    raised_at: AwareDatetime
    """When the answer came."""
    acknowledge_by: AwareDatetime
    """When the next on the rota is notified, if nobody has taken it."""
    alert_version: Version


class RiskEscalated(Event):
    """Nobody acknowledged in time: the next on the rota is to be notified."""

    name: ClassVar[str] = "outcomes.risk_escalated.v1"
    topic = topics.OUTCOMES
    about: ClassVar[str] = "alert_id"

    alert_id: AlertId
    patient_id: PatientId
    location_id: LocationId
    step: int
    """How far up the rota, from 1."""
    escalated_at: AwareDatetime
    """When it went there."""
    alert_version: Version


class RiskAcknowledged(Event):
    """A clinician has taken the alert. It stays open."""

    name: ClassVar[str] = "outcomes.risk_acknowledged.v1"
    topic = topics.OUTCOMES
    about: ClassVar[str] = "alert_id"

    alert_id: AlertId
    patient_id: PatientId
    location_id: LocationId
    acknowledged_at: AwareDatetime
    """When it was taken."""
    alert_version: Version


class RiskClosed(Event):
    """A clinician closed the alert, with a judgement."""

    name: ClassVar[str] = "outcomes.risk_closed.v1"
    topic = topics.OUTCOMES
    about: ClassVar[str] = "alert_id"

    alert_id: AlertId
    patient_id: PatientId
    location_id: LocationId
    level: str
    """The judgement: `none`, `low`, `moderate` or `high`."""
    closed_at: AwareDatetime
    """When it was closed."""
    alert_version: Version
