"""Alarms that are raised and closed take no reading away that the protocol asks for."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_sessions.domain.bedside.monitoring import Caution, Schedule, Timeline
from tests.support.sessions import NOON, a_protocol
from tests.support.watching import POLICY, minute

HORIZON = 150
MINUTE = timedelta(minutes=1)
SCHEDULE = Schedule(monitoring=a_protocol().monitoring, caution_every=POLICY.caution_every)

exact = st.integers(1, 60 * HORIZON).map(lambda second: NOON + timedelta(seconds=second))


@given(st.lists(exact, max_size=12, unique=True).map(sorted), st.none() | exact, st.booleans())
def test_whatever_alarms_neighbouring_dues_are_no_further_apart_than_the_protocol_asks(
    turns: list[datetime], ended: datetime | None, is_open: bool
) -> None:
    """Nor than what counts as late besides, where one reading serves two dues."""
    ends: list[datetime | None] = [*turns[1::2]]
    if is_open and len(turns) % 2:
        ends.append(None)
    stretches = tuple(Caution(*both) for both in zip(turns[::2], ends, strict=False))
    of = Timeline(started_at=NOON, ended_at=ended, cautions=stretches)
    dues = SCHEDULE.dues(of, until=minute(HORIZON))
    served = {ended, *(one.since + 5 * MINUTE for one in stretches)}
    for last, due in pairwise([NOON, *dues]):
        every = 10 * MINUTE if ended is None or due <= ended else 15 * MINUTE
        assert due - last <= every or (due - last < every + 3 * MINUTE and {last, due} & served)
    every = 10 * MINUTE if ended is None else 15 * MINUTE
    assert minute(HORIZON) - max([NOON, *dues]) < every + 3 * MINUTE


@pytest.mark.parametrize(
    ("cautions", "expected"),
    [
        ([], [10, 20, 30, 40, 55, 70, 85, 100]),
        ([(19, 22)], [10, 20, 30, 40, 55, 70, 85, 100]),
        ([(69, 73), (84, 88)], [10, 20, 30, 40, 55, 70, 85, 100]),
        ([(14, 22)], [10, 19, 24, 30, 40, 55, 70, 85, 100]),  # 24 stands for 20
        ([(18, 21), (29, 38)], [10, 20, 30, 34, 40, 55, 70, 85, 100]),
    ],
)
def test_a_caution_that_ends_before_its_first_reading_takes_no_due_away(
    cautions: list[tuple[int, int]], expected: list[int]
) -> None:
    of = Timeline(
        started_at=NOON,
        ended_at=minute(40),
        cautions=tuple(Caution(minute(since), minute(until)) for since, until in cautions),
    )
    assert SCHEDULE.dues(of, until=minute(110)) == [minute(at) for at in expected]
