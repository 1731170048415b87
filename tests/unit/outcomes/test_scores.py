"""Baseline, response and remission."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from clinic_outcomes.domain.assignment import AnswerSheet
from clinic_outcomes.domain.instrument import Answers
from clinic_outcomes.domain.score import Change, Comparison, Score, score_of
from clinic_outcomes.domain.treatment import Dose, Treatment
from clinic_platform.testing import NOON
from tests.support.outcomes import PATIENT, PLACE, a_dose, instruments, phq9

PHQ9 = instruments().newest("phq-9")
FORTNIGHT = timedelta(days=14)


def of_total(total: int) -> Answers:
    """Item 9 is answered with a no, so up to 24."""
    return phq9(*[min(3, max(0, total - 3 * n)) for n in range(8)], 0)


def scored(answers: Answers, *doses: Dose, at: datetime = NOON, earlier: list[Score]) -> Score:
    sheet = AnswerSheet(
        id=f"ans_{at:%j}",
        assignment_id="asg_1",
        patient_id=PATIENT,
        location_id=PLACE,
        instrument="phq-9",
        instrument_version=1,
        answers=answers,
        answered_at=at,
    )
    treatment = Treatment(plan=None, doses=doses)
    return score_of(
        sheet,
        id=f"sco_{at:%j}",
        instrument=PHQ9,
        treatment=treatment,
        earlier=earlier,
        window=FORTNIGHT,
    )


def after_dose(total: int, baseline: int, *, weeks: int = 3) -> Comparison:
    before = scored(of_total(baseline), at=NOON - timedelta(days=1), earlier=[])
    at = NOON + timedelta(weeks=weeks)
    comparison = scored(of_total(total), a_dose(), at=at, earlier=[before]).comparison
    assert comparison is not None
    return comparison


@pytest.mark.parametrize(
    ("baseline", "total", "percent", "response", "remission", "change"),
    [
        (20, 10, 50.0, True, False, Change.RESPONSE),
        (20, 11, 45.0, False, False, Change.PARTIAL),
        (9, 5, 44.4, False, False, Change.PARTIAL),
        (9, 4, 55.6, True, True, Change.RESPONSE),
        (20, 16, 20.0, False, False, Change.UNCHANGED),
        (10, 15, -50.0, False, False, Change.UNCHANGED),
        (10, 16, -60.0, False, False, Change.DETERIORATED),
    ],
)
def test_response_is_half_or_more_and_remission_is_below_five(
    baseline: int, total: int, percent: float, response: bool, remission: bool, change: Change
) -> None:
    comparison = after_dose(total, baseline)
    assert (comparison.percent, comparison.response) == (percent, response)
    assert (comparison.remission, comparison.change) == (remission, change)


def test_against_a_baseline_of_zero_there_is_no_percent_and_no_response() -> None:
    comparison = after_dose(3, 0)
    assert (comparison.percent, comparison.response) == (None, None)


def test_the_comparison_names_its_baseline() -> None:
    comparison = after_dose(10, 20)
    assert comparison.baseline_score_id == "sco_006"
    assert comparison.baseline_total == 20


def test_remission_at_five_or_less_is_one_number_in_the_data() -> None:
    course = PHQ9.course
    assert course is not None
    lenient = replace(PHQ9, course=replace(course, remission_below=6))
    assert PHQ9.course != lenient.course
    assert after_dose(5, 20).remission is False


def test_a_score_before_any_dose_is_a_baseline_and_compared_with_nothing() -> None:
    score = scored(of_total(12), earlier=[])
    assert score.is_baseline
    assert score.comparison is None


def test_a_score_from_after_the_first_dose_is_never_a_baseline() -> None:
    week, fortnight = NOON + timedelta(weeks=1), NOON + timedelta(weeks=2)
    later = scored(of_total(20), a_dose(), at=week, earlier=[])
    latest = scored(of_total(4), a_dose(), at=fortnight, earlier=[later])
    assert not later.is_baseline
    assert latest.comparison is None


@pytest.mark.parametrize(("days", "is_used"), [(14, True), (15, False)])
def test_the_baseline_is_at_most_fourteen_days_old_at_the_first_dose(
    days: int, is_used: bool
) -> None:
    before = scored(of_total(20), at=NOON - timedelta(days=days), earlier=[])
    score = scored(of_total(10), a_dose(), at=NOON + timedelta(days=20), earlier=[before])
    assert (score.comparison is not None) is is_used


def test_of_two_baselines_the_last_valid_one_counts() -> None:
    first = scored(of_total(20), at=NOON - timedelta(days=9), earlier=[])
    last = scored(of_total(16), at=NOON - timedelta(days=3), earlier=[])
    void = scored(phq9(3, 3, None, None, None, 0, 0, 0, 0), at=NOON, earlier=[])
    late = NOON + timedelta(days=20)
    score = scored(of_total(8), a_dose(), at=late, earlier=[first, last, void])
    assert score.comparison is not None
    assert score.comparison.baseline_total == 16


def test_a_weekly_score_keeps_how_far_back_it_really_looked() -> None:
    score = scored(of_total(8), a_dose(), at=NOON + timedelta(days=7, hours=3), earlier=[])
    assert (score.recall_days_used, score.overlaps_dosing) == (7, True)


def test_a_score_two_weeks_after_the_last_dose_is_clean() -> None:
    score = scored(of_total(8), a_dose(), at=NOON + timedelta(days=14), earlier=[])
    assert (score.recall_days_used, score.overlaps_dosing) == (14, False)
