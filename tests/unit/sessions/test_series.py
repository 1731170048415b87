"""A whole series against what is simplest and surely right: trying every choice of starts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_sessions.domain.booking.days import Busy
from clinic_sessions.domain.booking.preferences import DAY_PARTS, DayPart, Preference
from clinic_sessions.domain.booking.search import Search, SeriesFound, SeriesWanted
from clinic_sessions.domain.booking.series import apart, best_series, openings
from clinic_sessions.domain.booking.visit import PERSON
from clinic_sessions.domain.errors import NotBookable
from clinic_sessions.domain.places.hours import Closure, Hours
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.places.staff import Member, Shift
from clinic_sessions.domain.protocols.protocol import Spacing, Stage
from tests.support.series import staged_spacings
from tests.support.sessions import (
    NOON,
    TOMORROW,
    a_location,
    a_protocol,
    a_timetable,
    wishing,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def at(hours: int) -> datetime:
    return TOMORROW + hours * HOUR


spacings = staged_spacings(most_wider=5, within=16)
hours = st.lists(st.integers(0, 18).map(at), unique=True, max_size=9)


def keeps(times: Sequence[datetime], booked: Sequence[datetime], spacing: Spacing) -> bool:
    """Every step to or from a new one is right, and no new one is outside the whole."""
    new = set(times) - set(booked)
    steps = all(
        keeps_step(then - before, spacing.step_to(number))
        if {before, then} & new
        else stays_right(then - before, sorted(booked).index(then) + 1, number, spacing)
        for number, (before, then) in enumerate(pairwise(times), start=2)
    )
    whole = all(
        one - times[0] <= spacing.within
        and (times[0] in booked or times[-1] <= times[0] + spacing.within)
        for one in new
    )
    return steps and whole


def keeps_step(apart: timedelta, stage: Stage) -> bool:
    return stage.least <= apart <= stage.most


def stays_right(apart: timedelta, was: int, becomes: int, spacing: Spacing) -> bool:
    """Between two that were booked: as it was, or not too near for where it is now."""
    stage = spacing.step_to(becomes)
    return stage == spacing.step_to(was) or apart >= stage.least


def everything_tried(
    free: Sequence[datetime], booked: Sequence[datetime], wanted: int, spacing: Spacing
) -> tuple[datetime, ...]:
    """The earliest of the longest choices."""
    for number in range(wanted, 0, -1):
        for chosen in combinations(sorted(set(free) - set(booked)), number):
            if keeps(sorted([*chosen, *booked]), booked, spacing):
                return chosen
    return ()


@settings(max_examples=400)
@given(
    hours,
    st.lists(st.integers(0, 18).map(at), unique=True, max_size=3),
    st.integers(1, 5),
    spacings,
)
def test_a_series_is_found_exactly_when_trying_everything_finds_one_and_it_is_the_same(
    free: list[datetime], booked: list[datetime], wanted: int, spacing: Spacing
) -> None:
    booked.sort()
    found = best_series(free, booked, wanted, spacing)
    assert found == everything_tried(free, booked, wanted, spacing)
    assert keeps(sorted([*found, *booked]), booked, spacing)


@settings(max_examples=300)
@given(hours, st.integers(1, 5), spacings)
def test_of_a_series_that_is_not_whole_no_gap_has_a_free_start(
    free: list[datetime], wanted: int, spacing: Spacing
) -> None:
    found = best_series(free, [], wanted, spacing)
    if len(found) < wanted:
        for gap in openings(found, spacing, since=at(0), until=at(18)):
            assert [one for one in free if gap.since <= one <= gap.until] == []


def found(
    wanted: SeriesWanted,
    *busy: Busy,
    location: Location | None = None,
    times: tuple[datetime, ...] = (),
    broken_off: tuple[datetime, ...] = (),
    how_many: int = 6,
    until: datetime = TOMORROW + 21 * DAY,
) -> SeriesFound:
    timetable = a_timetable(TOMORROW, until, *busy, location=location)
    search = Search(
        timetable=timetable,
        wanted=wanted,
        times=times,
        broken_off=broken_off,
        how_many=how_many,
        since=TOMORROW,
        until=until,
    )
    return search.found(now=NOON)


def on_the_wall(result: SeriesFound) -> list[str]:
    calendar = a_location().calendar
    return [f"{calendar.local(visit.starts_at):%a %d %H:%M}" for _, visit in result.visits]


def test_a_series_is_as_early_as_the_spacing_and_the_wishes_let_it() -> None:
    wish = Preference(parts=(DAY_PARTS["afternoon"],), not_on=frozenset({"wednesday"}))
    result = found(SeriesWanted(preference=wish))
    assert on_the_wall(result) == [
        "Tue 08 12:00",
        "Thu 10 12:00",
        "Sat 12 12:00",
        "Mon 14 12:00",
        "Thu 17 12:00",
        "Sat 19 12:00",
    ]
    assert (result.missing, result.gaps) == (0, ())


def test_a_series_begins_as_long_after_a_dose_that_was_broken_off_as_the_wish_says() -> None:
    dosed = (TOMORROW - DAY,)
    assert on_the_wall(found(SeriesWanted(), broken_off=dosed, how_many=1)) == ["Wed 09 09:00"]
    wished = SeriesWanted(least=72 * HOUR)
    assert on_the_wall(found(wished, broken_off=dosed, how_many=1)) == ["Thu 10 09:00"]
    soon = found(wished, broken_off=(TOMORROW,), how_many=1, until=TOMORROW + 2 * DAY)
    assert (soon.missing, [reason.kind for reason in soon.gaps[0].reasons]) == (1, ["spacing"])


def test_booked_visits_are_heeded_and_the_numbers_run_through_all() -> None:
    booked = (TOMORROW + 3 * DAY,)
    result = found(SeriesWanted(least=72 * HOUR), times=booked, how_many=2)
    assert [number for number, _ in result.visits] == [1, 3]
    assert [visit.starts_at for _, visit in result.visits] == [TOMORROW, TOMORROW + 6 * DAY]


def test_a_gap_shows_what_is_lacking_and_when() -> None:
    nurse = Member(
        name="nurse_ada",
        roles=("nurse",),
        shifts=(Shift(weekday="tuesday", hours=Hours(opens=time(8), closes=time(18))),),
    )
    base = a_location()
    location = replace(base, details=replace(base.details, staff=(nurse,)))
    morning = Preference(parts=(DAY_PARTS["morning"],))
    closed = Closure(id="c", first=date(2030, 1, 22), last=date(2030, 1, 22), reason="holiday")
    location = replace(location, details=replace(location.details, closures=(closed,)))
    result = found(SeriesWanted(preference=morning), location=location)
    assert on_the_wall(result) == ["Tue 08 09:00", "Tue 15 08:00"]
    assert (result.missing, [gap.number for gap in result.gaps]) == (4, [2, 3])
    between, after = result.gaps
    assert [reason.sentence for reason in between.reasons] == [
        "No nurse is free in the mornings from 10 until 12 January 2030."
    ]
    assert [(reason.kind, reason.sentence) for reason in after.reasons] == [
        ("person", "No nurse is free in the mornings from 17 until 21 January 2030."),
        ("closure", "The location is closed in the mornings on 22 January 2030."),
    ]


def test_a_gap_shows_a_wish_that_nothing_meets_and_a_time_too_short_for_more() -> None:
    wish = Preference(parts=(DayPart(starts=time(3), ends=time(4)),))
    [gap] = found(SeriesWanted(preference=wish)).gaps
    assert [reason.kind for reason in gap.reasons] == ["wish"]
    [gap] = found(SeriesWanted(), how_many=2, until=TOMORROW + DAY).gaps
    assert [reason.kind for reason in gap.reasons] == ["spacing"]


def test_one_who_is_wished_and_away_is_named() -> None:
    away = Busy(PERSON, "nurse_ada", TOMORROW - DAY, TOMORROW + 30 * DAY, 1)
    wished = SeriesWanted(wishes=wishing(nurse="nurse_ada"))
    [gap] = found(wished, away).gaps
    assert gap.reasons[0].sentence == "Nurse ada is not free from 8 until 29 January 2030."


@pytest.mark.parametrize(("least", "most"), [(24, None), (None, 200), (100, 90)])
def test_a_wish_outside_the_protocols_spacing_is_refused(
    least: int | None, most: int | None
) -> None:
    hours = [None if number is None else number * HOUR for number in (least, most)]
    with pytest.raises(NotBookable) as refused:
        apart(a_protocol().spacing, *hours)
    assert refused.value.conflicts == [{"kind": "spacing"}]
    assert "48 to 168 hours" in str(refused.value)
