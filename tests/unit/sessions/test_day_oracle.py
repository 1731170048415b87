"""A day in bits against the calendar and the shifts, start by start, as the clocks are changed."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_sessions.domain.booking.asks import Ask, Candidate
from clinic_sessions.domain.booking.days import Day, days_of
from clinic_sessions.domain.booking.grid import SLOT
from clinic_sessions.domain.booking.visit import PERSON
from clinic_sessions.domain.places.hours import WEEKDAYS, Calendar, Hours
from clinic_sessions.domain.places.staff import Member, Shift

AN_HOUR = timedelta(hours=1)
# Days on which the clocks are changed, and the day before.
CHANGING = (
    ("America/Chicago", date(2030, 3, 10)),
    ("America/Chicago", date(2030, 11, 3)),
    ("Europe/Berlin", date(2030, 3, 31)),
    ("Europe/Berlin", date(2030, 10, 27)),
    ("Australia/Lord_Howe", date(2030, 4, 7)),
    ("Australia/Lord_Howe", date(2030, 10, 6)),
)
SOME_HOURS = (
    st.lists(st.integers(0, 8), min_size=2, max_size=4, unique=True)
    .map(sorted)
    .map(lambda halves: [time(half // 2, half % 2 * 30) for half in halves])
)


def a_day_of(zone: str, on: date, hours: Hours) -> Day:
    week = {weekday: hours for weekday in WEEKDAYS}
    return days_of(Calendar(zone=zone, week=week), on, on)[0]


def starts_of(day: Day) -> Iterator[tuple[int, datetime]]:
    for bit in range(day.length):
        at = day.calendar.local(day.instant(bit))
        if at.date() == day.on:
            yield bit, at


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(CHANGING), st.integers(0, 1), SOME_HOURS, st.sampled_from([SLOT, AN_HOUR]))
def test_a_day_in_bits_is_open_when_the_calendar_says_so_whatever_the_clocks_do(
    where: tuple[str, date], before: int, hours: list[time], lasts: timedelta
) -> None:
    zone, changed = where
    opens = Hours(opens=hours[0], closes=hours[-1])
    day = a_day_of(zone, changed - timedelta(days=before), opens)
    for bit, at in starts_of(day):
        is_open = day.calendar.is_open(at, at.astimezone(UTC) + lasts)
        assert bool(day.opens_for(lasts) >> bit & 1) is is_open, at


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(CHANGING), st.integers(0, 1), SOME_HOURS, st.sampled_from([SLOT, AN_HOUR]))
def test_somebody_is_there_in_bits_when_their_shifts_say_so_also_where_they_touch(
    where: tuple[str, date], before: int, hours: list[time], lasts: timedelta
) -> None:
    zone, changed = where
    on = changed - timedelta(days=before)
    shifts = tuple(
        Shift(weekday=WEEKDAYS[on.weekday()], hours=Hours(opens=opens, closes=closes))
        for opens, closes in pairwise(hours)
    )
    member = Member(name="x", roles=("nurse",), shifts=shifts)
    day = a_day_of(zone, on, Hours(opens=time(), closes=time(23, 30)))
    nurse = Candidate(name="x", member=member)
    ask = Ask(
        kind=PERSON,
        what="nurse",
        competence=None,
        phases=("x",),
        start=0,
        end=lasts // SLOT,
        candidates=(nurse,),
    )
    for bit, at in starts_of(day):
        end = day.calendar.local(day.instant(bit + lasts // SLOT))
        assert day.is_there(ask, nurse, bit) is member.is_there(at, end), at
