"""Quiet hours put off to their end, by the wall clock, over midnight and changes of the clocks."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_notifications.domain.quiet_hours import QuietHours, zone_or

NIGHT = QuietHours(time(20), time(8))
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(
    [
        "Europe/Berlin",
        "America/New_York",
        "America/St_Johns",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "UTC",
    ]
).map(ZoneInfo)
FIRST = datetime(2023, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 9 * 365 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes))


@st.composite
def quiet_hours(draw: st.DrawFn) -> QuietHours:
    starts = draw(st.integers(0, 24 * 60 - 1))
    ends = (starts + draw(st.integers(1, 20 * 60))) % (24 * 60)
    return QuietHours(time(*divmod(starts, 60)), time(*divmod(ends, 60)))


@given(quiet_hours(), MOMENTS, ZONES)
def test_when_quiet_is_over_it_is_not_quiet(
    quiet: QuietHours, at: datetime, zone: ZoneInfo
) -> None:
    end = quiet.end_after(at, zone)

    if end is not None:
        assert quiet.end_after(end, zone) is None


@given(quiet_hours(), MOMENTS, ZONES)
def test_quiet_is_put_off_forward_and_by_less_than_a_day_and_a_change_of_clocks(
    quiet: QuietHours, at: datetime, zone: ZoneInfo
) -> None:
    end = quiet.end_after(at, zone)

    if end is not None:
        assert at < end <= at + timedelta(hours=22)


@given(quiet_hours(), MOMENTS, ZONES)
def test_where_the_clocks_do_not_change_it_is_quiet_until_just_before_the_end(
    quiet: QuietHours, at: datetime, zone: ZoneInfo
) -> None:
    end = quiet.end_after(at, zone)

    if end is not None and end.astimezone(zone).utcoffset() == at.astimezone(zone).utcoffset():
        assert quiet.hold((end - timedelta(seconds=1)).astimezone(zone).time())


@given(MOMENTS, ZONES)
def test_hours_that_start_when_they_end_are_never_quiet(at: datetime, zone: ZoneInfo) -> None:
    assert QuietHours(time(8), time(8)).end_after(at, zone) is None


@pytest.mark.parametrize(
    ("at", "end"),
    [
        # An ordinary night, from both sides of midnight.
        ("2030-01-07T21:00+00:00", "2030-01-08T07:00+00:00"),
        ("2030-01-08T02:00+00:00", "2030-01-08T07:00+00:00"),
        # The clocks go forward in the night to 31 March 2030, back in that to 27 October.
        ("2030-03-30T21:00+00:00", "2030-03-31T06:00+00:00"),
        ("2030-10-26T21:00+00:00", "2030-10-27T07:00+00:00"),
    ],
)
def test_the_night_ends_at_eight_by_the_wall_clock(at: str, end: str) -> None:
    assert NIGHT.end_after(datetime.fromisoformat(at), BERLIN) == datetime.fromisoformat(end)


def test_an_end_the_clocks_skip_is_reached_when_they_have_skipped_it() -> None:
    quiet = QuietHours(time(22), time(2, 30))

    end = quiet.end_after(datetime(2030, 3, 30, 23, tzinfo=UTC), BERLIN)

    assert end == datetime(2030, 3, 31, 1, 30, tzinfo=UTC)


def test_an_end_the_clocks_repeat_holds_for_each_hour_of_the_two() -> None:
    quiet = QuietHours(time(22), time(2, 30))

    first = quiet.end_after(datetime(2030, 10, 27, 0, 10, tzinfo=UTC), BERLIN)
    second = quiet.end_after(datetime(2030, 10, 27, 1, 10, tzinfo=UTC), BERLIN)

    assert first == datetime(2030, 10, 27, 0, 30, tzinfo=UTC)
    assert second == datetime(2030, 10, 27, 1, 30, tzinfo=UTC)


def test_a_change_of_half_an_hour_moves_the_end_by_half_an_hour() -> None:
    lord_howe = ZoneInfo("Australia/Lord_Howe")

    end = NIGHT.end_after(datetime(2030, 4, 6, 10, tzinfo=UTC), lord_howe)

    assert end == datetime(2030, 4, 6, 21, 30, tzinfo=UTC)


@pytest.mark.parametrize("name", [None, "Nowhere/Atall", "../etc/passwd", ""])
def test_a_zone_that_is_none_gives_way_to_the_location_s(name: str | None) -> None:
    assert zone_or(name, "Europe/Berlin") == BERLIN
