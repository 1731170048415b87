"""Schedules by name."""

from dataclasses import dataclass

import pytest

from clinic_platform.schedules import BadSchedules, Schedules


@dataclass(frozen=True)
class Timed:
    name: str


ONE, OTHER = Timed("one"), Timed("other")


def test_a_name_that_is_known_is_followed_and_without_one_the_usual() -> None:
    schedules = Schedules.of((ONE, OTHER), usual="one")
    assert [schedules.named(name) for name in ("one", "other", None)] == [ONE, OTHER, ONE]
    assert list(schedules) == [ONE, OTHER]


def test_an_empty_name_is_no_name_left_out_and_the_usual_is_followed_loudly() -> None:
    assert Schedules.of((ONE, OTHER), usual="other").named("") is OTHER


def test_two_of_one_name_and_a_usual_one_that_is_not_there_are_refused() -> None:
    with pytest.raises(BadSchedules, match="one is the name of two"):
        Schedules.of((ONE, Timed("one")), usual="one")
    with pytest.raises(BadSchedules, match="no schedule other"):
        Schedules.of((ONE,), usual="other")
