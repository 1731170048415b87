"""What outcomes tells the clinic."""

from typing import ClassVar

from pydantic import AwareDatetime

from clinic_events import topics
from clinic_events.envelope import Event


class SurveyDue(Event):
    """A patient is asked something now. `sealed_secret` opens the survey once, for this patient."""

    name: ClassVar[str] = "outcomes.survey_due.v1"
    topic = topics.OUTCOMES
    about: ClassVar[str] = "assignment_id"

    assignment_id: str
    patient_id: str
    location_id: str
    instrument: str
    instrument_version: int
    due_at: AwareDatetime
    expires_at: AwareDatetime
    sealed_secret: str
    assignment_version: int


class SurveyWithdrawn(Event):
    """`reason` is a code: session_voided, superseded, plan_ended."""

    name: ClassVar[str] = "outcomes.survey_withdrawn.v1"
    topic = topics.OUTCOMES
    about: ClassVar[str] = "assignment_id"

    assignment_id: str
    patient_id: str
    location_id: str
    reason: str
    assignment_version: int


class SurveyAnswered(Event):
    name: ClassVar[str] = "outcomes.survey_answered.v1"
    topic = topics.OUTCOMES
    about: ClassVar[str] = "assignment_id"

    assignment_id: str
    patient_id: str
    location_id: str
    instrument: str
    instrument_version: int
    answered_at: AwareDatetime
    assignment_version: int


class SurveyExpired(Event):
    name: ClassVar[str] = "outcomes.survey_expired.v1"
    topic = topics.OUTCOMES
    about: ClassVar[str] = "assignment_id"

    assignment_id: str
    patient_id: str
    location_id: str
    instrument: str
    expired_at: AwareDatetime
    assignment_version: int


class ScoreRecorded(Event):
    """`change_percent` is how far the score fell from the baseline (positive is better), when both
    exist. `response` and `remission` follow the instrument's rule, named by its version."""

    name: ClassVar[str] = "outcomes.score_recorded.v1"
    topic = topics.OUTCOMES
    about: ClassVar[str] = "score_id"

    score_id: str
    assignment_id: str
    patient_id: str
    location_id: str
    instrument: str
    instrument_version: int
    scoring_version: int
    total: float
    band: str
    is_baseline: bool
    baseline_total: float | None = None
    change_percent: float | None = None
    response: bool | None = None
    remission: bool | None = None
    scored_at: AwareDatetime


class RiskRaised(Event):
    """An answer speaks of self-harm. `level`: unassessed until a clinician says otherwise.
    `source` names the item, never the answer."""

    name: ClassVar[str] = "outcomes.risk_raised.v1"
    topic = topics.OUTCOMES
    about: ClassVar[str] = "alert_id"

    alert_id: str
    patient_id: str
    location_id: str
    level: str
    source: str
    raised_at: AwareDatetime
    acknowledge_by: AwareDatetime
    alert_version: int


class RiskEscalated(Event):
    """Nobody acknowledged in time: the next on the rota is to be told."""

    name: ClassVar[str] = "outcomes.risk_escalated.v1"
    topic = topics.OUTCOMES
    about: ClassVar[str] = "alert_id"

    alert_id: str
    patient_id: str
    location_id: str
    step: int
    escalated_at: AwareDatetime
    alert_version: int


class RiskAcknowledged(Event):
    name: ClassVar[str] = "outcomes.risk_acknowledged.v1"
    topic = topics.OUTCOMES
    about: ClassVar[str] = "alert_id"

    alert_id: str
    patient_id: str
    location_id: str
    acknowledged_at: AwareDatetime
    alert_version: int


class RiskClosed(Event):
    """A clinician closed the alert. `level` is their judgement: none, low, moderate or high."""

    name: ClassVar[str] = "outcomes.risk_closed.v1"
    topic = topics.OUTCOMES
    about: ClassVar[str] = "alert_id"

    alert_id: str
    patient_id: str
    location_id: str
    level: str
    closed_at: AwareDatetime
    alert_version: int
