"""When consultations are offered: hours on the wall, slots in real time, whatever the clocks do."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_intake.domain.errors import SlotHasPassed, SlotNotOffered
from clinic_intake.domain.timetable import WEEKDAYS, Slot, Timetable
from clinic_platform.testing import NOON
from tests.support.intake import ADA, CHICAGO, NINE, a_place, the_definitions

TABLE = the_definitions().timetable
ZONES = ("America/Chicago", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
HALF_AN_HOUR = timedelta(minutes=30)
A_DAY = timedelta(days=1)


def a_table(hours: str, *, location: str = "*", lasts: int = 30) -> Timetable:
    """One clinician, the same hours every day."""
    clinician = {
        "id": ADA,
        "locations": [location],
        "hours": {day: [hours] for day in WEEKDAYS},
    }
    return Timetable.parse(
        {
            "version": 1,
            "lasts_minutes": lasts,
            "days_at_most": 14,
            "alternatives": 3,
            "clinicians": [clinician],
        }
    )


def on(table: Timetable, day: date, *, zone: str = "America/Chicago") -> list[Slot]:
    """The slots of one day on the wall."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    following = (midnight + A_DAY).astimezone(UTC)
    return table.slots(a_place(zone=zone), since=midnight.astimezone(UTC), until=following)


def on_the_wall(slots: list[Slot], zone: ZoneInfo = CHICAGO) -> list[str]:
    return [slot.starts_at.astimezone(zone).strftime("%H:%M") for slot in slots]


def test_a_day_is_filled_from_opening_to_closing_and_not_beyond() -> None:
    slots = on(a_table("09:00-10:45"), date(2030, 1, 8))
    assert on_the_wall(slots) == ["09:00", "09:30", "10:00"]


def test_a_clinician_works_only_where_the_timetable_says() -> None:
    assert on(a_table("09:00-10:00", location="loc_elsewhere"), date(2030, 1, 8)) == []
    assert len(on(a_table("09:00-10:00", location="loc_sample"), date(2030, 1, 8))) == 2


def test_the_same_hour_on_the_wall_is_another_hour_in_summer() -> None:
    table = a_table("09:00-09:30")
    [winter], [summer] = on(table, date(2030, 3, 9)), on(table, date(2030, 3, 10))
    assert (winter.starts_at.hour, summer.starts_at.hour) == (15, 14)


def test_the_night_the_clocks_go_forward_is_an_hour_shorter() -> None:
    slots = on(a_table("00:00-04:00"), date(2030, 3, 10))
    assert on_the_wall(slots) == ["00:00", "00:30", "01:00", "01:30", "03:00", "03:30"]


def test_the_night_the_clocks_go_back_is_an_hour_longer_and_no_slot_comes_twice() -> None:
    slots = on(a_table("00:00-04:00"), date(2030, 11, 3))
    assert len(slots) == len(set(slots)) == 10
    assert Counter(on_the_wall(slots))["01:30"] == 2
    assert {later.starts_at - earlier.starts_at for earlier, later in pairwise(slots)} == {
        HALF_AN_HOUR
    }


@given(
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2029, 1, 1), date(2031, 12, 31)),
    lasts=st.sampled_from([20, 30, 45, 60]),
)
def test_slots_never_overlap_and_never_leave_the_hours(zone: str, day: date, lasts: int) -> None:
    slots = on(a_table("00:00-23:00", lasts=lasts), day, zone=zone)
    assert slots, "Every day has slots."
    for earlier, later in pairwise(slots):
        assert earlier.ends_at <= later.starts_at
    for slot in slots:
        assert slot.ends_at - slot.starts_at == timedelta(minutes=lasts)
        assert slot.starts_at.astimezone(ZoneInfo(zone)).date() == day
    assert slots[-1].ends_at.astimezone(ZoneInfo(zone)).strftime("%H:%M") <= "23:00"


def test_a_stretch_begins_with_its_first_moment_and_ends_before_its_last() -> None:
    nine = NINE.astimezone(UTC)
    slots = TABLE.slots(a_place(), since=nine, until=nine + HALF_AN_HOUR)
    assert slots == [Slot(nine, nine + HALF_AN_HOUR, ADA)]


def test_slots_of_several_clinicians_come_in_the_order_of_time() -> None:
    slots = on(TABLE, date(2030, 1, 8))
    assert slots == sorted(slots)
    assert {slot.clinician for slot in slots} == {ADA, "clinician_ben"}


def test_an_offered_slot_is_found_by_its_start() -> None:
    slot = TABLE.slot(a_place(), ADA, NINE, now=NOON)
    assert (slot.starts_at, slot.ends_at) == (NINE, NINE + HALF_AN_HOUR)
    assert slot.starts_at.tzinfo is UTC


@pytest.mark.parametrize("minutes", [-30, 1, 15, 24 * 60 * 4])
def test_what_the_timetable_does_not_offer_cannot_be_had(minutes: int) -> None:
    with pytest.raises(SlotNotOffered):
        TABLE.slot(a_place(), ADA, NINE + timedelta(minutes=minutes), now=NOON)


def test_a_clinician_nobody_knows_offers_nothing() -> None:
    with pytest.raises(SlotNotOffered):
        TABLE.slot(a_place(), "clinician_nobody", NINE, now=NOON)


def test_a_slot_that_begins_now_has_passed() -> None:
    with pytest.raises(SlotHasPassed, match="15:00 UTC"):
        TABLE.slot(a_place(), ADA, NINE, now=NINE)


@pytest.mark.parametrize(
    "changed",
    [
        {"clinicians": None},
        {"clinicians": [{"id": ADA, "locations": "*", "hours": {}}]},
        {"clinicians": [{"id": ADA, "locations": ["*"], "hours": {"holiday": ["09:00-10:00"]}}]},
        {"clinicians": [{"id": ADA, "locations": ["*"], "hours": {"monday": ["nine to ten"]}}]},
    ],
)
def test_a_timetable_of_another_form_keeps_the_service_from_starting(
    changed: dict[str, object],
) -> None:
    whole = {"version": 1, "lasts_minutes": 30, "days_at_most": 14, "alternatives": 3}
    with pytest.raises(ValueError, match=r"timetable|clinician|days|isoformat"):
        Timetable.parse({**whole, **changed})
