"""Which surveys follow is what the protocol names."""

from datetime import timedelta
from typing import Final

import pytest
from structlog.testing import capture_logs

from clinic_events import PlanStarted, SeriesCompleted
from clinic_events.testing import example
from clinic_outcomes.domain.survey_plan import SurveyPlan
from clinic_platform.testing import NOON
from tests.support.outcomes import PATIENT, PLACE, Outcomes, a_completed_session, a_survey_plan

WHO: Final = {"plan_id": "pln_1", "patient_id": PATIENT, "location_id": PLACE}
FIRST: Final = {"id": "first", "instrument": "phq-9", "anchor": "plan_started", "after_hours": 0}
DAILY: Final = {
    "id": "daily",
    "instrument": "mood-nrs",
    "anchor": "session_completed",
    "after_hours": 24,
    "until_next_session": True,
}
LAST: Final = {"id": "last", "instrument": "phq-9", "anchor": "series_completed"}


def brief() -> SurveyPlan:
    """An invented plan of three questions."""
    lines = (FIRST | {"is_baseline": True}, DAILY, LAST | {"after_hours": 336})
    surveys = [line | {"open_for_hours": 24} for line in lines]
    return a_survey_plan(survey_plan="brief-outcomes", version=3, surveys=surveys)


def rules(clinic: Outcomes) -> set[str]:
    return {row.rule for row in clinic.promises.pending()}


async def test_a_plan_a_session_and_a_series_are_followed_by_the_surveys_they_name() -> None:
    clinic = Outcomes(brief())
    planning, named = clinic.handlers.planning, {"surveys": "brief-outcomes"}

    await planning.plan_baseline(example(PlanStarted, **WHO, **named, started_at=NOON))
    assert rules(clinic) == {"brief-outcomes@3/first"}
    session = a_completed_session(at=NOON + timedelta(hours=3), version=5)
    await planning.plan_surveys(session.model_copy(update=named))
    assert rules(clinic) == {"brief-outcomes@3/daily"}, "The baseline ends with the first dose."
    await planning.plan_follow_up(example(SeriesCompleted, **WHO, **named, completed_at=NOON))
    assert rules(clinic) == {"brief-outcomes@3/daily", "brief-outcomes@3/last"}


async def test_the_next_session_ends_the_surveys_of_the_one_before_whatever_it_names() -> None:
    clinic = Outcomes(brief())
    planning, later = clinic.handlers.planning, NOON + timedelta(days=3)
    first = a_completed_session(version=5).model_copy(update={"surveys": "brief-outcomes"})
    await planning.plan_surveys(first)

    await planning.plan_surveys(a_completed_session(2, at=later, version=5))

    assert {rule.partition("@")[0] for rule in rules(clinic)} == {"ketamine-outcomes"}


@pytest.mark.parametrize(("name", "is_reported"), [(None, False), ("no-such-plan", True)])
async def test_without_a_known_name_the_usual_surveys_follow_and_an_unknown_one_is_reported(
    name: str | None, is_reported: bool
) -> None:
    clinic = Outcomes(brief())
    session = a_completed_session(version=5).model_copy(update={"surveys": name})

    with capture_logs() as logs:
        await clinic.handlers.planning.plan_surveys(session)

    assert rules(clinic) == {
        f"ketamine-outcomes@1/{line}" for line in ("mood-24h", "mood-72h", "weekly")
    }
    reported = [log["schedule"] for log in logs if log["event"] == "schedule_unknown"]
    assert reported == ([name] if is_reported else [])
