"""Where a visit can be: the rules, one sentence a test."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from clinic_sessions.domain.booking.conflicts import Conflict
from clinic_sessions.domain.booking.days import Busy
from clinic_sessions.domain.booking.grid import SLOT
from clinic_sessions.domain.booking.override import Override
from clinic_sessions.domain.booking.timetable import Timetable
from clinic_sessions.domain.booking.visit import PERSON, PLACE, Visit
from clinic_sessions.domain.booking.wishes import Wishes
from clinic_sessions.domain.errors import NotBookable, SlotHasPassed, SlotTaken
from clinic_sessions.domain.places.hours import Closure, Hours
from clinic_sessions.domain.places.location import Location, Notice
from clinic_sessions.domain.places.resources import Buffer, RecoveryPlace, Room
from clinic_sessions.domain.places.staff import Shift
from clinic_sessions.domain.protocols.protocol import Need, Phase, Protocol
from tests.support.sessions import (
    NOON,
    TOMORROW,
    a_location,
    a_protocol,
    a_timetable,
    a_visit,
    wishing,
)

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)


def with_details(**changes: object) -> Location:
    location = a_location()
    return replace(location, details=replace(location.details, **changes))  # type: ignore[arg-type]  # of its fields


def a_lounge_protocol(*, at_most: int | None = None) -> Protocol:
    """An hour in a chair with a nurse, then an hour in the lounge, watched."""
    chair, nurse = Need(kind="place", what="chair"), Need(kind="person", what="nurse")
    lounge = Need(kind="place", what="recovery")
    watched = replace(nurse, is_shared=True, at_most=at_most)
    dosing = Phase(name="dosing", after=timedelta(), lasts=HOUR, needs=(chair, nurse))
    recovery = Phase(name="recovery", after=HOUR, lasts=HOUR, needs=(lounge, watched))
    return replace(a_protocol(), phases=(dosing, recovery))


def a_lounge(*, watches: int = 3, rooms: tuple[Room, ...] = (Room(name="room_1"),)) -> Location:
    lounge = RecoveryPlace(name="lounge", room="room_1", capacity=3)
    return with_details(recovery=(lounge,), ratios={"recovery": watches}, rooms=rooms)


def conflict_of(timetable: Timetable, at: datetime = TOMORROW, **asked: object) -> Conflict:
    found = timetable.examine(at, now=NOON, **asked)  # type: ignore[arg-type]  # passed on
    assert isinstance(found, Conflict)
    return found


def taken(kind: str, name: str, minutes: int, until: int, at_most: int = 1) -> Busy:
    start, end = (TOMORROW + timedelta(minutes=n) for n in (minutes, until))
    return Busy(kind, name, start, end, at_most)


def test_a_visit_takes_chair_nurse_and_patient_for_their_phases() -> None:
    visit = a_visit()
    taken = {(r.kind, r.resource) for r in visit.reservations}
    assert taken == {("place", "chair_1"), ("person", "nurse_ada"), ("patient", "pat_1")}
    [nurse] = [r for r in visit.reservations if r.kind == "person"]
    assert (nurse.starts_at - visit.starts_at, nurse.ends_at - nurse.starts_at) == (
        QUARTER,
        timedelta(minutes=45),
    )


def test_the_slots_of_a_visit_are_whole_and_none_twice() -> None:
    slots = [(r.resource, at) for r in a_visit().reservations for at in r.slots()]
    assert len(slots) == len(set(slots))
    assert len([at for resource, at in slots if resource == "chair_1"]) == timedelta(hours=2) / SLOT


@pytest.mark.parametrize(
    ("starts_at", "rule"),
    [
        (TOMORROW + timedelta(minutes=2), "grid"),
        (TOMORROW - timedelta(hours=2), "hours"),
        (TOMORROW + timedelta(hours=8), "hours"),
        (datetime(2030, 1, 13, 16, tzinfo=UTC), "hours"),
        (TOMORROW + timedelta(days=200), "notice"),
    ],
    ids=["off the grid", "before opening", "past closing", "on Sunday", "too far ahead"],
)
def test_a_time_that_does_not_suit_is_refused_by_name(starts_at: datetime, rule: str) -> None:
    with pytest.raises(NotBookable) as refused:
        a_timetable(starts_at).visit(starts_at, now=NOON)
    assert [conflict["kind"] for conflict in refused.value.conflicts] == [rule]


def test_the_past_cannot_be_booked() -> None:
    with pytest.raises(SlotHasPassed):
        a_visit(NOON)


def test_a_chair_the_location_does_not_have_is_refused() -> None:
    with pytest.raises(NotBookable) as refused:
        a_visit(chair="chair_9")
    assert refused.value.conflicts[0]["kind"] == "unknown_resource"


def test_a_visit_is_booked_neither_too_soon_nor_on_a_day_that_is_closed() -> None:
    soon = with_details(notice=Notice(book_at_least_hours=28))
    assert conflict_of(a_timetable(location=soon)).kind == "notice"
    assert isinstance(a_timetable(location=soon).examine(TOMORROW + HOUR, now=NOON), Visit)
    holiday = Closure(id="c", first=date(2030, 1, 8), last=date(2030, 1, 9), reason="holiday")
    closed = conflict_of(a_timetable(location=with_details(closures=(holiday,))))
    assert closed.kind == "closure"
    assert closed.sentence == "Closed from 08 January 2030 until 09 January 2030: holiday."


def test_a_chair_whose_room_is_closed_is_not_offered() -> None:
    repair = Closure(
        id="c", first=date(2030, 1, 8), last=date(2030, 1, 8), reason="repair", of=("chair_1",)
    )
    visit = a_timetable(location=with_details(closures=(repair,))).visit(TOMORROW, now=NOON)
    assert visit.chair == "chair_2"
    both = with_details(closures=(replace(repair, of=("room_1",)),))
    assert conflict_of(a_timetable(location=both)).kind == "place"


@pytest.mark.parametrize(("of", "kind"), [((), "closure"), (("room_1",), "place")])
def test_what_is_closed_for_one_treatment_is_open_for_every_other(
    of: tuple[str, ...], kind: str
) -> None:
    day = date(2030, 1, 8)
    training = Closure(id="c", first=day, last=day, reason="training", of=of)
    others = with_details(closures=(replace(training, protocols=("im-sample",)),))
    assert isinstance(a_timetable(location=others).examine(TOMORROW, now=NOON), Visit)
    ours = replace(training, protocols=("im-sample", a_protocol().name))
    assert conflict_of(a_timetable(location=with_details(closures=(ours,)))).kind == kind


def test_nobody_is_booked_outside_their_shift_or_without_the_competence() -> None:
    morning = Shift(weekday="tuesday", hours=Hours(opens=time(8), closes=time(9, 59)))
    ada, ben = a_location().details.staff
    location = with_details(staff=(replace(ada, shifts=(morning,)), ben))
    assert a_timetable(location=location).visit(TOMORROW, now=NOON).nurse == "nurse_ben"
    alone = with_details(staff=(replace(ada, shifts=(morning,)),))
    conflict = conflict_of(a_timetable(location=alone))
    assert (conflict.kind, conflict.what) == ("person", "nurse")
    assert conflict.sentence == "Chair 1 is free, but no nurse is there 09:55–10:00."


def test_one_who_is_wished_and_taken_is_named_with_the_time() -> None:
    timetable = a_timetable(TOMORROW, None, taken(PLACE, "chair_1", 30, 60))
    conflict = conflict_of(timetable, wishes=wishing(chair="chair_1"))
    assert (conflict.kind, conflict.resource) == ("place", "chair_1")
    assert conflict.sentence == "Chair 1 is taken 09:30–10:00."
    assert conflict.details("America/Chicago")["from_local"] == "2030-01-08T09:30"
    assert timetable.visit(TOMORROW, now=NOON).chair == "chair_2"


def test_a_conflict_names_what_is_free_and_what_is_lacking() -> None:
    nurses = [taken(PERSON, name, 40, 50) for name in ("nurse_ada", "nurse_ben")]
    conflict = conflict_of(a_timetable(TOMORROW, None, *nurses))
    assert conflict.sentence == "Chair 1 is free, but no nurse is free 09:40–09:50."


def test_a_patient_who_is_elsewhere_is_in_the_way_and_not_named() -> None:
    conflict = conflict_of(a_timetable(TOMORROW, None, taken("patient", "pat_1", 60, 180)))
    assert (conflict.kind, conflict.resource) == ("patient", "patient")
    assert conflict.sentence == "The patient has another visit 10:00–11:00."


def test_one_nurse_watches_as_many_as_the_location_states_and_the_protocol_allows() -> None:
    watched = [taken(PERSON, name, 60, 120, 3) for name in ("nurse_ada", "nurse_ben")] * 2
    three = a_timetable(TOMORROW, None, *watched, location=a_lounge(), protocol=a_lounge_protocol())
    assert isinstance(three.examine(TOMORROW, now=NOON), Visit)
    two = a_lounge_protocol(at_most=2)
    full = conflict_of(a_timetable(TOMORROW, None, *watched, location=a_lounge(), protocol=two))
    assert full.kind == "ratio"
    assert full.sentence == "Chair 1 is free, but no nurse has room 10:00–11:00."


def test_where_no_ratio_is_given_nobody_watches_a_second_patient() -> None:
    location = replace(a_lounge(), details=replace(a_lounge().details, ratios={}))
    watched = [taken(PERSON, name, 60, 120) for name in ("nurse_ada", "nurse_ben")]
    timetable = a_timetable(
        TOMORROW, None, *watched, location=location, protocol=a_lounge_protocol()
    )
    assert conflict_of(timetable).kind == "person"


def test_between_two_visits_the_room_is_set_up_and_cleared() -> None:
    location = a_lounge(rooms=(Room(name="room_1", setting_up_minutes=5, clearing_up_minutes=10),))
    chairs = [taken(PLACE, name, 70, 90) for name in ("chair_1", "chair_2")]
    protocol = a_lounge_protocol()
    timetable = a_timetable(TOMORROW, None, *chairs, location=location, protocol=protocol)
    assert timetable.visit(TOMORROW, now=NOON).chair == "chair_1"
    late = conflict_of(timetable, TOMORROW + timedelta(minutes=5))
    assert late.kind == "place"
    permit = Override(
        rules=("no_buffer",),
        reason="urgent",
        by="usr_adm",
        permitted_at=NOON,
        expires_at=TOMORROW + HOUR,
    )
    visit = timetable.visit(TOMORROW + timedelta(minutes=5), now=NOON, override=permit)
    assert visit.override == permit


def test_a_room_is_cleared_longer_after_one_treatment_and_no_longer_after_others() -> None:
    protocol = a_lounge_protocol()
    chairs = [taken(PLACE, name, 70, 90) for name in ("chair_1", "chair_2")]

    def conflict_with(name: str) -> Conflict | Visit:
        longer = Buffer(protocol=name, clearing_up_minutes=15)
        location = a_lounge(rooms=(Room(name="room_1", clearing_up_minutes=10, buffers=(longer,)),))
        timetable = a_timetable(TOMORROW, None, *chairs, location=location, protocol=protocol)
        return timetable.examine(TOMORROW, now=NOON)

    assert isinstance(conflict_with("im-sample"), Visit)
    found = conflict_with(protocol.name)
    assert isinstance(found, Conflict)
    assert found.kind == "place"


@pytest.mark.parametrize(
    ("rule", "at", "wishes"),
    [
        ("overbook", TOMORROW, wishing(chair="chair_1")),
        ("outside_hours", TOMORROW + timedelta(hours=9), Wishes()),
        ("short_notice", NOON + timedelta(hours=3), Wishes()),
    ],
)
def test_a_permission_breaks_its_own_rule_and_no_other(
    rule: str, at: datetime, wishes: Wishes
) -> None:
    location = with_details(notice=Notice(book_at_least_hours=4))
    timetable = a_timetable(at, None, taken(PLACE, "chair_1", 30, 60), location=location)
    permit = Override(
        rules=(rule,),
        reason="urgent",
        by="usr_adm",
        permitted_at=NOON,
        expires_at=at + HOUR,
    )
    assert isinstance(timetable.examine(at, now=NOON, wishes=wishes, override=permit), Visit)
    others = {"overbook", "outside_hours", "no_buffer", "short_notice"} - {rule}
    another = replace(permit, rules=tuple(others))
    assert conflict_of(timetable, at, wishes=wishes, override=another)
    over = replace(permit, expires_at=at)
    assert conflict_of(timetable, at, wishes=wishes, override=over).kind == "override_expired"


def test_an_overbooked_seat_is_marked_and_a_patient_is_never_overbooked() -> None:
    permit = Override(
        rules=("overbook",),
        reason="urgent",
        by="usr_adm",
        permitted_at=NOON,
        expires_at=TOMORROW + HOUR,
    )
    timetable = a_timetable(TOMORROW, None, taken(PLACE, "chair_1", 30, 60))
    visit = timetable.visit(TOMORROW, now=NOON, wishes=wishing(chair="chair_1"), override=permit)
    over = {one.resource for one in visit.reservations if one.is_overbooked}
    assert over == {"chair_1"}
    elsewhere = a_timetable(TOMORROW, None, taken("patient", "pat_1", 0, 60))
    with pytest.raises(SlotTaken):
        elsewhere.visit(TOMORROW, now=NOON, override=permit)


def test_offers_are_the_half_hours_of_the_usual_hours() -> None:
    holiday = Closure(id="c", first=date(2030, 1, 8), last=date(2030, 1, 8), reason="holiday")
    until = TOMORROW + timedelta(days=1)
    timetable = a_timetable(TOMORROW, until, location=with_details(closures=(holiday,)))
    offers = list(timetable.starts(since=TOMORROW, until=until, now=NOON))
    closed = [offer for offer in offers if offer.conflict and offer.conflict.kind == "closure"]
    assert len(closed) == 18  # 09:00 until 17:30
    assert [offer.starts_at for offer in offers if offer.seating] == [
        datetime(2030, 1, 9, 14, tzinfo=UTC),
        datetime(2030, 1, 9, 14, 30, tzinfo=UTC),
    ]


@pytest.mark.parametrize(("day", "utc_hour"), [(9, 15), (11, 14)], ids=["winter", "summer time"])
def test_nine_o_clock_stays_nine_o_clock_across_the_change_of_clocks(
    day: int, utc_hour: int
) -> None:
    location = a_location(closed_on="nobody")
    # In Chicago the clocks go forward on 10 March 2030; the place opens at eight on its own clock.
    eight = datetime(2030, 3, day, utc_hour - 1, tzinfo=UTC)
    assert location.is_open(eight, eight + timedelta(hours=2))
    assert not location.is_open(eight - timedelta(minutes=5), eight + timedelta(hours=2))
