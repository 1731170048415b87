"""When a place is open, by its own clock: seasons, special days, closures, shifts."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_sessions.domain.places.hours import (
    WEEKDAYS,
    Calendar,
    Closure,
    Hours,
    SpecialDay,
    gaps_in,
    joined,
)
from clinic_sessions.domain.places.staff import Member, Shift

STEP = timedelta(minutes=5)
OFFICE = Hours(opens=time(8), closes=time(18))
ALL_DAY = Hours(opens=time(0), closes=time(23, 59))
# With a change of clocks: by an hour on both sides of Greenwich, by half an hour, none.
CHICAGO, BERLIN, LORD_HOWE, TOKYO = (
    "America/Chicago",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Tokyo",
)


def a_calendar(
    zone: str = CHICAGO,
    hours: Hours = OFFICE,
    *,
    special: tuple[SpecialDay, ...] = (),
    closures: tuple[Closure, ...] = (),
) -> Calendar:
    return Calendar(
        zone=zone,
        week=dict.fromkeys(WEEKDAYS, hours),
        special_days=special,
        closures=closures,
    )


def open_steps(calendar: Calendar, day: date) -> int:
    """How many stretches of five minutes, of real time, lie in that day's opening hours."""
    zone = ZoneInfo(calendar.zone)
    at = datetime.combine(day, time(), zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    number = 0
    while at < end:
        number += calendar.is_open(at, at + STEP)
        at += STEP
    return number


def at(zone: str, day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (CHICAGO, date(2030, 3, 9), 24),
        (CHICAGO, date(2030, 3, 10), 23),
        (CHICAGO, date(2030, 11, 3), 25),
        (BERLIN, date(2030, 3, 31), 23),
        (BERLIN, date(2030, 10, 27), 25),
        (LORD_HOWE, date(2030, 4, 7), 24.5),
        (LORD_HOWE, date(2030, 10, 6), 23.5),
        (TOKYO, date(2030, 3, 10), 24),
    ],
)
def test_a_place_that_never_shuts_is_open_for_as_long_as_its_day_is(
    zone: str, day: date, hours: float
) -> None:
    # One minute before midnight it closes, so the last five minutes are not to be had.
    assert open_steps(a_calendar(zone, ALL_DAY), day) == hours * 12 - 1


@given(
    zone=st.sampled_from([CHICAGO, BERLIN, LORD_HOWE, TOKYO]),
    day=st.dates(date(2029, 1, 1), date(2031, 12, 31)),
)
def test_office_hours_are_ten_hours_on_every_day_of_every_zone(zone: str, day: date) -> None:
    calendar = a_calendar(zone)
    opens_at, closes_at = at(zone, day, 8), at(zone, day, 18)
    assert calendar.is_open(opens_at, closes_at)
    assert closes_at - opens_at == timedelta(hours=10)
    assert not calendar.is_open(opens_at - STEP, closes_at)
    assert not calendar.is_open(opens_at, closes_at + STEP)


def test_an_hour_that_comes_twice_is_open_only_while_both_agree() -> None:
    early = a_calendar(hours=Hours(opens=time(0), closes=time(1, 30)))
    day = date(2030, 11, 3)  # in Chicago 01:30 comes twice
    first = datetime(2030, 11, 3, 6, 30, tzinfo=UTC)
    assert early.is_open(at(CHICAGO, day, 0), first)
    assert not early.is_open(at(CHICAGO, day, 0), first + timedelta(hours=1))
    late = a_calendar(hours=Hours(opens=time(1, 30), closes=time(6)))
    assert not late.is_open(first, first + STEP)
    assert late.is_open(first + timedelta(hours=1), first + timedelta(hours=1) + STEP)


def test_a_visit_over_midnight_is_in_no_days_hours() -> None:
    calendar = a_calendar(hours=ALL_DAY)
    evening = at(CHICAGO, date(2030, 1, 8), 23)
    assert calendar.is_open(evening, evening + timedelta(minutes=50))
    assert not calendar.is_open(evening, evening + timedelta(hours=2))


def test_a_special_day_has_its_own_hours_in_place_of_the_weeks() -> None:
    day = date(2030, 1, 8)
    short = SpecialDay(on=day, hours=Hours(opens=time(12), closes=time(14)))
    calendar = a_calendar(special=(short, SpecialDay(on=date(2030, 1, 9), hours=None)))
    assert calendar.is_open(at(CHICAGO, day, 12), at(CHICAGO, day, 14))
    assert not calendar.is_open(at(CHICAGO, day, 9), at(CHICAGO, day, 11))
    assert open_steps(calendar, date(2030, 1, 9)) == 0
    assert open_steps(calendar, date(2030, 1, 10)) == 120


def test_a_special_day_may_open_a_place_on_a_day_it_is_shut() -> None:
    sunday = date(2030, 1, 13)
    calendar = Calendar(
        zone=CHICAGO, week={"monday": OFFICE}, special_days=(SpecialDay(on=sunday, hours=OFFICE),)
    )
    assert open_steps(calendar, sunday) == 120
    assert open_steps(calendar, date(2030, 1, 20)) == 0


def test_a_closure_counts_on_both_of_its_days_and_over_a_special_day() -> None:
    first, last = date(2030, 1, 8), date(2030, 1, 10)
    calendar = a_calendar(
        special=(SpecialDay(on=first, hours=OFFICE),),
        closures=(Closure(id="holiday", first=first, last=last, reason="public_holiday"),),
    )
    days = [date(2030, 1, 7) + timedelta(days=n) for n in range(5)]
    assert [open_steps(calendar, day) for day in days] == [120, 0, 0, 0, 120]


def test_a_closure_of_one_chair_leaves_the_place_and_the_other_chair_open() -> None:
    day = date(2030, 1, 8)
    closure = Closure(id="broken", first=day, last=day, reason="repair", of=("chair_1",))
    calendar = a_calendar(closures=(closure,))
    nine = at(CHICAGO, day, 9)
    assert calendar.is_open(nine, nine + STEP)
    assert calendar.is_closed_for("chair_1", nine)
    assert not calendar.is_closed_for("chair_2", nine)
    assert not calendar.is_closed_for("chair_1", nine + timedelta(days=1))


@pytest.mark.parametrize(("zone", "is_closed"), [(CHICAGO, True), (TOKYO, False)])
def test_the_day_of_a_closure_is_the_places_own(zone: str, is_closed: bool) -> None:
    closure = Closure(id="c", first=date(2030, 1, 8), last=date(2030, 1, 8), reason="r", of=("a",))
    moment = datetime(2030, 1, 9, 3, tzinfo=UTC)  # the 8th in the west, the 9th in the east
    assert a_calendar(zone, closures=(closure,)).is_closed_for("a", moment) is is_closed


def a_member(*hours: tuple[int, int]) -> Member:
    shifts = tuple(
        Shift(weekday="tuesday", hours=Hours(opens=time(opens), closes=time(closes)))
        for opens, closes in hours
    )
    return Member(name="nurse_ada", roles=("nurse",), shifts=shifts)


def is_there(member: Member, day: date, opens: int, closes: int) -> bool:
    zone = ZoneInfo(CHICAGO)
    start = datetime.combine(day, time(opens), zone)
    return member.is_there(start, datetime.combine(day, time(closes), zone))


def test_shifts_that_touch_are_one() -> None:
    tuesday = date(2030, 1, 8)
    assert is_there(a_member((8, 12), (12, 16)), tuesday, 11, 13)
    assert not is_there(a_member((8, 12), (13, 16)), tuesday, 11, 14)
    assert not is_there(a_member((8, 12)), tuesday + timedelta(days=1), 9, 10)


def test_who_has_no_shifts_is_there_whenever_the_place_is_open() -> None:
    assert is_there(a_member(), date(2030, 1, 9), 9, 10)


def test_a_shift_counts_from_its_first_until_its_last_day() -> None:
    shift = Shift(weekday="tuesday", hours=OFFICE, first=date(2030, 1, 8), last=date(2030, 1, 15))
    member = Member(name="nurse_ada", roles=("nurse",), shifts=(shift,))
    tuesdays = [date(2030, 1, 1) + timedelta(days=7 * n) for n in range(4)]
    assert [is_there(member, day, 9, 10) for day in tuesdays] == [False, True, True, False]


minutes = st.integers(0, 23 * 60 + 59)
stretches = st.lists(st.tuples(minutes, minutes).filter(lambda pair: pair[0] < pair[1]), max_size=6)


def hours_of(pair: tuple[int, int]) -> Hours:
    opens, closes = (time(minute // 60, minute % 60) for minute in pair)
    return Hours(opens=opens, closes=closes)


def minutes_of(hours: list[Hours]) -> set[int]:
    """Every minute that has begun within them."""
    return {
        minute
        for one in hours
        for minute in range(
            one.opens.hour * 60 + one.opens.minute, one.closes.hour * 60 + one.closes.minute
        )
    }


@given(pairs=stretches)
def test_joined_stretches_are_the_same_time_and_apart(pairs: list[tuple[int, int]]) -> None:
    parts = [hours_of(pair) for pair in pairs]
    whole = joined(parts)
    assert minutes_of(whole) == minutes_of(parts)
    assert all(one.closes < other.opens for one, other in pairwise(whole))


@given(pairs=stretches)
def test_gaps_are_exactly_what_is_not_covered(pairs: list[tuple[int, int]]) -> None:
    covered = [hours_of(pair) for pair in pairs]
    assert minutes_of(gaps_in(OFFICE, covered)) == minutes_of([OFFICE]) - minutes_of(covered)
