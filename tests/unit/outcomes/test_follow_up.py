"""What follows a whole series: begun when it is over, and taken back when it was not."""

from datetime import timedelta

from clinic_events import SeriesCompleted, SessionVoided
from clinic_events.testing import example
from clinic_platform.testing import NOON
from tests.support.outcomes import PATIENT, PLACE, Outcomes

DAY = timedelta(days=1)
AFTER = ["end-12w", "end-14d", "end-26w", "end-6w"]


def over(plan_version: int | None, *, days: int = 0) -> SeriesCompleted:
    return example(
        SeriesCompleted,
        plan_id="pln_1",
        patient_id=PATIENT,
        location_id=PLACE,
        completed_at=NOON + days * DAY,
        plan_version=plan_version,
    )


def voided(*, version: int = 9) -> SessionVoided:
    return example(
        SessionVoided,
        session_id="ses_6",
        plan_id="pln_1",
        patient_id=PATIENT,
        session_version=version,
    )


def pending(clinic: Outcomes) -> list[str]:
    return sorted(str(row.facts["survey"]) for row in clinic.promises.pending())


async def test_a_session_that_is_voided_takes_back_what_the_end_of_its_series_began() -> None:
    clinic = Outcomes()
    await clinic.handlers.planning.plan_follow_up(over(7))
    assert pending(clinic) == AFTER
    await clinic.keep(until=NOON + 15 * DAY)
    await clinic.handlers.planning.withdraw_surveys(voided())
    assert pending(clinic) == []
    assert [type(event).__name__ for event in clinic.published] == ["SurveyDue", "SurveyWithdrawn"]


async def test_a_series_that_is_over_again_is_followed_from_its_new_end() -> None:
    clinic = Outcomes()
    await clinic.handlers.planning.plan_follow_up(over(7))
    await clinic.handlers.planning.withdraw_surveys(voided())
    for _ in range(2):
        await clinic.handlers.planning.plan_follow_up(over(9, days=5))
    assert pending(clinic) == AFTER
    assert min(row.due_at for row in clinic.promises.pending()) == NOON + 19 * DAY


async def test_a_series_published_before_plans_had_versions_is_followed_and_taken_back() -> None:
    clinic = Outcomes()
    await clinic.handlers.planning.plan_follow_up(over(None))
    assert pending(clinic) == AFTER
    await clinic.handlers.planning.withdraw_surveys(voided())
    await clinic.handlers.planning.plan_follow_up(over(9))
    assert pending(clinic) == AFTER


async def test_the_end_of_another_plan_of_the_patient_stays_as_it_is() -> None:
    clinic = Outcomes()
    await clinic.handlers.planning.plan_follow_up(over(7))
    other = voided().model_copy(update={"plan_id": "pln_2"})
    await clinic.handlers.planning.withdraw_surveys(other)
    assert pending(clinic) == AFTER
