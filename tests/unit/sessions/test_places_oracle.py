"""A change breaks exactly those bookings of which some five minutes cannot be held any more.

The oracle knows no intervals: it goes through a visit five minutes at a time and looks at the wall.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from clinic_sessions.domain.booking.grid import SLOT
from clinic_sessions.domain.places.changes import breaks_of, plan_change
from clinic_sessions.domain.places.hours import WEEKDAYS, Closure, Hours, SpecialDay
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.places.offering import Treatment
from clinic_sessions.domain.places.resources import Chair, Room
from clinic_sessions.domain.places.staff import Member, Shift
from clinic_sessions.domain.session import Session
from tests.support.sessions import TOMORROW, a_location, a_session

DAY = date(2030, 1, 8)
SESSION = a_session()
BOOKED = SESSION.booked_visit
OURS = Treatment("iv-ketamine-depression", None)
ZONES = ("America/Chicago", "America/Denver", "Europe/Berlin", "Pacific/Auckland")
NAMES = ("room_1", "room_2", "chair_1", "chair_2", "nurse_ada", "nurse_ben")

clock = st.integers(0, 24 * 12 - 1).map(lambda step: time(step // 12, step % 12 * 5))
hours = st.lists(clock, min_size=2, max_size=2, unique=True).map(
    lambda pair: Hours(opens=min(pair), closes=max(pair))
)
long_hours = st.builds(
    lambda opens, closes: Hours(opens=time(opens), closes=time(closes)),
    st.integers(5, 10),
    st.integers(15, 23),
)
days = st.sampled_from([DAY - timedelta(days=1), DAY, DAY + timedelta(days=1)])
closures = st.builds(
    lambda day, of, protocols: Closure(
        id="c", first=day, last=day, reason="r", of=of, protocols=protocols
    ),
    st.just(DAY) | days,
    st.sampled_from([(), *((name,) for name in NAMES)]),
    st.sampled_from([(), (), (OURS.protocol,), ("another",)]),
)
shifts: st.SearchStrategy[list[Shift]] = st.just([]) | st.lists(
    st.builds(Shift, weekday=st.sampled_from(WEEKDAYS[:3]), hours=hours | long_hours), max_size=3
)
other_days = st.dictionaries(st.sampled_from(["monday", "wednesday"]), long_hours)
special_days = st.builds(SpecialDay, on=days, hours=st.none() | long_hours)


@st.composite
def locations(draw: st.DrawFn) -> Location:
    location = a_location()
    rooms = draw(st.permutations(["room_1", "room_2"]))
    chairs = draw(st.sampled_from([{1}, {1, 2}, {1, 2}, {2}]))
    special = draw(
        st.lists(st.builds(SpecialDay, on=days, hours=st.none() | long_hours), max_size=1)
    )
    details = replace(
        location.details,
        zone=draw(st.sampled_from(ZONES)),
        hours={"tuesday": draw(long_hours), **draw(other_days)},
        special_days=tuple(special),
        closures=tuple(draw(st.lists(closures, max_size=1))),
        rooms=tuple(Room(name=name) for name in rooms),
        chairs=tuple(Chair(name=f"chair_{n}", room=rooms[0]) for n in sorted(chairs)),
        staff=tuple(
            Member(name=name, roles=("nurse",), shifts=tuple(draw(shifts)))
            for name in draw(st.sampled_from([NAMES[4:5], NAMES[4:], NAMES[5:]]))
        ),
    )
    return replace(location, details=details)


def a_booking(starts_at: datetime) -> Session:
    """At any time, also at one that could not be booked here."""
    later = starts_at - BOOKED.starts_at
    reservations = tuple(
        replace(taken, starts_at=taken.starts_at + later, ends_at=taken.ends_at + later)
        for taken in BOOKED.reservations
    )
    visit = replace(
        BOOKED, starts_at=starts_at, ends_at=BOOKED.ends_at + later, reservations=reservations
    )
    return replace(SESSION, visit=visit)


def steps(start: datetime, end: datetime, zone: str) -> Iterator[datetime]:
    while start < end:
        yield start.astimezone(ZoneInfo(zone))
        start += SLOT


def is_within(wall: datetime, stretch: Hours) -> bool:
    begins = wall.hour * 60 + wall.minute
    opens, closes = (at.hour * 60 + at.minute for at in (stretch.opens, stretch.closes))
    return opens <= begins and begins + 5 <= closes


def is_closed(location: Location, day: date, *names: str) -> bool:
    """A closure of nothing is one of the whole place, asked for without a name."""
    closed = [
        one
        for one in location.details.closures
        if one.first <= day <= one.last
        if not one.protocols or OURS.protocol in one.protocols
    ]
    return (
        any(not one.of for one in closed)
        if not names
        else any(name in one.of for one in closed for name in names)
    )


def is_open(location: Location, wall: datetime) -> bool:
    details = location.details
    special = {day.on: day.hours for day in details.special_days}
    usual = details.hours.get(WEEKDAYS[wall.weekday()])
    stretch = special.get(wall.date(), usual)
    return stretch is not None and not is_closed(location, wall.date()) and is_within(wall, stretch)


def is_there(location: Location, name: str, wall: datetime) -> bool:
    details = location.details
    for chair in details.chairs:
        if chair.name == name:
            return not is_closed(location, wall.date(), name, chair.room)
    for member in details.staff:
        if member.name == name:
            mine = [one.hours for one in member.shifts if one.weekday == WEEKDAYS[wall.weekday()]]
            works = not member.shifts or any(is_within(wall, stretch) for stretch in mine)
            return works and not is_closed(location, wall.date(), name)
    return False


def is_held(location: Location, booking: Session) -> bool:
    visit, zone = booking.booked_visit, location.details.zone
    walls = list(steps(visit.starts_at, visit.ends_at, zone))
    return (
        len({wall.date() for wall in walls}) == 1
        and all(is_open(location, wall) for wall in walls)
        and all(
            is_there(location, taken.resource, wall)
            for taken in visit.reservations
            if taken.kind != "patient"
            for wall in steps(taken.starts_at, taken.ends_at, zone)
        )
    )


starts = st.integers(-24, 72).map(lambda n: TOMORROW + n * SLOT)


@given(location=locations(), starts_at=starts)
def test_what_the_oracle_cannot_hold_is_broken_and_nothing_else(
    location: Location, starts_at: datetime
) -> None:
    booking = a_booking(starts_at)
    breaks = breaks_of(location, booking.booked_visit, OURS)
    assert (breaks == ()) is is_held(location, booking)


@given(before=locations(), after=locations(), starts_at=starts)
def test_a_plan_blames_a_change_for_what_was_held_before(
    before: Location, after: Location, starts_at: datetime
) -> None:
    booking = a_booking(starts_at)
    plan = plan_change(before, after.details, [booking], {SESSION.plan_id: OURS})
    if is_held(before, booking):
        assert bool(plan.broken) is not is_held(after, booking)
    if is_held(after, booking):
        assert plan.broken == ()
