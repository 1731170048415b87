"""For which session something may be drawn, until when, and how much."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from clinic_sessions.domain.drugs.drawing import check_amount, order_to_draw_for
from clinic_sessions.domain.drugs.reconciling import Moved
from clinic_sessions.domain.errors import (
    MoreThanOrdered,
    NoDoseOrdered,
    NotNow,
    SessionLongOver,
)
from clinic_sessions.domain.session import Status
from tests.support.sessions import NOON
from tests.support.sessions_drugs import RULES, a_product, an_ended_session

ENDED = an_ended_session()
assert ENDED.ended_at is not None
TOO_LATE = ENDED.ended_at + timedelta(hours=72, seconds=1)
OVERFILLED = 51_500  # 41 mg; 0.2 mL of dead space and one graduation of 0.01 mL at 50 mg/mL


def moved(*, given: int = 0, in_syringe: int = 0) -> Moved:
    return Moved(drawn=0, given=given, in_syringe=in_syringe, rounding=500, vial_id=None)


def is_drawn(micrograms: int, so_far: Moved, *, devices: int | None = None) -> bool:
    assert ENDED.order is not None
    order = replace(ENDED.order, devices=devices)
    try:
        check_amount(order, a_product(), micrograms, moved=so_far, rules=RULES)
    except MoreThanOrdered:
        return False
    return True


def test_a_draw_is_late_until_three_days_after_the_session_and_then_refused() -> None:
    last = TOO_LATE - timedelta(seconds=1)
    assert order_to_draw_for(ENDED, now=last, rules=RULES) == ENDED.order
    with pytest.raises(SessionLongOver):
        order_to_draw_for(ENDED, now=TOO_LATE, rules=RULES)


def test_a_draw_of_a_dose_whose_record_was_voided_is_noted_late_as_any_other() -> None:
    assert order_to_draw_for(replace(ENDED, status=Status.VOIDED), now=NOON, rules=RULES)


def test_nothing_is_drawn_for_who_is_not_there_or_has_no_order() -> None:
    voided = replace(ENDED, status=Status.VOIDED, voided_without_dose=True)
    with pytest.raises(NotNow):
        order_to_draw_for(voided, now=NOON, rules=RULES)
    with pytest.raises(NoDoseOrdered):
        order_to_draw_for(replace(ENDED, order=None), now=TOO_LATE, rules=RULES)


@pytest.mark.parametrize(
    ("so_far", "left"),
    [
        (moved(), OVERFILLED),
        (moved(in_syringe=41_000), OVERFILLED - 41_000),
        (moved(given=31_000, in_syringe=10_000), OVERFILLED - 41_000),
        (moved(given=20_000), OVERFILLED - 20_000),  # the rest of the syringe was wasted
    ],
)
def test_in_all_no_more_is_drawn_than_was_ordered_and_a_line_holds(
    so_far: Moved, left: int
) -> None:
    assert is_drawn(left, so_far)
    assert not is_drawn(left + 1, so_far)


def test_a_device_holds_nothing_back() -> None:
    assert RULES.overfill_ml == Decimal("0.2")
    assert is_drawn(41_500, moved(), devices=2)
    assert not is_drawn(41_501, moved(), devices=2)
