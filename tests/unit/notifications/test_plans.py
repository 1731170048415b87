"""What follows from an event is one set of letters, however often and in what order it comes."""

from datetime import timedelta
from typing import Final

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from clinic_events import (
    RiskAcknowledged,
    RiskEscalated,
    RiskRaised,
    SessionBooked,
    SessionCancelled,
    SessionCompleted,
    SessionRescheduled,
    SessionVoided,
    SurveyAnswered,
    SurveyDue,
)
from clinic_events.testing import example
from clinic_notifications.domain.plans import BadPlan, LetterPlan
from clinic_platform.promises import State
from clinic_platform.testing import NOON
from tests.support.notifications import LOCATION, PATIENT, Office

WHO = {"patient_id": PATIENT, "location_id": LOCATION}


def completed(version: int, *, hours: int = 0) -> SessionCompleted:
    at = NOON + timedelta(hours=hours)
    return example(
        SessionCompleted, **WHO, session_id="ses_1", session_version=version, completed_at=at
    )


def voided(version: int) -> SessionVoided:
    return example(SessionVoided, **WHO, session_id="ses_1", session_version=version)


def booked(version: int, *, days: int) -> SessionBooked:
    starts_at = NOON + timedelta(days=days)
    return example(
        SessionBooked, **WHO, session_id="ses_1", session_version=version, starts_at=starts_at
    )


def moved(version: int, *, days: int) -> SessionRescheduled:
    starts_at = NOON + timedelta(days=days)
    return example(
        SessionRescheduled, **WHO, session_id="ses_1", session_version=version, starts_at=starts_at
    )


def survey_due(version: int = 1) -> SurveyDue:
    return example(
        SurveyDue,
        **WHO,
        assignment_id="asg_1",
        due_at=NOON,
        expires_at=NOON + timedelta(days=3),
        assignment_version=version,
    )


async def test_a_completed_session_promises_the_letters_of_the_plan() -> None:
    office = Office()

    await office.handlers.planning.plan_integration(completed(5))

    hours = {row.key: (row.due_at - NOON) / timedelta(hours=1) for row in office.pending()}
    assert hours == {
        "ses_1/safety-ping": 4,
        "ses_1/journal-1": 16,
        "ses_1/integration-invitation": 24,
        "ses_1/journal-2": 48,
        "ses_1/journal-3": 72,
        "ses_1/practice": 168,
    }
    assert all(row.useful_until > row.due_at for row in office.pending())
    assert office.pending()[0].rule == "integration-plan@1/safety-ping"


SHORT: Final = LetterPlan.parse(
    {
        "plan": "short-integration",
        "version": 2,
        "lines": [
            {
                "id": "ping",
                "at": "2h",
                "until": "4h",
                "template": "check-in",
                "category": "check_in",
                "quiet_hours": "ignore",
                "source": "invented",
            }
        ],
    }
)


async def test_the_letters_that_follow_are_those_of_the_plan_that_the_session_names() -> None:
    office = Office(also=[SHORT])

    for version, name in ((5, "short-integration"), (6, None)):
        session = completed(version).model_copy(update={"integration": name})
        await office.handlers.planning.plan_integration(session)
        rules = {row.rule.partition("/")[0] for row in office.pending()}
        assert rules == {"short-integration@2" if name else "integration-plan@1"}


async def test_of_an_unknown_plan_the_usual_letters_follow_and_it_is_reported() -> None:
    office, before = Office(also=[SHORT]), unknown()
    session = completed(5).model_copy(update={"integration": "no-such-plan"})

    with capture_logs() as logs:
        await office.handlers.planning.plan_integration(session)

    assert "ses_1/safety-ping" in {row.key for row in office.pending()}
    [log] = [log for log in logs if log["event"] == "schedule_unknown"]
    assert (log["schedule"], log["log_level"]) == ("no-such-plan", "error")
    assert unknown() == before + 1


def unknown() -> float:
    """The metric's value."""
    return REGISTRY.get_sample_value("schedules_unknown_total") or 0.0


async def test_a_session_received_twice_leaves_one_set() -> None:
    office = Office()

    for _ in range(2):
        await office.handlers.planning.plan_integration(completed(5))

    assert len(office.promises.rows) == 6


async def test_a_corrected_session_moves_its_letters() -> None:
    office = Office()
    await office.handlers.planning.plan_integration(completed(5))

    await office.handlers.planning.plan_integration(completed(6, hours=1))

    assert len(office.pending()) == 6
    assert office.pending()[0].due_at == NOON + timedelta(hours=5)


async def test_an_older_version_received_later_moves_nothing() -> None:
    office = Office()
    await office.handlers.planning.plan_integration(completed(6, hours=1))

    await office.handlers.planning.plan_integration(completed(5))

    assert office.pending()[0].due_at == NOON + timedelta(hours=5)


async def test_a_voided_session_takes_its_letters_back() -> None:
    office = Office()
    await office.handlers.planning.plan_integration(completed(5))

    await office.handlers.planning.withdraw_integration(voided(6))

    assert office.pending() == []
    assert {row.reason for row in office.promises.rows.values()} == {"session_voided"}


async def test_a_session_received_after_it_was_voided_promises_nothing() -> None:
    office = Office()
    await office.handlers.planning.withdraw_integration(voided(6))

    await office.handlers.planning.plan_integration(completed(5))

    assert office.promises.rows == {}


async def test_a_moved_session_has_the_reminders_of_its_new_start_only() -> None:
    office = Office()
    await office.handlers.planning.plan_reminders(booked(1, days=7))

    await office.handlers.planning.plan_reminders(moved(2, days=9))

    assert [row.due_at for row in office.pending()] == [
        NOON + timedelta(days=7),
        NOON + timedelta(days=8),
    ]
    assert office.pending()[-1].useful_until == NOON + timedelta(days=9)


async def test_a_session_moved_there_and_back_is_reminded_of_all_the_same() -> None:
    office = Office()
    planning = office.handlers.planning
    await planning.plan_reminders(booked(1, days=7))
    await planning.plan_reminders(moved(2, days=9))

    await planning.plan_reminders(moved(3, days=7))

    assert [row.due_at for row in office.pending()] == [
        NOON + timedelta(days=5),
        NOON + timedelta(days=6),
    ]


async def test_a_cancelled_session_is_not_reminded_of() -> None:
    office = Office()
    await office.handlers.planning.plan_reminders(booked(1, days=7))
    cancelled = example(SessionCancelled, **WHO, session_id="ses_1", session_version=2)

    await office.handlers.planning.withdraw_reminders(cancelled)

    assert {(row.state, row.reason) for row in office.promises.rows.values()} == {
        (State.WITHDRAWN, "session_cancelled")
    }


async def test_a_survey_invites_and_reminds_once_until_it_expires() -> None:
    office = Office()

    await office.handlers.planning.invite_to_survey(survey_due())

    assert [(row.key, row.due_at) for row in office.pending()] == [
        ("asg_1/invitation", NOON),
        ("asg_1/reminder", NOON + timedelta(days=1)),
    ]
    assert {row.useful_until for row in office.pending()} == {NOON + timedelta(days=3)}


async def test_an_answered_survey_is_not_written_about_and_its_secret_is_forgotten() -> None:
    office = Office()
    await office.handlers.planning.invite_to_survey(survey_due())
    answered = example(SurveyAnswered, **WHO, assignment_id="asg_1", assignment_version=2)

    await office.handlers.planning.end_survey(answered)

    survey = office.surveys.rows["asg_1"]
    assert office.pending() == []
    assert (survey.is_open, survey.sealed_secret) == (False, None)


async def test_an_escalation_replaces_an_alert_that_has_not_gone_out() -> None:
    office = Office()
    alert = {**WHO, "alert_id": "alr_1"}
    await office.handlers.planning.alert_on_call(example(RiskRaised, **alert, alert_version=1))

    escalated = example(RiskEscalated, **alert, alert_version=2, step=1)
    await office.handlers.planning.alert_again(escalated)

    assert [row.key for row in office.pending()] == ["alr_1/escalated/1/v2"]


async def test_nobody_is_alerted_about_what_somebody_has_taken() -> None:
    office = Office()
    alert = {**WHO, "alert_id": "alr_1"}
    await office.handlers.planning.alert_on_call(example(RiskRaised, **alert, alert_version=1))

    taken = example(RiskAcknowledged, **alert, alert_version=2)
    await office.handlers.planning.stop_alerting(taken)

    assert office.pending() == []


GOOD = {
    "id": "a",
    "at": "4h",
    "until": "6h",
    "template": "t",
    "category": "c",
    "quiet_hours": "wait",
    "source": "clinic default",
}


@pytest.mark.parametrize(
    "line",
    [{**GOOD, "at": "4 hours"}, {**GOOD, "quiet_hours": "yes"}, {**GOOD, "source": ""}, "4h"],
)
def test_a_line_that_is_not_clear_is_refused(line: object) -> None:
    with pytest.raises(BadPlan):
        LetterPlan.parse({"plan": "p", "version": 1, "lines": [line]})


def test_two_lines_of_one_name_are_refused() -> None:
    with pytest.raises(BadPlan):
        LetterPlan.parse({"plan": "p", "version": 1, "lines": [GOOD, GOOD]})
