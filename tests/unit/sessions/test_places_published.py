"""What the other services receive of a place."""

from dataclasses import replace
from datetime import date, time

from clinic_events import Away, OnCallDuty
from clinic_sessions.domain.places.hours import Closure, Hours, SpecialDay
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.places.staff import OnCall
from clinic_sessions.publishing import of_location
from tests.support.sessions import a_location

MORNING = Hours(opens=time(8), closes=time(12))
MONDAY = OnCall(member="nurse_ada", email="a@example.org", weekday="monday", hours=MORNING)
DUTY = OnCallDuty(email="a@example.org", weekday="monday", starts="08:00", ends="12:00")


def a_place(*closures: Closure, special_days: tuple[SpecialDay, ...] = ()) -> Location:
    place = a_location()
    details = replace(place.details, rota=(MONDAY,), closures=closures, special_days=special_days)
    return replace(place, details=details)


def closed(*of: str) -> Closure:
    return Closure(id="c", first=date(2030, 1, 7), last=date(2030, 1, 8), reason="leave", of=of)


def test_the_rota_is_published_as_it_stands() -> None:
    assert of_location(a_place()).rota == (DUTY,)


def test_who_is_away_or_whose_place_is_closed_is_not_on_call() -> None:
    away = Away(first="2030-01-07", last="2030-01-08")
    for closure in (closed(), closed("chair_1", "nurse_ada")):
        assert of_location(a_place(closure)).rota == (DUTY.model_copy(update={"away": (away,)}),)
    shut = SpecialDay(on=date(2030, 1, 7), hours=None)
    [duty] = of_location(a_place(special_days=(shut,))).rota
    assert duty.away == (Away(first="2030-01-07", last="2030-01-07"),)


def test_a_closed_chair_or_another_who_is_away_changes_nothing_about_who_is_on_call() -> None:
    assert of_location(a_place(closed("chair_1"), closed("nurse_ben"))).rota == (DUTY,)
    half = SpecialDay(on=date(2030, 1, 7), hours=MORNING)
    assert of_location(a_place(special_days=(half,))).rota == (DUTY,)
