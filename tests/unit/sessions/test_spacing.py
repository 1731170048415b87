"""How near and how far from one another a plan's visits are."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from clinic_sessions.domain.errors import NotBookable
from clinic_sessions.domain.protocols.protocol import Spacing, Stage
from tests.support.sessions import TOMORROW, a_plan

TWO_DAYS, A_WEEK = timedelta(days=2), timedelta(days=7)
EVENLY = Spacing(least=TWO_DAYS, most=A_WEEK, within=timedelta(days=60))
# The fourth and all later ones a week apart, give or take a day.
STAGED = replace(
    EVENLY,
    stages=(Stage(from_infusion=4, least=timedelta(days=6), most=timedelta(days=8)),),
)


def day(number: float) -> datetime:
    return TOMORROW + timedelta(days=number)


def number_of(
    at: float,
    *booked: float,
    held: tuple[float, ...] = (),
    broken_off: tuple[float, ...] = (),
    infusions: int = 6,
    spacing: Spacing = EVENLY,
) -> int:
    plan = replace(a_plan(), infusions=infusions)
    others, kept = [day(n) for n in booked], [day(n) for n in held]
    dosed = [day(n) for n in broken_off]
    return plan.next_infusion(day(at), others, spacing=spacing, held=kept, broken_off=dosed)


def test_a_visit_has_its_number_beside_those_that_are_booked() -> None:
    assert number_of(4, 0, 8) == 2
    assert number_of(4, 0, held=(2, 8)) == 2, "A hold has no number yet."


@pytest.mark.parametrize(
    ("asked", "rule", "sentence"),
    [
        ({"at": 1, "held": (2,)}, "spacing", "48 hours apart, and a start near this one is held."),
        ({"at": 1, "booked": (2,)}, "spacing", "at least 48 hours apart."),
        ({"at": 4, "held": (0, 2), "infusions": 2}, "series_full", "booked already, or held."),
        ({"at": 4, "booked": (0, 2), "infusions": 2}, "series_full", "is booked already."),
    ],
    ids=["near a hold", "near a visit", "the last one is held", "full"],
)
def test_what_is_held_for_the_plan_counts_and_is_marked_as_held(
    asked: dict[str, Any], rule: str, sentence: str
) -> None:
    others = {name: value for name, value in asked.items() if name not in ("at", "booked")}
    with pytest.raises(NotBookable) as refused:
        number_of(asked["at"], *asked.get("booked", ()), **others)
    assert refused.value.conflicts == [{"kind": rule}]
    assert str(refused.value).endswith(sentence)


@pytest.mark.parametrize(
    ("at", "booked", "gap"),
    [
        (7, [0], 0),
        (9.5, [0], 2.5),
        (9, [0, 18, 40], 4),
        (0, [8], 1),
        (3, [], 0),
    ],
    ids=["a week", "longer", "on both sides", "before the first", "alone"],
)
def test_how_much_farther_than_the_most_is_reckoned_to_both_sides(
    at: float, booked: list[float], gap: float
) -> None:
    assert a_plan().gap_days(day(at), [day(n) for n in booked], spacing=EVENLY) == gap


def test_what_holds_between_two_is_decided_by_the_stage_of_the_later_one() -> None:
    assert number_of(4, 0, 2, spacing=STAGED) == 3  # the third: two days are enough
    with pytest.raises(NotBookable) as near:
        number_of(9, 0, 2, 4, spacing=STAGED)
    assert str(near.value) == "Infusions from number 4 on are at least 144 hours apart."
    assert number_of(10, 0, 2, 4, spacing=STAGED) == 4


def test_one_more_before_others_may_not_move_them_into_a_stage_that_they_are_too_near_for() -> None:
    with pytest.raises(NotBookable) as near:
        number_of(2, 0, 4, 7, spacing=STAGED)  # day 7 would be the fourth, three days after
    assert near.value.conflicts == [{"kind": "spacing"}]
    assert number_of(2, 0, 4, 10, spacing=STAGED) == 2


@pytest.mark.parametrize(
    ("at", "booked", "gap"),
    [(11, [0, 2], 2), (13, [0, 2, 4], 1), (11.5, [0, 2, 4], 0), (7, [0, 2, 20], 5)],
    ids=["in the first", "in the second", "near enough", "the next is in the second"],
)
def test_days_beyond_the_most_are_those_of_the_stage(
    at: float, booked: list[float], gap: float
) -> None:
    others = [day(number) for number in booked]
    assert a_plan().gap_days(day(at), others, spacing=STAGED) == gap


def test_from_a_visit_that_was_broken_off_after_a_dose_the_next_is_as_far_as_from_an_infusion() -> (
    None
):
    with pytest.raises(NotBookable) as soon:
        number_of(3, 0, broken_off=(2,))
    assert soon.value.conflicts == [{"kind": "spacing"}]
    assert str(soon.value).endswith("broken off: it is too soon after it.")
    assert number_of(4, 0, broken_off=(2,)) == 2


def test_a_visit_that_was_broken_off_takes_no_infusion_from_the_plan() -> None:
    assert number_of(4, 0, broken_off=(2,), infusions=2) == 2


def test_the_distance_from_a_visit_that_was_broken_off_is_that_of_the_infusion_it_was_to_be() -> (
    None
):
    with pytest.raises(NotBookable):
        number_of(11, 0, 2, 4, spacing=STAGED, broken_off=(6,))  # it was to be the fourth
    assert number_of(12, 0, 2, 4, spacing=STAGED, broken_off=(6,)) == 4
    assert number_of(8, 0, 2, spacing=STAGED, broken_off=(6,)) == 3


def test_the_days_beyond_the_most_are_counted_from_a_visit_that_was_broken_off() -> None:
    def gap(*broken_off: float) -> float:
        dosed = [day(n) for n in broken_off]
        return a_plan().gap_days(day(12), [day(0)], spacing=EVENLY, broken_off=dosed)

    assert (gap(), gap(3), gap(6)) == (5, 2, 0)
