"""What the service does, seen through its handlers."""

from datetime import timedelta

import pytest

from clinic_events import (
    DosingStarted,
    LocationPublished,
    PlanStarted,
    RiskAcknowledged,
    RiskClosed,
    RiskEscalated,
    RiskRaised,
    ScoreRecorded,
    SessionVoided,
    SurveyAnswered,
    SurveyDue,
    SurveyExpired,
    SurveyWithdrawn,
)
from clinic_events.testing import example
from clinic_outcomes.domain.errors import AlertNotFound, SurveyNotFound
from clinic_outcomes.domain.risk_alert import Level
from clinic_platform.promises import State
from clinic_platform.testing import NOON, caller_of
from tests.support.outcomes import (
    CALM,
    CRISIS,
    KEYS,
    PATIENT,
    PLACE,
    VECTOR,
    Outcomes,
    a_completed_session,
)

DAY = timedelta(days=1)
NURSE = caller_of("nurse", PLACE)


def a_voided_session(*, version: int) -> SessionVoided:
    return example(SessionVoided, session_id="ses_1", patient_id=PATIENT, session_version=version)


def a_plan() -> PlanStarted:
    fields = {"plan_id": "pln_1", "patient_id": PATIENT, "location_id": PLACE, "started_at": NOON}
    return example(PlanStarted, **fields)


async def opened(clinic: Outcomes) -> str:
    """The credential of a sitting at the baseline survey, opened by its link."""
    await clinic.handlers.planning.plan_baseline(a_plan())
    await clinic.keep(until=NOON)
    return (await clinic.handlers.surveys.begin_sitting(secret_in(clinic))).credential


def secret_in(clinic: Outcomes) -> str:
    [due] = [event for event in clinic.published if isinstance(event, SurveyDue)]
    return KEYS.open(due.sealed_secret, about=due.patient_id).decode()


def names(clinic: Outcomes) -> list[str]:
    return [type(event).__name__ for event in clinic.published]


async def test_a_completed_session_promises_two_moods_and_a_weekly_survey() -> None:
    clinic = Outcomes()
    await clinic.handlers.planning.plan_surveys(a_completed_session())
    assert {row.key: row.due_at - NOON for row in clinic.promises.pending()} == {
        "survey:ses_1:mood-24h": DAY,
        "survey:ses_1:mood-72h": 3 * DAY,
        "survey:ses_1:weekly": 7 * DAY,
    }


async def test_a_session_received_twice_makes_one_set_of_surveys() -> None:
    clinic = Outcomes()
    for _ in range(2):
        await clinic.handlers.planning.plan_surveys(a_completed_session())
        await clinic.keep(until=NOON + 30 * DAY)
    assert names(clinic).count("SurveyDue") == 3


async def test_a_corrected_session_moves_what_is_still_to_come() -> None:
    clinic = Outcomes()
    await clinic.handlers.planning.plan_surveys(a_completed_session(version=2))
    corrected = a_completed_session(at=NOON + timedelta(hours=1), version=3)
    await clinic.handlers.planning.plan_surveys(corrected)
    await clinic.handlers.planning.plan_surveys(a_completed_session(version=2))
    due = {row.key: row.due_at for row in clinic.promises.pending()}
    assert due["survey:ses_1:mood-24h"] == NOON + timedelta(hours=25)
    assert len(due) == 3


async def test_a_correction_asks_nothing_again_that_was_asked() -> None:
    clinic = Outcomes()
    await clinic.handlers.planning.plan_surveys(a_completed_session(version=2))
    await clinic.keep(until=NOON + DAY)
    for _ in range(2):
        corrected = a_completed_session(at=NOON + timedelta(hours=1), version=3)
        await clinic.handlers.planning.plan_surveys(corrected)
    await clinic.keep(until=NOON + 30 * DAY)
    assert names(clinic).count("SurveyDue") == 3


async def test_a_voided_session_takes_back_promises_and_open_surveys_once() -> None:
    clinic = Outcomes()
    await clinic.handlers.planning.plan_surveys(a_completed_session(version=5))
    await clinic.keep(until=NOON + DAY)
    for _ in range(2):
        await clinic.handlers.planning.withdraw_surveys(a_voided_session(version=6))
    assert clinic.promises.pending() == []
    assert names(clinic) == ["SurveyDue", "SurveyWithdrawn"]


async def test_a_session_that_arrives_after_its_voiding_plans_nothing() -> None:
    clinic = Outcomes()
    await clinic.handlers.planning.withdraw_surveys(a_voided_session(version=6))
    await clinic.handlers.planning.plan_surveys(a_completed_session(version=5))
    assert clinic.promises.pending() == []
    assert (await clinic.treatments.of_patient(PATIENT)).doses == ()


async def test_the_next_session_takes_the_place_of_the_weekly_survey_before() -> None:
    clinic = Outcomes()
    await clinic.handlers.planning.plan_surveys(a_completed_session(1))
    await clinic.handlers.planning.plan_surveys(a_completed_session(2, at=NOON + 3 * DAY))
    rows = clinic.promises.rows
    assert rows["survey:ses_1:weekly"].state is State.WITHDRAWN
    assert rows["survey:ses_1:mood-72h"].state is State.PENDING
    assert rows["survey:ses_2:weekly"].state is State.PENDING


async def test_of_two_sessions_received_in_the_wrong_order_only_the_later_asks_weekly() -> None:
    clinic = Outcomes()
    await clinic.handlers.planning.plan_surveys(a_completed_session(2, at=NOON + 3 * DAY))
    await clinic.handlers.planning.plan_surveys(a_completed_session(1))
    weekly = [row.key for row in clinic.promises.pending() if "weekly" in row.key]
    assert weekly == ["survey:ses_2:weekly"]


async def test_a_plan_asks_for_a_baseline_at_once_through_a_sealed_link() -> None:
    clinic = Outcomes()
    await opened(clinic)
    [assignment] = clinic.assignments.rows.values()
    assert assignment.is_baseline
    assert secret_in(clinic) not in repr(assignment)


async def test_the_first_dose_ends_an_unanswered_baseline() -> None:
    clinic = Outcomes()
    await opened(clinic)
    dosing = example(DosingStarted, patient_id=PATIENT, started_at=NOON + DAY)
    await clinic.handlers.planning.note_dose(dosing)
    assert isinstance(clinic.published[-1], SurveyWithdrawn)


async def test_a_survey_nobody_answers_expires() -> None:
    clinic = Outcomes()
    await opened(clinic)
    await clinic.keep(until=NOON + 15 * DAY)
    assert isinstance(clinic.published[-1], SurveyExpired)


async def test_answers_are_scored_and_published_and_no_expiry_is_left() -> None:
    clinic = Outcomes()
    credential = await opened(clinic)
    receipt = await clinic.handlers.surveys.answer(credential, CALM)
    assert receipt.crisis is None
    assert [type(event) for event in clinic.published[1:]] == [SurveyAnswered, ScoreRecorded]
    assert clinic.promises.pending() == []


async def test_answered_twice_the_first_answers_stand_and_the_receipt_is_the_same() -> None:
    clinic = Outcomes()
    credential = await opened(clinic)
    first = await clinic.handlers.surveys.answer(credential, VECTOR)
    again = await clinic.handlers.surveys.answer(credential, CALM)
    assert first == again
    [sheet] = clinic.sheets.rows.values()
    assert sheet.answers == VECTOR


async def test_a_used_link_opens_nothing() -> None:
    clinic = Outcomes()
    await clinic.handlers.surveys.answer(await opened(clinic), CALM)
    with pytest.raises(SurveyNotFound):
        await clinic.handlers.surveys.begin_sitting(secret_in(clinic))


async def test_opening_the_link_again_resumes_and_ends_the_sitting_before() -> None:
    clinic = Outcomes()
    before = await opened(clinic)
    await clinic.handlers.surveys.save_draft(before, {"1": 2})
    now = await clinic.handlers.surveys.begin_sitting(secret_in(clinic))
    assert now.assignment.draft == {"1": 2}
    with pytest.raises(SurveyNotFound):
        await clinic.handlers.surveys.sitting(before)


async def test_a_credential_ends_after_half_an_hour() -> None:
    clinic = Outcomes()
    credential = await opened(clinic)
    clinic.clock.move_to(NOON + timedelta(minutes=30))
    with pytest.raises(SurveyNotFound):
        await clinic.handlers.surveys.sitting(credential)


async def test_item_nine_raises_an_alert_and_shows_the_words_of_the_place() -> None:
    clinic = Outcomes()
    words = {"text": "Words of the sample clinic.", "phone": "555-0142"}
    published = example(LocationPublished, location_id=PLACE, crisis=words)
    await clinic.handlers.planning.keep_place(published)
    receipt = await clinic.handlers.surveys.answer(await opened(clinic), VECTOR)
    assert receipt.crisis is not None
    assert receipt.crisis.phone == "555-0142"
    [raised] = [event for event in clinic.published if isinstance(event, RiskRaised)]
    assert (raised.level, raised.source) == ("unassessed", "phq-9/9")


async def test_item_nine_in_a_draft_raises_the_alert_at_once_and_only_once() -> None:
    clinic = Outcomes()
    credential = await opened(clinic)
    for _ in range(2):
        assert await clinic.handlers.surveys.save_draft(credential, {"9": 1}) == CRISIS
    await clinic.handlers.surveys.answer(credential, VECTOR)
    assert names(clinic).count("RiskRaised") == 1


async def test_a_worse_answer_raises_the_same_alert_again() -> None:
    clinic = Outcomes()
    credential = await opened(clinic)
    await clinic.handlers.surveys.save_draft(credential, {"9": 1})
    await clinic.handlers.surveys.save_draft(credential, {"9": 3})
    first, second = (event for event in clinic.published if isinstance(event, RiskRaised))
    assert first.alert_id == second.alert_id
    assert (first.alert_version, second.alert_version) == (1, 2)


async def test_an_alert_nobody_acknowledges_escalates_every_quarter_of_an_hour_and_stays_open() -> (
    None
):
    clinic = Outcomes()
    await clinic.handlers.surveys.answer(await opened(clinic), VECTOR)
    await clinic.keep(until=NOON + 2 * DAY)
    steps = [event for event in clinic.published if isinstance(event, RiskEscalated)]
    assert [(e.step, e.escalated_at - NOON) for e in steps] == [
        (n, timedelta(minutes=15 * n)) for n in (1, 2, 3, 4)
    ]
    [alert] = clinic.alerts.rows.values()
    assert alert.status == "open"


async def test_an_acknowledged_alert_is_chased_no_more_and_closed_by_a_clinician() -> None:
    clinic = Outcomes()
    await clinic.handlers.surveys.answer(await opened(clinic), VECTOR)
    [alert] = clinic.alerts.rows
    for _ in range(2):
        await clinic.handlers.risk.acknowledge(alert, by=NURSE)
    await clinic.keep(until=NOON + DAY)
    await clinic.handlers.risk.close(
        alert, Level.LOW, rationale="Invented.", follow_up_on=(NOON + 2 * DAY).date(), by=NURSE
    )
    assert [type(event) for event in clinic.published[-2:]] == [RiskAcknowledged, RiskClosed]
    assert "RiskEscalated" not in names(clinic)


async def test_an_alert_of_another_place_is_not_there() -> None:
    clinic = Outcomes()
    await clinic.handlers.surveys.answer(await opened(clinic), VECTOR)
    [alert] = clinic.alerts.rows
    with pytest.raises(AlertNotFound):
        await clinic.handlers.risk.acknowledge(alert, by=caller_of("nurse", "loc_elsewhere"))


async def test_a_missing_item_nine_publishes_no_score_but_keeps_that_nobody_was_screened() -> None:
    clinic = Outcomes()
    await clinic.handlers.surveys.answer(await opened(clinic), {**CALM, "9": None})
    [score] = clinic.scores.rows.values()
    assert score.scoring.screening == "not_screened"
    assert "ScoreRecorded" not in names(clinic)
