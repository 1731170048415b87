"""Times on a wall, in weeks in which the clocks change."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_sessions.domain.booking.conflicts import wall
from clinic_sessions.domain.booking.wall import WallTime
from clinic_sessions.domain.errors import WallTimeDoesNotExist, WallTimeExistsTwice
from clinic_sessions.domain.places.location import Notice
from tests.support.sessions import NOON, a_location, a_timetable

ZONES = ("America/Chicago", "Europe/Berlin", "Australia/Lord_Howe", "America/Phoenix")
JANUARY = datetime.fromisoformat("2030-01-01T00:00")  # on a wall
# The Sundays of 2030 on which the clocks change in each zone that changes them.
CHANGES = [
    ("America/Chicago", date(2030, 3, 10)),
    ("America/Chicago", date(2030, 11, 3)),
    ("Europe/Berlin", date(2030, 3, 31)),
    ("Europe/Berlin", date(2030, 10, 27)),
    ("Australia/Lord_Howe", date(2030, 4, 7)),
    ("Australia/Lord_Howe", date(2030, 10, 6)),
]


@pytest.mark.parametrize(("zone", "sunday"), CHANGES)
def test_nine_is_offered_as_nine_on_every_day_of_a_week_of_change(zone: str, sunday: date) -> None:
    location = a_location(zone=zone, closed_on="nobody")
    details = replace(location.details, notice=Notice(book_at_most_days=700))
    there = ZoneInfo(zone)
    since = datetime.combine(sunday - timedelta(days=3), time(), there)
    until = datetime.combine(sunday + timedelta(days=4), time(), there)
    timetable = a_timetable(since, until, location=replace(location, details=details))
    offers = [o for o in timetable.starts(since=since, until=until, now=NOON) if o.seating]
    starts = [offer.starts_at.astimezone(there) for offer in offers]
    days = {start.date() for start in starts}
    by_day = {day: [start.time() for start in starts if start.date() == day] for day in days}
    assert len(by_day) == 7
    half_hours = [time(8 + n // 2, n % 2 * 30) for n in range(17)]  # the last ends at 18:00
    assert all(times == half_hours for times in by_day.values()), by_day


@pytest.mark.parametrize(("zone", "sunday"), CHANGES)
def test_nine_on_the_wall_is_one_instant_on_both_sides_of_a_change(zone: str, sunday: date) -> None:
    for days in (-1, 0, 1):
        at = datetime.combine(sunday + timedelta(days=days), time(9))
        instant = WallTime(at=at).instant(zone)
        assert instant.tzinfo is UTC
        assert instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == at


@pytest.mark.parametrize(
    ("zone", "at", "instants"),
    [
        ("America/Chicago", "2030-03-10T02:30", ["07:30", "08:30"]),
        ("Australia/Lord_Howe", "2030-10-06T02:15", ["15:15", "15:45"]),
    ],
)
def test_a_time_that_the_clocks_skip_is_refused_with_both_instants(
    zone: str, at: str, instants: list[str]
) -> None:
    for fold in (None, 0, 1):
        with pytest.raises(WallTimeDoesNotExist) as refused:
            WallTime(at=datetime.fromisoformat(at), fold=fold).instant(zone)
        found: list[Any] = [candidate["starts_at"] for candidate in refused.value.candidates]
        assert [instant[11:16] for instant in found] == instants


@pytest.mark.parametrize(
    ("zone", "at", "apart"),
    [
        ("America/Chicago", "2030-11-03T01:30", timedelta(hours=1)),
        ("Europe/Berlin", "2030-10-27T02:30", timedelta(hours=1)),
        ("Australia/Lord_Howe", "2030-04-07T01:45", timedelta(minutes=30)),
    ],
)
def test_a_time_that_the_clocks_show_twice_is_asked_about_and_never_guessed(
    zone: str, at: str, apart: timedelta
) -> None:
    local = datetime.fromisoformat(at)
    with pytest.raises(WallTimeExistsTwice) as refused:
        WallTime(at=local).instant(zone)
    assert [c["fold"] for c in refused.value.candidates] == [0, 1]
    assert {c["starts_local"] for c in refused.value.candidates} == {at}
    earlier, later = (WallTime(at=local, fold=fold).instant(zone) for fold in (0, 1))
    assert later - earlier == apart


@given(
    st.sampled_from(ZONES),
    st.integers(0, 365 * 24 * 60).map(lambda minutes: JANUARY + timedelta(minutes=minutes)),
    st.sampled_from([None, 0, 1]),
)
def test_an_instant_that_is_answered_reads_as_what_was_asked(
    zone: str, at: datetime, fold: int | None
) -> None:
    try:
        instant = WallTime(at=at, fold=fold).instant(zone)
    except WallTimeExistsTwice:
        assert fold is None
        return
    except WallTimeDoesNotExist:
        return
    assert instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == at


def test_two_times_that_read_the_same_on_one_wall_are_distinguished_on_another() -> None:
    """Both were reckoned before: a cached answer of the one is not given for the other."""
    zone = ZoneInfo("America/Chicago")
    first, second = (datetime(2030, 11, 3, 1, 30, tzinfo=zone, fold=fold) for fold in (0, 1))
    assert first == second, "In one zone they compare by what they read."
    found = [wall(at, "UTC") for at in (first, second, first)]
    assert found == ["2030-11-03T06:30", "2030-11-03T07:30", "2030-11-03T06:30"]
