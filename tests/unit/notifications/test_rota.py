"""A call goes to whoever is on call at that instant, and never to nobody."""

from datetime import UTC, date, datetime, time

import pytest

from clinic_events import Away, LocationPublished, OnCallDuty, StaffCalled
from clinic_events.testing import example
from clinic_notifications.domain.people import Location
from clinic_notifications.domain.rota import WEEKDAYS, Duty
from clinic_platform.promises import Kept
from tests.support.notifications import LOCATION, Office, a_location

ALWAYS = "oncall@example.org"
ADA, BEN = "ada@example.org", "ben@example.org"


def duty(
    email: str,
    weekday: str,
    starts: int,
    ends: int,
    *away: tuple[date, date],
    role: str | None = None,
) -> Duty:
    at = {"starts": time(starts), "ends": time(ends)}
    return Duty(email=email, weekday=weekday, **at, away=away, role=role)


def a_place(zone: str = "Europe/Berlin") -> Location:
    """Ada on Monday mornings and Ben from eleven on, but for two Mondays."""
    away = (date(2030, 1, 14), date(2030, 1, 21))
    return a_location(
        zone=zone,
        rota=(duty(ADA, "monday", 8, 12), duty(BEN, "monday", 11, 18, away)),
    )


@pytest.mark.parametrize(
    ("at", "who"),
    [
        (datetime(2030, 1, 7, 6, 59, 59, tzinfo=UTC), ALWAYS),  # 07:59:59 in Berlin
        (datetime(2030, 1, 7, 7, 0, tzinfo=UTC), ADA),
        (datetime(2030, 1, 7, 10, 30, tzinfo=UTC), ADA),  # both: the first
        (datetime(2030, 1, 7, 11, 0, tzinfo=UTC), BEN),
        (datetime(2030, 1, 7, 17, 0, tzinfo=UTC), ALWAYS),  # 18:00, not any more
        (datetime(2030, 1, 8, 7, 0, tzinfo=UTC), ALWAYS),  # a Tuesday
        (datetime(2030, 1, 14, 12, 0, tzinfo=UTC), ALWAYS),  # away
        (datetime(2030, 1, 21, 12, 0, tzinfo=UTC), ALWAYS),
        (datetime(2030, 1, 28, 12, 0, tzinfo=UTC), BEN),
        (datetime(2030, 7, 1, 6, 0, tzinfo=UTC), ADA),  # summer time: 08:00 is an hour earlier
        (datetime(2030, 7, 1, 5, 59, tzinfo=UTC), ALWAYS),
    ],
)
def test_the_rota_follows_the_clock_of_the_place(at: datetime, who: str) -> None:
    assert a_place().on_call_at(at) == who


def test_the_day_of_the_week_is_that_of_the_place() -> None:
    late = datetime(2030, 1, 7, 22, 30, tzinfo=UTC)  # Tuesday 07:30 in Tokyo
    tokyo = a_location(zone="Asia/Tokyo", rota=(duty(ADA, "tuesday", 7, 8),))
    assert tokyo.on_call_at(late) == ADA
    assert a_location(rota=(duty(ADA, "tuesday", 7, 8),)).on_call_at(late) == ALWAYS


def test_somebody_is_called_at_every_hour_of_a_week_whatever_the_rota() -> None:
    gaps = a_location(rota=tuple(duty(ADA, day, 9, 10) for day in WEEKDAYS))
    hours = [datetime(2030, 1, 7 + day, hour, tzinfo=UTC) for day in range(7) for hour in range(24)]
    called = [gaps.on_call_at(at) for at in hours]
    assert (called.count(ADA), called.count(ALWAYS)) == (7, 7 * 23)


async def test_a_letter_goes_to_whoever_the_place_has_on_call() -> None:
    office = Office()
    at = office.clock().astimezone(UTC)
    duty_now = OnCallDuty(email=ADA, weekday=WEEKDAYS[at.weekday()], starts="00:00", ends="23:59")
    away = Away(first=at.date().isoformat(), last=at.date().isoformat())
    place = example(
        LocationPublished,
        location_id=LOCATION,
        zone="UTC",
        sender_email="hello@example.org",
        quiet_hours={"starts": "20:00", "ends": "08:00"},
        rota=(duty_now.model_copy(update={"email": BEN, "away": (away,)}), duty_now),
    )
    await office.handlers.learning.keep_location(place)
    called = example(StaffCalled, location_id=LOCATION, call_id="cal_1", called_at=office.clock())
    await office.handlers.planning.call_staff(called)
    assert await office.keep("cal_1/called") == Kept()
    assert [letter.recipient for letter in office.mailer.letters] == [ADA]


@pytest.mark.parametrize(
    ("role", "hour", "who"),
    [
        ("prescriber", 9, BEN),
        ("charge_nurse", 9, ADA),
        (None, 9, ADA),  # no role is called: the first, as ever
        ("medical_director", 9, ADA),  # nobody has it: the first of those on call
        ("prescriber", 15, ADA),  # not on call any more: whoever is
        ("prescriber", 20, ALWAYS),  # nobody is
    ],
)
def test_a_call_to_a_role_goes_to_whoever_has_it_and_else_to_anybody_on_call(
    role: str | None, hour: int, who: str
) -> None:
    rota = (
        duty(ADA, "monday", 8, 18, role="charge_nurse"),
        duty(BEN, "monday", 8, 12, role="prescriber"),
    )
    at = datetime(2030, 1, 7, hour, tzinfo=UTC)
    assert a_location(zone="UTC", rota=rota).on_call_at(at, role) == who


@pytest.mark.parametrize(("role", "who"), [("prescriber", BEN), ("medical_director", ADA)])
async def test_the_letter_of_a_call_goes_to_the_role_it_calls(role: str, who: str) -> None:
    office = Office()
    weekday = WEEKDAYS[office.clock().astimezone(UTC).weekday()]
    nurse = OnCallDuty(email=ADA, weekday=weekday, starts="00:00", ends="23:59")
    prescriber = nurse.model_copy(update={"email": BEN, "role": "prescriber"})
    place = example(
        LocationPublished,
        location_id=LOCATION,
        zone="UTC",
        sender_email="hello@example.org",
        quiet_hours={"starts": "20:00", "ends": "08:00"},
        rota=(nurse, prescriber),
    )
    await office.handlers.learning.keep_location(place)
    called = example(
        StaffCalled, location_id=LOCATION, call_id="cal_1", called_at=office.clock(), role=role
    )
    await office.handlers.planning.call_staff(called)
    assert await office.keep("cal_1/called") == Kept()
    assert [letter.recipient for letter in office.mailer.letters] == [who]
