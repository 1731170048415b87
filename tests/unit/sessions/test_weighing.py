"""The weight that a dose follows, held against that of the last dose, or what is usual."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside.weighing import weight_of_today
from clinic_sessions.domain.errors import WeightImplausible, WeightUnknown, WeightUnusual
from clinic_sessions.domain.session import Session
from tests.support.sessions import NOON, RULES, a_session
from tests.support.sessions_drugs import an_ended_session

LIMITS = RULES.weight  # 10 %, 10 kg, 30 days


def last(kg: float, *, days_ago: float = 3) -> Session:
    session = an_ended_session()
    assert session.order is not None
    ordered_at = NOON - timedelta(days=days_ago)
    return replace(session, order=replace(session.order, weight_kg=kg, ordered_at=ordered_at))


def today(kg: float, *, again_after: float | None = None) -> Session:
    """`again_after`: minutes after the weight somebody confirms that they measured it again."""
    facts = {"weight_kg": Known(value=kg, known_at=NOON, source="usr_ada")}
    if again_after is not None:
        at = NOON + timedelta(minutes=again_after)
        facts["weight_measured_again"] = Known(value=True, known_at=at, source="usr_ben")
    return replace(a_session(), facts=facts)


def taken(session: Session, before: Session | None) -> float:
    return weight_of_today(session, before, limits=LIMITS, now=NOON)


@pytest.mark.parametrize(
    ("before", "kg"),
    [(82, 28), (82, 92.1), (82, 71.9), (60, 66.1), (60, 53.9), (130, 141), (130, 119)],
)
def test_a_weight_far_from_that_of_the_last_dose_is_not_taken_unasked(
    before: float, kg: float
) -> None:
    with pytest.raises(WeightImplausible) as refused:
        taken(today(kg), last(before))
    assert [(one["limit"], one["unit"]) for one in refused.value.conflicts] == [
        (10, "%"),
        (10, "kg"),
    ]
    assert str(kg) not in str(refused.value)
    assert taken(today(kg, again_after=0), last(before)) == kg


@pytest.mark.parametrize(("before", "kg"), [(82, 90.2), (82, 73.8), (60, 66), (130, 140)])
def test_a_change_up_to_the_limits_is_taken(before: float, kg: float) -> None:
    assert taken(today(kg), last(before)) == kg


def test_a_word_about_an_earlier_weight_is_none_about_this_one() -> None:
    assert taken(today(28, again_after=2), last(82)) == 28
    with pytest.raises(WeightImplausible):
        taken(today(28, again_after=-1), last(82))


def test_without_a_dose_in_the_last_days_there_is_none_to_hold_it_against() -> None:
    assert taken(today(60), None) == 60
    assert taken(today(60), last(82, days_ago=30.1)) == 60
    with pytest.raises(WeightImplausible):
        taken(today(60), last(82, days_ago=30))


@pytest.mark.parametrize("kg", [180, 115.1, 44.9, 28])
@pytest.mark.parametrize("before", [None, last(82, days_ago=31)])
def test_an_unusual_weight_with_none_to_hold_it_against_is_not_taken_unasked(
    before: Session | None, kg: float
) -> None:
    with pytest.raises(WeightUnusual) as refused:
        taken(today(kg), before)
    assert refused.value.conflicts == [{"kind": "weight", "least": 45, "most": 115, "unit": "kg"}]
    assert f"{kg:g}" not in str(refused.value)
    assert taken(today(kg, again_after=0), before) == kg


@pytest.mark.parametrize("kg", [45, 82, 115])
def test_a_usual_weight_is_taken_for_a_first_dose(kg: float) -> None:
    assert taken(today(kg), None) == kg


@pytest.mark.parametrize("kg", [130, 40])
def test_who_had_a_dose_of_late_is_held_against_that_alone(kg: float) -> None:
    assert taken(today(kg), last(kg)) == kg


def test_no_dose_follows_a_weight_that_nobody_measured() -> None:
    with pytest.raises(WeightUnknown):
        taken(a_session(), last(82))
