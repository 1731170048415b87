"""Ratios, capacities and buffers that bookings do not keep any more; and what was permitted."""

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest

from clinic_sessions.domain.booking.override import Override
from clinic_sessions.domain.booking.visit import PATIENT, PERSON, PLACE, Reservation, Visit
from clinic_sessions.domain.facts import Booked
from clinic_sessions.domain.places.changes import Effect, broken_bookings, plan_change
from clinic_sessions.domain.places.hours import Closure, Hours
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.places.offering import Treatment
from clinic_sessions.domain.places.resources import Buffer, RecoveryPlace, Room
from clinic_sessions.domain.places.staff import Shift
from clinic_sessions.domain.session import Session
from tests.support.sessions import NOON, TOMORROW, a_location

MINUTE = timedelta(minutes=1)
DAY = date(2030, 1, 8)  # as TOMORROW, 9 o'clock on the wall


def a_place(**changes: Any) -> Location:
    location = a_location()
    whole = replace(
        location.details,
        recovery=(RecoveryPlace(name="lounge", room="room_1", capacity=3),),
        ratios={"recovery": 3},
    )
    return replace(location, details=replace(whole, **changes))


def cleared(minutes: int) -> dict[str, Any]:
    return {"rooms": (Room(name="room_1", clearing_up_minutes=minutes),)}


def reserved(kind: str, name: str, start: int, end: int, at_most: int, **more: Any) -> Reservation:
    since, until = TOMORROW + start * MINUTE, TOMORROW + end * MINUTE
    return Reservation(
        kind=kind,
        what=kind,
        phases=("recovery",),
        resource=name,
        starts_at=since,
        ends_at=until,
        taken_from=since,
        taken_until=until,
        at_most=at_most,
        **more,
    )


def watched(start: int) -> list[Reservation]:
    """An hour in the lounge, watched by the nurse."""
    lounge = reserved(PLACE, "lounge", start, start + 60, 3)
    return [lounge, reserved(PERSON, "nurse_ada", start, start + 60, 3)]


def seated(start: int, **more: Any) -> list[Reservation]:
    """An hour in the first chair."""
    return [reserved(PLACE, "chair_1", start, start + 60, 1, **more)]


def permitted(*rules: str) -> Override:
    return Override(
        rules=rules,
        reason="urgent",
        by="usr_a",
        permitted_at=NOON,
        expires_at=TOMORROW + timedelta(days=1),
    )


def booked(number: int, taken: list[Reservation], *rules: str) -> Session:
    starts_at, ends_at = taken[0].starts_at, taken[0].ends_at
    who = replace(taken[0], kind=PATIENT, resource=f"pat_{number}", at_most=1)
    visit = Visit(starts_at=starts_at, ends_at=ends_at, reservations=(*taken, who))
    if rules:
        visit = replace(visit, override=permitted(*rules))
    session = Session(
        id=f"ses_{number}",
        patient_id=f"pat_{number}",
        location_id="loc_sample",
        plan_id=f"pln_{number}",
        infusion_number=1,
    )
    return session.after(Booked(visit))


def broken(*bookings: Session, **changes: Any) -> dict[str, list[Effect]]:
    """By the change of the document, and exactly so by the document that came of it."""
    planned = plan_change(a_place(), a_place(**changes).details, bookings, {})
    found = {one.session_id: list(one.effects) for one in planned.broken}
    there = broken_bookings(a_place(**changes), bookings, {})
    assert found == {one.session_id: list(one.effects) for one in there}
    return found


OVER_RATIO = [Effect("person_over_ratio", "nurse_ada")]
FULL = [Effect("place_over_capacity", "lounge")]
TOO_SOON = [Effect("place_without_buffer", "chair_1")]


def test_of_three_who_are_watched_at_once_all_are_too_many_for_one_who_may_watch_two() -> None:
    three = [booked(n, watched(start)) for n, start in enumerate((0, 30, 55), start=1)]
    later = booked(4, watched(60))
    assert broken(*three, later) == {}
    assert broken(*three, later, ratios={"recovery": 2}) == {
        "ses_1": OVER_RATIO,
        "ses_2": OVER_RATIO,
        "ses_3": OVER_RATIO,
        "ses_4": OVER_RATIO,
    }
    assert broken(three[0], three[1], later, ratios={"recovery": 2}) == {}
    assert broken(three[0], later, ratios={}) == {}, "One after the other is no crowd."
    assert set(broken(*three[:2], ratios={})) == {"ses_1", "ses_2"}


def test_a_lounge_that_got_smaller_is_too_full() -> None:
    smaller = {"recovery": (RecoveryPlace(name="lounge", room="room_1", capacity=1),)}
    assert broken(booked(1, watched(0)), booked(2, watched(30)), **smaller) == {
        "ses_1": FULL,
        "ses_2": FULL,
    }
    assert broken(booked(1, watched(0)), booked(2, watched(60)), **smaller) == {}


def test_a_room_that_is_cleared_longer_after_one_treatment_has_its_visits_too_close() -> None:
    of_plan = {f"pln_{n}": Treatment(name, None) for n, name in ((1, "iv"), (2, "im"), (3, "im"))}
    for_iv = Buffer(protocol="iv", clearing_up_minutes=15)
    before = a_place(protocols=("iv", "im"))
    after = a_place(protocols=("iv", "im"), rooms=(Room(name="room_1", buffers=(for_iv,)),))
    iv, soon, next_one = (booked(n, seated(at)) for n, at in ((1, 0), (2, 70), (3, 130)))
    planned = plan_change(before, after.details, [iv, soon, next_one], of_plan)
    assert [(one.session_id, one.effects) for one in planned.broken] == [
        ("ses_1", tuple(TOO_SOON)),
        ("ses_2", tuple(TOO_SOON)),
    ]


def test_a_room_that_is_cleared_longer_has_visits_that_are_too_close() -> None:
    first, soon, late = (booked(n, seated(at)) for n, at in ((1, 0), (2, 70), (3, 150)))
    assert broken(first, soon, late, **cleared(10)) == {}
    assert broken(first, soon, late, **cleared(15)) == {"ses_1": TOO_SOON, "ses_2": TOO_SOON}


def test_what_was_permitted_without_buffers_or_beside_another_is_no_fault() -> None:
    first, bare = booked(1, seated(0)), booked(2, seated(60), "no_buffer")
    assert broken(bare, booked(3, seated(120), "no_buffer"), **cleared(15)) == {}
    assert set(broken(first, bare, **cleared(15))) == {"ses_1", "ses_2"}, "Its neighbour has some."
    beside = booked(4, seated(30, is_overbooked=True), "overbook")
    assert broken(first, beside, **cleared(15)) == {}


EARLY = Hours(opens=time(5), closes=time(8))
NIGHT: dict[str, dict[str, Any]] = {
    "shorter hours": {"hours": {"tuesday": EARLY}},
    "no such day": {"hours": {"monday": EARLY}},
}


@pytest.mark.parametrize("case", NIGHT)
def test_what_was_permitted_outside_the_hours_is_held_there_and_not_while_all_is_closed(
    case: str,
) -> None:
    ordinary, late = booked(1, seated(0)), booked(2, seated(120), "outside_hours")
    assert set(broken(ordinary, late, **NIGHT[case])) == {"ses_1"}
    closure = Closure(id="c", first=DAY, last=DAY, reason="water")
    assert set(broken(ordinary, late, closures=(closure,))) == {"ses_1", "ses_2"}
    short = booked(3, seated(120), "short_notice")
    assert set(broken(short, **NIGHT[case])) == {"ses_3"}, "It was not permitted that."


def test_who_was_permitted_outside_the_hours_has_people_outside_their_shifts() -> None:
    members = a_place().details.staff
    shift = Shift(weekday="tuesday", hours=EARLY)
    staff = {"staff": tuple(replace(one, shifts=(shift,)) for one in members)}
    assert set(broken(booked(1, watched(0)), **staff)) == {"ses_1"}
    assert broken(booked(1, watched(0), "outside_hours"), **staff) == {}
