"""The time is aware and in UTC; a sandbox's runs ahead of it, and never back."""

from datetime import UTC, datetime, timedelta

import pytest

from clinic_platform.clock import ClockGoesBackwards, SandboxClock, utc_now
from clinic_platform.testing import NOON, FixedClock


@pytest.fixture
def real() -> FixedClock:
    return FixedClock(NOON)


def test_the_real_time_is_between_two_looks_at_the_machines() -> None:
    before = datetime.now(UTC)
    now = utc_now()
    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta()


def test_a_sandbox_that_was_not_moved_shows_the_real_time(real: FixedClock) -> None:
    assert SandboxClock(real=real)() == NOON


def test_a_moved_clock_goes_on_at_the_pace_of_the_real_one(real: FixedClock) -> None:
    clock = SandboxClock(real=real)
    clock.move_to(NOON + timedelta(days=30))
    real.move_to(NOON + timedelta(minutes=5))
    assert clock() == NOON + timedelta(days=30, minutes=5)


def test_a_moved_clock_is_kept_by_its_offset(real: FixedClock) -> None:
    clock = SandboxClock(timedelta(days=1), real=real)
    clock.move_to(NOON + timedelta(days=3))
    assert clock.offset == timedelta(days=3)
    assert SandboxClock(clock.offset, real=real)() == clock()


def test_a_move_to_now_is_no_move(real: FixedClock) -> None:
    clock = SandboxClock(timedelta(days=1), real=real)
    clock.move_to(clock())
    assert clock.offset == timedelta(days=1)


def test_a_clock_does_not_go_back(real: FixedClock) -> None:
    clock = SandboxClock(timedelta(days=1), real=real)
    with pytest.raises(ClockGoesBackwards):
        clock.move_to(clock() - timedelta(microseconds=1))
    assert clock() == NOON + timedelta(days=1)
