"""Scoring, by the instruments as they ship."""

from datetime import timedelta

import pytest

from clinic_outcomes.domain.documents import BadDefinition
from clinic_outcomes.domain.errors import BadAnswers
from clinic_outcomes.domain.instrument import Alarm, Instrument, Instruments, Screening
from clinic_outcomes.domain.survey_plan import (
    PlansDisagree,
    RecallReachesBeforeDose,
    SurveyPlan,
    check_together,
)
from clinic_platform.data import load
from tests.support.outcomes import VECTOR, a_survey_plan, instruments, phq9

PHQ9 = instruments().newest("phq-9")
MOOD = instruments().newest("mood-nrs")


def test_the_published_vector_scores_nine_and_mild_with_item_nine_positive() -> None:
    scoring = PHQ9.score(VECTOR)
    assert (scoring.total, scoring.band, scoring.missing) == (9, "mild", 0)
    assert scoring.screening is Screening.POSITIVE
    assert PHQ9.alarms(VECTOR) == (Alarm(source="phq-9/9", value=1),)


@pytest.mark.parametrize(
    ("total", "band"),
    [
        (0, "minimal"),
        (4, "minimal"),
        (5, "mild"),
        (9, "mild"),
        (10, "moderate"),
        (14, "moderate"),
        (15, "moderately_severe"),
        (19, "moderately_severe"),
        (20, "severe"),
        (27, "severe"),
    ],
)
def test_the_bands_of_the_phq9_begin_and_end_where_published(total: int, band: str) -> None:
    values = [min(3, max(0, total - 3 * n)) for n in range(9)]
    assert PHQ9.score(phq9(*values)).band == band


def test_two_missing_answers_are_filled_with_the_mean_rounded_half_up_and_flagged() -> None:
    scoring = PHQ9.score(phq9(1, 1, 1, 1, 1, 0, None, None, 0))  # 5 of 7 answered: 6.43
    assert (scoring.total, scoring.missing, scoring.is_prorated) == (6, 2, True)
    half = PHQ9.score(phq9(1, 1, 1, 1, 0, 0, 0, None, 0))  # 4 of 8 answered: 4.5
    assert half.total == 5


def test_three_missing_answers_make_no_score() -> None:
    scoring = PHQ9.score(phq9(3, 3, 3, 3, 3, None, None, None, 0))
    assert (scoring.total, scoring.band, scoring.is_prorated) == (None, None, False)


def test_a_missing_item_nine_is_never_filled_in_and_counts_as_not_screened() -> None:
    scoring = PHQ9.score(phq9(1, 1, 1, 1, 1, 1, 1, 1, None))
    assert scoring.total is None
    assert scoring.screening is Screening.NOT_SCREENED


def test_item_nine_is_heeded_when_all_else_is_missing() -> None:
    assert PHQ9.alarms({"9": 2}) == (Alarm(source="phq-9/9", value=2),)


def test_how_hard_it_is_to_cope_is_asked_but_not_scored() -> None:
    assert PHQ9.score({**VECTOR, "difficulty": 3}).total == 9
    assert PHQ9.score({**VECTOR, "difficulty": None}).missing == 0


def test_a_mood_rating_screens_for_nothing() -> None:
    scoring = MOOD.score({"mood": 7})
    assert (scoring.total, scoring.band) == (7, "good")
    assert scoring.screening is Screening.NOT_ASKED


def test_answers_that_do_not_belong_are_refused_by_pointer_and_without_value() -> None:
    with pytest.raises(BadAnswers) as refused:
        PHQ9.check({"1": 4, "10": 0, "2": 3})
    assert [error["pointer"] for error in refused.value.errors] == ["/answers/1", "/answers/10"]


def test_every_item_of_the_phq9_has_its_loinc_code_and_the_attribution_ships() -> None:
    assert [item.loinc for item in PHQ9.items[:9]] == [
        "44250-9",
        "44255-8",
        "44259-0",
        "44254-1",
        "44251-7",
        "44258-2",
        "44252-5",
        "44253-3",
        "44260-8",
    ]
    assert (PHQ9.loinc_panel, PHQ9.loinc_total) == ("44249-1", "44261-6")
    assert "No permission required" in PHQ9.attribution


def test_bands_with_a_gap_are_refused() -> None:
    document = load("clinic_outcomes", "instruments/phq-9.yaml")
    document["bands"] = document["bands"][1:]
    with pytest.raises(BadDefinition, match="bands must cover 0 to 27"):
        Instrument.parse(document)


def test_a_field_of_the_wrong_kind_is_named() -> None:
    document = load("clinic_outcomes", "instruments/mood-nrs.yaml")
    document["recall"] = {"hours": "a day"}
    with pytest.raises(BadDefinition, match="mood-nrs/recall: hours must be a int"):
        Instrument.parse(document)


def a_plan_with(**line: object) -> SurveyPlan:
    shipped = load("clinic_outcomes", "survey-plans/ketamine-outcomes.yaml")["surveys"]
    defaults = {"id": "extra", "anchor": "session_completed", "open_for_hours": 24}
    return a_survey_plan(surveys=[*shipped, {**defaults, **line}])


def test_a_phq9_a_day_after_a_dose_is_refused_even_if_labelled() -> None:
    with pytest.raises(RecallReachesBeforeDose):
        a_plan_with(instrument="phq-9", after_hours=24, overlaps_dosing=True)


def test_a_weekly_phq9_needs_the_label_that_it_overlaps_dosing() -> None:
    with pytest.raises(RecallReachesBeforeDose):
        a_plan_with(instrument="phq-9", after_hours=168)
    assert a_plan_with(instrument="phq-9", after_hours=168, overlaps_dosing=True)


def test_an_instrument_nobody_knows_is_refused() -> None:
    with pytest.raises(BadDefinition, match="there is no phq-10"):
        a_plan_with(instrument="phq-10", after_hours=400)


def test_two_surveys_of_one_name_are_refused() -> None:
    with pytest.raises(BadDefinition, match="id of its own"):
        a_plan_with(id="weekly", instrument="mood-nrs", after_hours=24)


def test_survey_plans_that_mean_different_things_by_one_id_are_refused() -> None:
    line = {"id": "weekly", "instrument": "mood-nrs", "anchor": "session_completed"}
    hours = {"after_hours": 24, "open_for_hours": 24}
    other = a_survey_plan(survey_plan="other", surveys=[{**line, **hours}])
    with pytest.raises(PlansDisagree, match="other/weekly"):
        check_together([a_survey_plan(), other])


def test_survey_plans_of_two_baseline_windows_are_refused() -> None:
    other = a_survey_plan(survey_plan="other", baseline={"window_hours": 24})
    with pytest.raises(PlansDisagree, match="survey-plans/baseline"):
        check_together([a_survey_plan(), other])
    check_together([a_survey_plan(), a_survey_plan(survey_plan="other")])


def test_the_plan_as_shipped_measures_the_baseline_over_fourteen_days() -> None:
    assert a_survey_plan().baseline_window == timedelta(days=14)


def test_a_new_version_of_an_instrument_leaves_the_old_one_readable() -> None:
    document = load("clinic_outcomes", "instruments/phq-9.yaml")
    both = Instruments((PHQ9, Instrument.parse({**document, "version": 2})))
    assert both.newest("phq-9").version == 2
    assert both.get("phq-9", 1) is PHQ9
