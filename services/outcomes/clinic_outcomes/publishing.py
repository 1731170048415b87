"""From what happened here to what the clinic hears. The only door out."""

from typing import assert_never

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


def due_of(assignment: Assignment, sealed_secret: str) -> Event:
    return SurveyDue(
        assignment_id=assignment.id,
        patient_id=assignment.patient_id,
        location_id=assignment.location_id,
        instrument=assignment.instrument,
        instrument_version=assignment.instrument_version,
        due_at=assignment.due_at,
        expires_at=assignment.expires_at,
        sealed_secret=sealed_secret,
        assignment_version=assignment.revision,
    )


def events_for_assignment(after: Assignment, fact: surveys.Fact) -> list[Event]:
    """Sittings and drafts are nobody's business."""
    match fact:
        case surveys.SittingBegan() | surveys.DraftSaved():
            return []
        case surveys.Answered():
            return [_answered(after, fact)]
        case surveys.Expired():
            return [_expired(after, fact)]
        case surveys.Withdrawn():
            return [_withdrawn(after, fact)]
        case _:
            assert_never(fact)


def events_for_score(score: Score) -> list[Event]:
    """Only a valid score is said: a missing one is no number."""
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


def raised_of(alert: RiskAlert) -> Event:
    """The newest evidence names the item; its value stays here."""
    newest = alert.evidence[-1]
    return RiskRaised(
        alert_id=alert.id,
        patient_id=alert.patient_id,
        location_id=alert.location_id,
        level=alert.level,
        source=newest.source,
        raised_at=newest.at,
        acknowledge_by=alert.acknowledge_by,
        alert_version=alert.revision,
    )


def events_for_alert(after: RiskAlert, fact: risk.Fact) -> list[Event]:
    match fact:
        case risk.RaisedAgain():
            return [raised_of(after)]
        case risk.Attached() | risk.Noted():
            return []
        case risk.Escalated():
            return [_escalated(after, fact)]
        case risk.Acknowledged():
            return [_acknowledged(after, fact)]
        case risk.Closed():
            return [_closed(after, fact)]
        case _:
            assert_never(fact)


def _answered(after: Assignment, fact: surveys.Answered) -> Event:
    return SurveyAnswered(
        assignment_id=after.id,
        patient_id=after.patient_id,
        location_id=after.location_id,
        instrument=after.instrument,
        instrument_version=after.instrument_version,
        answered_at=fact.at,
        assignment_version=after.revision,
    )


def _expired(after: Assignment, fact: surveys.Expired) -> Event:
    return SurveyExpired(
        assignment_id=after.id,
        patient_id=after.patient_id,
        location_id=after.location_id,
        instrument=after.instrument,
        expired_at=fact.at,
        assignment_version=after.revision,
    )


def _withdrawn(after: Assignment, fact: surveys.Withdrawn) -> Event:
    return SurveyWithdrawn(
        assignment_id=after.id,
        patient_id=after.patient_id,
        location_id=after.location_id,
        reason=fact.reason,
        assignment_version=after.revision,
    )


def _escalated(after: RiskAlert, fact: risk.Escalated) -> Event:
    return RiskEscalated(
        alert_id=after.id,
        patient_id=after.patient_id,
        location_id=after.location_id,
        step=fact.step,
        escalated_at=fact.at,
        alert_version=after.revision,
    )


def _acknowledged(after: RiskAlert, fact: risk.Acknowledged) -> Event:
    return RiskAcknowledged(
        alert_id=after.id,
        patient_id=after.patient_id,
        location_id=after.location_id,
        acknowledged_at=fact.at,
        alert_version=after.revision,
    )


def _closed(after: RiskAlert, fact: risk.Closed) -> Event:
    return RiskClosed(
        alert_id=after.id,
        patient_id=after.patient_id,
        location_id=after.location_id,
        level=fact.level,
        closed_at=fact.at,
        alert_version=after.revision,
    )
