"""The grade by number follows from the readings, and never takes from what a person has noted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clinic_platform.data import load
from clinic_sessions.app import definitions
from clinic_sessions.domain.bedside.adverse_event import Account
from clinic_sessions.domain.bedside.grading import graded, read_grades
from clinic_sessions.domain.bedside.reading import Reading
from tests.support.sessions import NOON, a_reading

GRADES = definitions().grades
RAISED = Account(
    term="blood_pressure_raised",
    onset_at=NOON,
    ended_at=None,
    grade_numeric=None,
    grade_clinical=1,
    seriousness=(),
    relatedness="probable",
    action="none",
    outcome="recovered",
    reason="noted",
    by="usr_a",
    at=NOON + timedelta(minutes=10),
)


def measured(systolic: int | None, diastolic: int | None) -> Reading:
    return replace(a_reading(1), systolic=systolic, diastolic=diastolic)


@pytest.mark.parametrize(
    ("systolic", "diastolic", "grade"),
    [
        (119, 79, None),
        (120, 79, 1),
        (119, 80, 1),
        (139, 89, 1),
        (140, 89, 2),
        (139, 90, 2),
        (159, 99, 2),
        (160, 60, 3),
        (110, 100, 3),
        (250, 150, 3),
        (None, 90, 2),
        (None, None, None),
    ],
)
def test_the_higher_of_two_pressures_grades(
    systolic: int | None, diastolic: int | None, grade: int | None
) -> None:
    event = graded(RAISED, GRADES, [measured(systolic, diastolic)])
    assert event.grade_numeric == grade
    assert event.numeric_from == (None if grade is None else "numeric-grades@1")
    assert event.grade_clinical == RAISED.grade_clinical


def test_the_worst_reading_counts_in_whatever_order() -> None:
    readings = [measured(125, 70), measured(165, 70), measured(145, 70)]
    assert graded(RAISED, GRADES, readings).grade_numeric == 3
    assert graded(RAISED, GRADES, reversed(readings)).grade_numeric == 3
    assert graded(RAISED, GRADES, []) == RAISED


@pytest.mark.parametrize("own", [3, 4, 5])
def test_software_never_takes_from_the_number_that_a_person_gave(own: int) -> None:
    given = replace(RAISED, grade_numeric=own)
    assert graded(given, GRADES, [measured(165, 70)]) == given
    low = graded(replace(RAISED, grade_numeric=1), GRADES, [measured(165, 70)])
    assert (low.grade_numeric, low.numeric_from) == (3, "numeric-grades@1")


def test_a_term_without_numbers_has_no_grade_by_number() -> None:
    nausea = replace(RAISED, term="nausea")
    assert graded(nausea, GRADES, [measured(250, 150)]) == nausea


def test_a_table_without_a_source_or_of_what_nobody_measures_is_refused() -> None:
    document = load("clinic_sessions", "numeric-grades.yaml")
    term = document["terms"]["blood_pressure_raised"]
    for broken in ({**term, "source": ""}, {**term, "at_least": {"mood": {1: 5}}}):
        with pytest.raises((ValueError, AttributeError)):
            read_grades({**document, "terms": {"blood_pressure_raised": broken}})
