"""From what happened here to the events that are published."""

from typing import TypedDict, assert_never

from clinic_events import (
    Event,
    RiskAcknowledged,
    RiskClosed,
    RiskEscalated,
    RiskRaised,
    ScoreRecorded,
    SurveyAnswered,
    SurveyDue,
    SurveyExpired,
    SurveyWithdrawn,
)
from clinic_outcomes.domain import assignment as surveys
from clinic_outcomes.domain import risk_alert as risk
from clinic_outcomes.domain.assignment import Assignment
from clinic_outcomes.domain.risk_alert import RiskAlert
from clinic_outcomes.domain.score import Score


class _Survey(TypedDict):
    assignment_id: str
    patient_id: str
    location_id: str
    assignment_version: int


class _Alert(TypedDict):
    alert_id: str
    patient_id: str
    location_id: str
    alert_version: int


def survey_due(assignment: Assignment, sealed_secret: str) -> Event:
    return SurveyDue(
        **_survey(assignment),
        instrument=assignment.instrument,
        instrument_version=assignment.instrument_version,
        due_at=assignment.due_at,
        expires_at=assignment.expires_at,
        sealed_secret=sealed_secret,
    )


def of_assignment(assignment: Assignment, fact: surveys.Fact) -> list[Event]:
    """`assignment` as it is after the fact. Sittings and drafts are not published."""
    survey = _survey(assignment)
    match fact:
        case surveys.SittingBegan() | surveys.DraftSaved():
            return []
        case surveys.Answered():
            answered = SurveyAnswered(
                **survey,
                instrument=assignment.instrument,
                instrument_version=assignment.instrument_version,
                answered_at=fact.at,
            )
            return [answered]
        case surveys.Expired():
            return [SurveyExpired(**survey, instrument=assignment.instrument, expired_at=fact.at)]
        case surveys.Withdrawn():
            return [SurveyWithdrawn(**survey, reason=fact.reason)]
        case _:
            assert_never(fact)


def of_score(score: Score) -> list[Event]:
    """Only a valid score is published: a missing one is no number."""
    if score.scoring.total is None or score.scoring.band is None:
        return []
    comparison = score.comparison
    return [
        ScoreRecorded(
            score_id=score.id,
            assignment_id=score.assignment_id,
            patient_id=score.patient_id,
            location_id=score.location_id,
            instrument=score.instrument,
            instrument_version=score.instrument_version,
            scoring_version=score.scoring_version,
            total=score.scoring.total,
            band=score.scoring.band,
            is_baseline=score.is_baseline,
            baseline_total=comparison and comparison.baseline_total,
            change_percent=comparison and comparison.percent,
            response=comparison and comparison.response,
            remission=comparison and comparison.remission,
            scored_at=score.answered_at,
        )
    ]


def risk_raised(alert: RiskAlert) -> Event:
    """The newest evidence names the item; its value stays here."""
    newest = alert.evidence[-1]
    return RiskRaised(
        **_alert(alert),
        level=alert.level,
        source=newest.source,
        raised_at=newest.at,
        acknowledge_by=alert.acknowledge_by,
    )


def of_alert(alert: RiskAlert, fact: risk.Fact) -> list[Event]:
    """`alert` as it is after the fact."""
    about = _alert(alert)
    match fact:
        case risk.RaisedAgain():
            return [risk_raised(alert)]
        case risk.Attached() | risk.Noted():
            return []
        case risk.Escalated():
            return [RiskEscalated(**about, step=fact.step, escalated_at=fact.at)]
        case risk.Acknowledged():
            return [RiskAcknowledged(**about, acknowledged_at=fact.at)]
        case risk.Closed():
            return [RiskClosed(**about, level=fact.level, closed_at=fact.at)]
        case _:
            assert_never(fact)


def _survey(assignment: Assignment) -> _Survey:
    return _Survey(
        assignment_id=assignment.id,
        patient_id=assignment.patient_id,
        location_id=assignment.location_id,
        assignment_version=assignment.revision,
    )


def _alert(alert: RiskAlert) -> _Alert:
    return _Alert(
        alert_id=alert.id,
        patient_id=alert.patient_id,
        location_id=alert.location_id,
        alert_version=alert.revision,
    )
