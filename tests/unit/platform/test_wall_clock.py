"""A machine whose clock is far from the database's is refused before it writes anything down."""

from datetime import datetime, timedelta

import pytest

from clinic_events.errors import CannotStart
from clinic_platform.testing import NOON, FixedClock
from clinic_platform.wall_clock import WallClock

NEAR, FAR = timedelta(minutes=59), timedelta(days=37)


def a_clock(off_by: timedelta) -> WallClock:
    async def theirs() -> datetime:
        return NOON

    return WallClock(theirs, FixedClock(NOON + off_by))


@pytest.mark.parametrize("off_by", [NEAR, -NEAR])
async def test_a_clock_that_is_off_by_less_than_an_hour_is_borne(off_by: timedelta) -> None:
    await a_clock(off_by).check()
    assert await a_clock(off_by).agrees()


@pytest.mark.parametrize(
    ("off_by", "words"), [(FAR, "37 days, 0:00:00 ahead of"), (-FAR, "37 days, 0:00:00 behind")]
)
async def test_a_clock_that_is_weeks_off_keeps_a_service_from_starting(
    off_by: timedelta, words: str
) -> None:
    with pytest.raises(CannotStart, match=f"clock is {words} the database's"):
        await a_clock(off_by).check()


@pytest.mark.parametrize("off_by", [FAR, -FAR])
async def test_a_clock_that_is_moved_weeks_away_makes_its_service_not_ready(
    off_by: timedelta,
) -> None:
    assert not await a_clock(off_by).agrees()
