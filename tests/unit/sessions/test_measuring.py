"""What a message about a patient may hold: the worst that can be, and nothing that cannot."""

from typing import Any

import pytest
from pydantic import ValidationError

from clinic_sessions.schemas.bedside.checks import Checks, DischargeAssessment
from clinic_sessions.schemas.watch import TakeReading, TakeReadings
from tests.support.sessions import NOON

NAMED = {"device": "monitor_1", "sequence": 1, "taken_at": NOON}


def faults(refused: pytest.ExceptionInfo[ValidationError]) -> list[tuple[int | str, ...]]:
    return [error["loc"] for error in refused.value.errors()]


@pytest.mark.parametrize(
    "values",
    [
        {"heart_rate": 0},
        {"spo2": 15},
        {"systolic": 28, "diastolic": 12},
        {"systolic": 0, "diastolic": 0},
        {"respiratory_rate": 90},
        {"systolic": 320},
        {"symptoms": []},
    ],
)
def test_the_worst_that_can_be_is_taken(values: dict[str, Any]) -> None:
    taken = TakeReading.model_validate({**NAMED, **values}).to_reading("ses_1", now=NOON)
    assert taken.look.has == {*values}


@pytest.mark.parametrize("model", [Checks, DischargeAssessment])
def test_the_worst_that_can_be_is_noted(model: type[Checks | DischargeAssessment]) -> None:
    assert model.model_validate({"systolic": 40, "diastolic": 10, "spo2": 15})


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"heart_rate": -1}, "heart_rate"),
        ({"spo2": 101}, "spo2"),
        ({"systolic": 401}, "systolic"),
        ({"systolic": 80, "diastolic": 120}, "diastolic"),
        ({"systolic": 90, "diastolic": 90}, "diastolic"),
    ],
)
def test_what_nothing_can_mean_is_refused_by_its_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TakeReading.model_validate({**NAMED, **values})
    assert faults(refused) == [(field,)]


@pytest.mark.parametrize("model", [Checks, DischargeAssessment])
def test_pressures_that_were_swapped_are_not_noted(
    model: type[Checks | DischargeAssessment],
) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate({"systolic": 80, "diastolic": 120})
    assert faults(refused) == [("diastolic",)]
    assert "below the systolic" in str(refused.value)


def test_a_reading_of_nothing_is_none_and_a_correction_may_take_all_back() -> None:
    with pytest.raises(ValidationError, match="at least one measurement"):
        TakeReading.model_validate(NAMED)
    assert TakeReading.model_validate({**NAMED, "corrects": 1})


def test_of_many_readings_the_one_that_cannot_be_is_named_by_its_place() -> None:
    fine, wrong = {**NAMED, "spo2": 98}, {**NAMED, "spo2": 130}
    with pytest.raises(ValidationError) as refused:
        TakeReadings.model_validate({"readings": [fine, wrong, fine]})
    assert faults(refused) == [("readings", 1, "spo2")]
