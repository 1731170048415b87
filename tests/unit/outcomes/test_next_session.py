"""What lasts until the next session hangs on the latest that stands: in whatever order it is heard
which were completed, corrected and voided."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from clinic_events import SessionCompleted, SessionVoided
from clinic_events.testing import example
from clinic_outcomes.domain.survey_plan import survey_key
from clinic_outcomes.domain.treatment import Treatment
from clinic_platform.promises import State
from clinic_platform.testing import NOON
from tests.support.outcomes import (
    PATIENT,
    Outcomes,
    a_completed_session,
    a_dose,
    a_survey_plan,
)

DAY = timedelta(days=1)
SHORT = {
    "id": "short",
    "instrument": "mood-nrs",
    "anchor": "session_completed",
    "after_hours": 48,
    "open_for_hours": 24,
    "until_next_session": True,
}


def completed(number: int, *, version: int = 1, at: datetime | None = None) -> SessionCompleted:
    """Three days after one another."""
    return a_completed_session(number, at=at or NOON + 3 * number * DAY, version=version)


def voided(number: int, *, version: int = 5) -> SessionVoided:
    return example(
        SessionVoided,
        session_id=f"ses_{number}",
        plan_id="pln_1",
        patient_id=PATIENT,
        session_version=version,
    )


async def heard(
    clinic: Outcomes, *events: SessionCompleted | SessionVoided, times: int = 1
) -> None:
    for event in events:
        for _ in range(times):
            if isinstance(event, SessionCompleted):
                await clinic.handlers.planning.plan_surveys(event)
            else:
                await clinic.handlers.planning.withdraw_surveys(event)


def to_come(clinic: Outcomes, survey: str = "weekly") -> list[tuple[str, datetime]]:
    rows = [row for row in clinic.promises.pending() if row.facts.get("survey") == survey]
    return [(row.about, row.due_at) for row in rows]


def names(clinic: Outcomes) -> list[str]:
    return [type(event).__name__ for event in clinic.published]


@pytest.mark.parametrize(
    ("superseded", "key"),
    [
        ([], "survey:ses_1:weekly"),
        (["survey:ses_2:weekly", "survey:ses_1:weekly:2"], "survey:ses_1:weekly"),
        (["survey:ses_1:weekly"], "survey:ses_1:weekly:2"),
        (["survey:ses_1:weekly:2", "survey:ses_1:weekly"], "survey:ses_1:weekly:3"),
    ],
)
def test_a_survey_is_promised_under_its_first_key_that_no_session_has_ended(
    superseded: Sequence[str], key: str
) -> None:
    assert survey_key("ses_1", "weekly", superseded) == key


def test_the_latest_session_of_a_plan_is_the_last_begun_that_was_completed_and_stands() -> None:
    doses = (a_dose(3), a_dose(2, at=NOON + 2 * DAY), a_dose(1, at=NOON + DAY))
    known = Treatment(plan=None, doses=doses)
    assert [dose.session_id for dose in known.completed_in("pln_1")] == ["ses_3", "ses_1", "ses_2"]
    assert [dose.session_id for dose in known.without("ses_2").completed_in("pln_1")] == [
        "ses_3",
        "ses_1",
    ]
    assert known.completed_in("pln_2") == ()


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("order", list(permutations([completed(1), completed(2), voided(2)])))
async def test_without_the_voided_session_the_one_before_is_followed_as_if_it_had_never_been(
    order: Sequence[SessionCompleted | SessionVoided], times: int
) -> None:
    clinic = Outcomes()
    await heard(clinic, *order, times=times)
    assert to_come(clinic) == [("ses_1", NOON + 10 * DAY)]
    await clinic.keep(until=NOON + 60 * DAY)
    assert names(clinic).count("SurveyDue") == 3


@pytest.mark.parametrize(
    "order", list(permutations([completed(1), completed(2), completed(3), voided(3), voided(2)]))
)
async def test_of_several_that_are_voided_the_latest_that_stands_is_followed(
    order: Sequence[SessionCompleted | SessionVoided],
) -> None:
    clinic = Outcomes()
    await heard(clinic, *order)
    assert to_come(clinic) == [("ses_1", NOON + 10 * DAY)]


@pytest.mark.parametrize("order", list(permutations([completed(1), completed(2), voided(1)])))
async def test_a_session_voided_before_the_latest_brings_nothing_back(
    order: Sequence[SessionCompleted | SessionVoided],
) -> None:
    clinic = Outcomes()
    await heard(clinic, *order)
    assert to_come(clinic) == [("ses_2", NOON + 13 * DAY)]


async def test_another_session_in_the_place_of_the_voided_ends_the_one_before_again() -> None:
    clinic = Outcomes()
    await heard(clinic, completed(1), completed(2), voided(2), completed(3))
    assert to_come(clinic) == [("ses_3", NOON + 16 * DAY)]
    await heard(clinic, voided(3))
    assert to_come(clinic) == [("ses_1", NOON + 10 * DAY)]


async def test_a_correction_moves_what_was_brought_back_and_a_voiding_takes_it_again() -> None:
    clinic = Outcomes()
    await heard(clinic, completed(1), completed(2), voided(2))
    await heard(clinic, completed(1, version=2, at=NOON + 4 * DAY))
    assert to_come(clinic) == [("ses_1", NOON + 11 * DAY)]
    await heard(clinic, voided(1))
    assert clinic.promises.pending() == []


@pytest.mark.parametrize(
    "order", list(permutations([completed(1), completed(2), completed(2, version=2, at=NOON)]))
)
async def test_a_correction_that_moves_a_session_before_another_gives_the_other_its_surveys(
    order: Sequence[SessionCompleted],
) -> None:
    clinic = Outcomes()
    await heard(clinic, *order)
    assert to_come(clinic) == [("ses_1", NOON + 10 * DAY)]
    await heard(clinic, completed(2, version=3))
    assert to_come(clinic) == [("ses_2", NOON + 13 * DAY)]


async def test_a_survey_that_waits_for_answers_ends_when_its_session_is_moved_before_another() -> (
    None
):
    clinic = Outcomes()
    await heard(clinic, completed(1), completed(2))
    await clinic.keep(until=NOON + 13 * DAY)
    await heard(clinic, completed(2, version=2, at=NOON))
    ended = [a for a in clinic.assignments.rows.values() if a.survey == "weekly"]
    assert [(a.about, a.status, a.reason) for a in ended] == [("ses_2", "withdrawn", "superseded")]
    assert to_come(clinic) == [("ses_1", NOON + 10 * DAY)]


async def test_what_was_asked_before_the_next_session_is_not_asked_again_after_its_voiding() -> (
    None
):
    clinic = Outcomes()
    await heard(clinic, completed(1))
    await clinic.keep(until=NOON + 10 * DAY)
    await heard(clinic, completed(2, at=NOON + 10 * DAY), voided(2))
    assert clinic.promises.rows["survey:ses_1:weekly"].state is not State.PENDING
    assert to_come(clinic) == []
    assert names(clinic).count("SurveyDue") == 3


async def test_the_session_before_is_followed_by_the_surveys_that_it_named() -> None:
    other = a_survey_plan(survey_plan="short-outcomes", surveys=[SHORT])
    clinic = Outcomes(other)
    first = completed(1).model_copy(update={"surveys": "short-outcomes"})
    await heard(clinic, first, completed(2), voided(2))
    assert to_come(clinic, "short") == [("ses_1", NOON + 5 * DAY)]
    assert to_come(clinic) == []


async def test_a_session_of_another_plan_is_left_as_it_is() -> None:
    clinic = Outcomes()
    other = completed(2).model_copy(update={"plan_id": "pln_2"})
    await heard(clinic, completed(1), other, voided(2).model_copy(update={"plan_id": "pln_2"}))
    assert to_come(clinic) == [("ses_1", NOON + 10 * DAY)]
    assert list(clinic.promises.rows).count("survey:ses_1:weekly:2") == 0
