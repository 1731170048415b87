"""What a change of a location would do to its bookings, before anything happens."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from clinic_sessions.domain.booking.visit import Reservation, Visit
from clinic_sessions.domain.errors import ChangeIsOutdated
from clinic_sessions.domain.facts import Booked
from clinic_sessions.domain.places.changes import (
    Effect,
    PlannedChange,
    breaks_of,
    broken_bookings,
    plan_change,
)
from clinic_sessions.domain.places.difference import Changed, difference
from clinic_sessions.domain.places.hours import Closure, Hours, SpecialDay
from clinic_sessions.domain.places.location import Details, Location
from clinic_sessions.domain.places.offering import Treatment
from clinic_sessions.domain.places.resources import Chair, Equipment, RecoveryPlace, Room
from clinic_sessions.domain.places.staff import Member, Shift
from clinic_sessions.domain.session import Session
from tests.support.sessions import TOMORROW, a_location

DAY = date(2030, 1, 8)  # a Tuesday, as TOMORROW
LOUNGE = RecoveryPlace(name="lounge", room="room_2", capacity=2)
PUMP = Equipment(name="pump_1", kind="pump")
NURSE = Member(name="nurse_ada", roles=("nurse",), competences=("infusion",))


def a_place(**changes: Any) -> Location:
    location = a_location()
    whole = replace(
        location.details,
        rooms=(Room(name="room_1"), Room(name="room_2")),
        recovery=(LOUNGE,),
        equipment=(PUMP,),
        staff=(NURSE, Member(name="nurse_ben", roles=("nurse",))),
    )
    return replace(location, details=replace(whole, **changes), revision=3)


def a_visit(starts_at: datetime = TOMORROW) -> Visit:
    """Two hours: in a chair with a pump and a nurse, then an hour in the lounge."""
    half, end = starts_at + timedelta(hours=1), starts_at + timedelta(hours=2)
    taken = [
        ("place", "chair_1", starts_at, half),
        ("person", "nurse_ada", starts_at, half),
        ("equipment", "pump_1", starts_at, half),
        ("place", "lounge", half, end),
        ("patient", "pat_1", starts_at, end),
    ]
    return Visit(
        starts_at=starts_at,
        ends_at=end,
        reservations=tuple(
            Reservation(
                kind=kind,
                what=name,
                phases=("dosing",),
                resource=name,
                starts_at=begins,
                ends_at=ends,
                taken_from=begins,
                taken_until=ends,
            )
            for kind, name, begins, ends in taken
        ),
    )


def a_booking(number: int = 1, starts_at: datetime = TOMORROW) -> Session:
    session = Session(
        id=f"ses_{number}",
        patient_id="pat_1",
        location_id="loc_sample",
        plan_id="pln_1",
        infusion_number=1,
    )
    return session.after(Booked(a_visit(starts_at)))


def planned(*bookings: Session, **changes: Any) -> PlannedChange:
    return plan_change(a_place(), a_place(**changes).details, bookings or (a_booking(),), {})


def closed(*names: str) -> dict[str, Any]:
    return {"closures": (Closure(id="c", first=DAY, last=DAY, reason="r", of=names),)}


def hours(opens: int, closes: int) -> Hours:
    return Hours(opens=time(opens), closes=time(closes))


def a_nurse(**changes: Any) -> dict[str, Any]:
    return {"staff": (replace(NURSE, **changes),)}


BREAKS: dict[str, tuple[dict[str, Any], list[Effect]]] = {
    "the whole place is closed that day": (closed(), [Effect("closed_day")]),
    "a special day is shut": (
        {"special_days": (SpecialDay(on=DAY, hours=None),)},
        [Effect("closed_day")],
    ),
    "no Tuesdays any more": ({"hours": {"monday": hours(8, 18)}}, [Effect("closed_day")]),
    "shorter hours": ({"hours": {"tuesday": hours(8, 10)}}, [Effect("outside_hours")]),
    "a special day begins late": (
        {"special_days": (SpecialDay(on=DAY, hours=hours(10, 18)),)},
        [Effect("outside_hours")],
    ),
    "the chair is lost": (
        {"chairs": (Chair(name="chair_2", room="room_1"),)},
        [Effect("place_lost", "chair_1")],
    ),
    "the recovery place is lost": ({"recovery": ()}, [Effect("place_lost", "lounge")]),
    "the pump is lost": ({"equipment": ()}, [Effect("equipment_lost", "pump_1")]),
    "the pump is away that day": (closed("pump_1"), [Effect("equipment_closed", "pump_1")]),
    "the chair is closed that day": (closed("chair_1"), [Effect("place_closed", "chair_1")]),
    "a room closes what stands in it": (closed("room_2"), [Effect("place_closed", "lounge")]),
    "the nurse has left": (
        {"staff": (Member(name="nurse_ben", roles=("nurse",)),)},
        [Effect("person_lost", "nurse_ada")],
    ),
    "the nurse is away that day": (closed("nurse_ada"), [Effect("person_closed", "nurse_ada")]),
    "the nurse works in the afternoon": (
        a_nurse(shifts=(Shift(weekday="tuesday", hours=hours(12, 18)),)),
        [Effect("person_out_of_shift", "nurse_ada")],
    ),
    "two things at once": (
        {"hours": {"tuesday": hours(8, 10)}, "equipment": ()},
        [Effect("outside_hours"), Effect("equipment_lost", "pump_1")],
    ),
}


@pytest.mark.parametrize("case", BREAKS)
def test_a_booking_that_cannot_be_held_is_listed_with_every_reason(case: str) -> None:
    changes, effects = BREAKS[case]
    plan = planned(**changes)
    [broken] = plan.broken
    assert (broken.session_id, list(broken.effects)) == ("ses_1", effects)


@pytest.mark.parametrize(
    "changes",
    [
        {"display_name": "Sample Lane"},
        {"hours": {"tuesday": hours(9, 11)}},
        closed("chair_2", "nurse_ben"),
        a_nurse(shifts=(Shift(weekday="tuesday", hours=hours(9, 10)),)),
        {"chairs": (Chair(name="chair_1", room="room_2"),)},
    ],
    ids=["a name", "hours just long enough", "others away", "a shift just long enough", "a move"],
)
def test_a_booking_the_change_leaves_whole_is_not_in_words(changes: dict[str, Any]) -> None:
    assert planned(**changes).touched == ()


def test_what_was_broken_before_is_not_blamed_on_the_change() -> None:
    before = a_place(equipment=())
    plan = plan_change(before, replace(before.details, display_name="Lane"), [a_booking()], {})
    assert plan.touched == ()
    assert [one.session_id for one in broken_bookings(before, [a_booking()], {})] == ["ses_1"]


def test_who_may_do_less_touches_a_booking_and_breaks_none() -> None:
    for less in (a_nurse(competences=()), a_nurse(roles=("front_desk",))):
        plan = planned(**less)
        [touched] = plan.touched
        assert touched.effects == (Effect("person_may_do_less", "nurse_ada"),)
        assert plan.broken == ()
    assert planned(**a_nurse(competences=("infusion", "rescue"))).touched == ()


def test_a_move_to_another_zone_touches_every_booking_and_keeps_its_instant() -> None:
    bookings = [a_booking(n, TOMORROW + timedelta(days=n)) for n in range(3)]
    plan = planned(*bookings, zone="America/Denver")
    assert [one.starts_at for one in plan.touched] == [b.booked_visit.starts_at for b in bookings]
    first = plan.touched[0]
    assert (f"{first.local_before:%H:%M}", f"{first.local_after:%H:%M}") == ("09:00", "08:00")
    assert [one.effects for one in plan.touched] == [(Effect("zone_moved"),)] * 3
    assert plan.broken == ()


def test_a_location_holds_what_it_was_booked_with() -> None:
    assert breaks_of(a_place(), a_visit()) == ()


def test_a_closure_for_one_treatment_breaks_the_bookings_of_that_one_alone() -> None:
    of_plan = {"pln_1": Treatment("iv-sample", None), "pln_2": Treatment("im-sample", None)}
    ours, others = (
        a_booking(1),
        replace(a_booking(2, TOMORROW + timedelta(hours=4)), plan_id="pln_2"),
    )
    before = a_place(protocols=("iv-sample", "im-sample"))
    closure = Closure(id="c", first=DAY, last=DAY, reason="training", protocols=("iv-sample",))
    after = replace(before.details, closures=(closure,))
    plan = plan_change(before, after, [ours, others], of_plan)
    assert [(one.session_id, one.effects) for one in plan.broken] == [
        (ours.id, (Effect("closed_day"),))
    ]
    assert before.calendar.away("nurse_ada") == replace(before, details=after).calendar.away(
        "nurse_ada"
    )


def test_a_fingerprint_is_of_the_version_the_document_and_the_bookings_it_touches() -> None:
    plan = planned(equipment=())
    plan.confirm(plan.fingerprint)
    other_version = replace(plan, before=replace(plan.before, revision=4))
    other_place = replace(plan, before=replace(plan.before, id="loc_other"))
    other_document = replace(plan, after=replace(plan.after, phone="+1-555-0101"))
    for other in (other_version, other_place, other_document):
        with pytest.raises(ChangeIsOutdated) as refused:
            other.confirm(plan.fingerprint)
        assert refused.value.conflicts == [{"kind": "change"}]
    moved = planned(a_booking(starts_at=TOMORROW + timedelta(minutes=5)), equipment=())
    one_more = planned(a_booking(), a_booking(2), equipment=())
    for other in (moved, one_more):
        with pytest.raises(ChangeIsOutdated) as refused:
            other.confirm(plan.fingerprint)
        assert refused.value.conflicts == [{"kind": "bookings"}]


def test_a_fingerprint_of_nothing_known_is_outdated_in_both_halves() -> None:
    with pytest.raises(ChangeIsOutdated) as refused:
        planned().confirm("no fingerprint")
    assert refused.value.conflicts == [{"kind": "change"}, {"kind": "bookings"}]


def test_the_difference_is_shown_by_field_and_name() -> None:
    before = a_place().details
    after = replace(
        before,
        phone="+1-555-0199",
        hours={**before.hours, "monday": hours(8, 16)},
        chairs=(*before.chairs, Chair(name="chair_3", room="room_1")),
        staff=(before.staff[1], replace(NURSE, competences=())),
        special_days=(SpecialDay(on=DAY, hours=None),),
    )
    assert set(map(_in_words, difference(before, after))) == {
        ("/phone", "'+1-555-0100'", "'+1-555-0199'"),
        ("/hours/monday/closes", "'18:00'", "'16:00'"),
        ("/chairs/chair_3", "None", "{'name': 'chair_3', 'room': 'room_1'}"),
        ("/staff/nurse_ada/competences", "['infusion']", "[]"),
        ("/special_days/2030-01-08", "None", "{'on': '2030-01-08', 'hours': None}"),
    }


def _in_words(changed: Changed) -> tuple[str, str, str]:
    return changed.field, str(repr(changed.before)), str(repr(changed.after))


def test_a_document_does_not_differ_from_itself_nor_by_the_order_of_its_lists() -> None:
    details: Details = a_place().details
    assert difference(details, replace(details, chairs=details.chairs[::-1])) == ()
