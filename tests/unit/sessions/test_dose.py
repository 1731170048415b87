"""Doses: within the protocol's bounds, from the weight of the day."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_sessions.domain.bedside.dose import DoseOrder, order_dose
from clinic_sessions.domain.errors import DoseOutsideBounds
from tests.support.sessions import NOON, a_protocol


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
