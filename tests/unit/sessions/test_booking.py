"""Visits, places and doses: pure rules."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_sessions.domain.bedside.dose import DoseOrder, order_dose
from clinic_sessions.domain.booking.visit import SLOT, plan_visit
from clinic_sessions.domain.errors import DoseOutsideBounds, NotBookable, SlotHasPassed
from tests.support.sessions import NOON, TOMORROW, a_location, a_protocol, a_visit


def test_a_visit_takes_chair_nurse_and_patient_for_their_phases() -> None:
    visit = a_visit()
    taken = {(r.kind, r.resource) for r in visit.reservations}
    assert taken == {("place", "chair_1"), ("person", "nurse_ada"), ("patient", "pat_1")}
    nurse = [r for r in visit.reservations if r.kind == "person"]
    assert [(r.starts_at - visit.starts_at, r.ends_at - r.starts_at) for r in nurse] == [
        (timedelta(minutes=15), timedelta(minutes=45))
    ]


def test_the_slots_of_a_visit_are_whole_and_none_twice() -> None:
    slots = [(r.resource, at) for r in a_visit().reservations for at in r.slots()]
    assert len(slots) == len(set(slots))
    assert len([at for resource, at in slots if resource == "chair_1"]) == timedelta(hours=2) / SLOT


@pytest.mark.parametrize(
    ("starts_at", "rule"),
    [
        (TOMORROW + timedelta(minutes=2), "grid"),
        (TOMORROW - timedelta(hours=2), "closed"),
        (TOMORROW + timedelta(hours=8), "closed"),
        (datetime(2030, 1, 13, 16, tzinfo=UTC), "closed"),
    ],
    ids=["off the grid", "before opening", "past closing", "on Sunday"],
)
def test_a_time_that_does_not_suit_is_refused_by_name(starts_at: datetime, rule: str) -> None:
    with pytest.raises(NotBookable) as refused:
        a_visit(starts_at)
    assert refused.value.conflicts == [{"kind": rule}]


def test_the_past_cannot_be_booked() -> None:
    with pytest.raises(SlotHasPassed):
        a_visit(NOON)


def test_a_chair_the_location_does_not_have_is_refused() -> None:
    with pytest.raises(NotBookable):
        a_visit(chair="chair_9")


@pytest.mark.parametrize(("day", "utc_hour"), [(9, 15), (11, 14)], ids=["winter", "summer time"])
def test_nine_o_clock_stays_nine_o_clock_across_the_change_of_clocks(
    day: int, utc_hour: int
) -> None:
    location = a_location(closed_on="nobody")
    # In Chicago the clocks go forward on 10 March 2030; the place opens at eight on its own clock.
    eight = datetime(2030, 3, day, utc_hour - 1, tzinfo=UTC)
    assert location.is_open(eight, eight + timedelta(hours=2))
    assert not location.is_open(eight - timedelta(minutes=5), eight + timedelta(hours=2))


def dose(weight_kg: float, mg_per_kg: float) -> DoseOrder:
    return order_dose(
        a_protocol(),
        number=1,
        weight_kg=weight_kg,
        mg_per_kg=mg_per_kg,
        ordered_by="usr_a",
        now=NOON,
    )


def test_the_dose_of_a_patient_of_82_kg() -> None:
    order = dose(82, 0.5)
    assert (order.dose_mg, order.volume_ml, order.rate_mg_per_min) == (41.0, 0.82, 1.025)
    assert not order.above_soft_limit


@pytest.mark.parametrize(
    ("weight_kg", "mg_per_kg", "bound"),
    [(82, 0.29, "least"), (82, 1.51, "hard_most"), (140, 1.2, "absolute")],
)
def test_a_dose_outside_the_protocol_is_refused_with_its_bound(
    weight_kg: float, mg_per_kg: float, bound: str
) -> None:
    with pytest.raises(DoseOutsideBounds) as refused:
        dose(weight_kg, mg_per_kg)
    assert refused.value.conflicts[0]["kind"] == bound


@given(st.floats(30, 200), st.floats(0.3, 1.5))
def test_no_dose_passes_the_cap_or_the_soft_limit_unmarked(weight: float, per_kg: float) -> None:
    try:
        order = dose(weight, per_kg)
    except DoseOutsideBounds:
        return
    assert order.dose_mg <= 150
    assert order.above_soft_limit == (per_kg > 1.0)


def test_a_visit_is_planned_only_where_it_is_to_be() -> None:
    visit = plan_visit(
        a_protocol(),
        a_location(),
        patient_id="pat_2",
        starts_at=TOMORROW,
        chair="chair_2",
        nurse="nurse_ben",
        now=NOON,
    )
    assert (visit.chair, visit.nurse, visit.ends_at - visit.starts_at) == (
        "chair_2",
        "nurse_ben",
        timedelta(hours=2),
    )
