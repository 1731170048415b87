"""The arrows of assignments and alerts: what is not drawn cannot happen."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from clinic_outcomes.domain import assignment as surveys
from clinic_outcomes.domain import risk_alert as risk
from clinic_outcomes.domain.assignment import Assignment, Status
from clinic_outcomes.domain.errors import FollowUpHasPassed, NotAllowed, SurveyNotFound
from clinic_outcomes.domain.risk_alert import Evidence, Level, RaisedAgain, RiskAlert
from clinic_platform.testing import NOON
from tests.support.outcomes import PATIENT, PLACE, an_assignment, risk_policy

SURVEY_DECISIONS: Mapping[Status, Callable[[Assignment], surveys.Fact]] = {
    Status.OPEN: lambda a: a.save_draft({"1": 1}),
    Status.ANSWERED: lambda a: a.answer(now=NOON),
    Status.EXPIRED: lambda a: a.expire(now=NOON),
    Status.WITHDRAWN: lambda a: a.withdraw("session_voided", now=NOON),
}


def evidence(value: int = 1, *, assignment_id: str = "asg_1") -> Evidence:
    return Evidence(source="phq-9/9", value=value, assignment_id=assignment_id, at=NOON)


def an_alert(*facts: risk.Fact) -> RiskAlert:
    alert = RiskAlert.raised(
        id="alr_1",
        patient_id=PATIENT,
        location_id=PLACE,
        evidence=evidence(),
        policy=risk_policy(),
    )
    for fact in facts:
        alert = alert.after(fact)
    return alert


def close(alert: RiskAlert, *, days: int = 2) -> risk.Closed:
    day = (NOON + timedelta(days=days)).date()
    return alert.close(Level.LOW, rationale="Invented.", follow_up_on=day, by="usr_1", now=NOON)


@pytest.mark.parametrize(("now", "then"), list(product(Status, SURVEY_DECISIONS)))
def test_an_assignment_moves_only_along_its_arrows(now: Status, then: Status) -> None:
    assignment = replace(an_assignment(), status=now)
    if then in surveys.ARROWS[now]:
        assert assignment.after(SURVEY_DECISIONS[then](assignment)).status is then
    else:
        with pytest.raises(NotAllowed):
            SURVEY_DECISIONS[then](assignment)


@pytest.mark.parametrize("status", [Status.ANSWERED, Status.EXPIRED, Status.WITHDRAWN])
def test_a_used_link_looks_like_one_that_never_was(status: Status) -> None:
    with pytest.raises(SurveyNotFound):
        replace(an_assignment(), status=status).begin_sitting("print", now=NOON)


def test_a_link_ends_at_its_time_even_before_anybody_noted_it() -> None:
    assignment = an_assignment()
    with pytest.raises(SurveyNotFound):
        assignment.begin_sitting("print", now=assignment.expires_at)


def test_a_sitting_never_outlasts_the_survey() -> None:
    assignment = an_assignment()
    late = assignment.expires_at - timedelta(minutes=5)
    assert assignment.begin_sitting("print", now=late).until == assignment.expires_at


def test_a_new_alert_is_unassessed_and_waits_fifteen_minutes() -> None:
    alert = an_alert()
    assert alert.level == "unassessed"
    assert alert.acknowledge_by == NOON + timedelta(minutes=15)


def test_an_open_alert_cannot_be_closed_before_somebody_acknowledged_it() -> None:
    with pytest.raises(NotAllowed, match="open cannot become closed"):
        close(an_alert())


def test_a_closed_alert_has_a_clinicians_level_and_takes_no_more_notes() -> None:
    acknowledged = an_alert(risk.Acknowledged("usr_1", NOON))
    closed = acknowledged.after(close(acknowledged))
    assert closed.level == Level.LOW
    with pytest.raises(NotAllowed):
        closed.note("usr_1", "Invented.", now=NOON)


def test_a_follow_up_lies_ahead() -> None:
    with pytest.raises(FollowUpHasPassed):
        close(an_alert(risk.Acknowledged("usr_1", NOON)), days=-2)


def test_the_same_answer_again_adds_nothing() -> None:
    assert an_alert().add_evidence(evidence(1), policy=risk_policy()) is None


def test_as_bad_an_answer_in_another_survey_attaches() -> None:
    other = evidence(1, assignment_id="asg_2")
    assert an_alert().add_evidence(other, policy=risk_policy()) == risk.Attached(other)


def test_a_worse_answer_raises_an_acknowledged_alert_again() -> None:
    alert = an_alert(risk.Acknowledged("usr_1", NOON))
    added = alert.add_evidence(evidence(3), policy=risk_policy())
    assert isinstance(added, RaisedAgain)
    again = alert.after(added)
    assert (again.status, again.acknowledged, again.round) == (risk.Status.OPEN, None, 2)


def test_an_acknowledged_alert_does_not_escalate() -> None:
    assert an_alert(risk.Acknowledged("usr_1", NOON)).escalate(1, now=NOON) is None


def test_a_step_is_taken_once() -> None:
    assert an_alert(risk.Escalated(1, NOON)).escalate(1, now=NOON) is None
