"""Contradictions in a location's document are named by field and rule."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from clinic_sessions.domain.errors import LocationContradictsItself
from clinic_sessions.domain.places.checking import check, faults_of
from clinic_sessions.domain.places.hours import Closure, Hours, SpecialDay
from clinic_sessions.domain.places.location import Details, Notice
from clinic_sessions.domain.places.resources import (
    Buffer,
    Chair,
    Equipment,
    RecoveryPlace,
    Room,
)
from clinic_sessions.domain.places.staff import Member, OnCall, Shift
from tests.support.sessions import a_location, a_protocol

OFFERED = "iv-ketamine-depression"
DAY, LATER = date(2030, 1, 8), date(2030, 1, 9)
MORNING = Hours(opens=time(8), closes=time(12))
BACKWARDS = Hours(opens=time(12), closes=time(8))
NO_TIME = Hours(opens=time(12), closes=time(12))


def a_document(**changes: Any) -> Details:
    return replace(a_location().details, **changes)


def a_member(*shifts: Shift, name: str = "nurse_ada") -> Member:
    return Member(name=name, roles=("nurse",), shifts=shifts)


def a_shift(hours: Hours = MORNING, **bounds: date) -> Shift:
    return Shift(weekday="monday", hours=hours, **bounds)


def a_closure(**changes: Any) -> Closure:
    return replace(Closure(id="c", first=DAY, last=LATER, reason="holiday"), **changes)


def test_a_document_in_order_has_no_fault() -> None:
    document = a_document(
        recovery=(RecoveryPlace(name="lounge", room="room_1", capacity=2),),
        equipment=(Equipment(name="pump_1", kind="pump"),),
        special_days=(SpecialDay(on=DAY, hours=None), SpecialDay(on=LATER, hours=MORNING)),
        closures=(a_closure(of=("chair_1", "room_1", "lounge", "pump_1", "nurse_ada")),),
        staff=(a_member(a_shift(), a_shift(Hours(opens=time(12), closes=time(16)))),),
        rota=(OnCall(member="nurse_ada", email="on@example.org", weekday="monday", hours=MORNING),),
        ratios={"recovery": 3},
    )
    assert faults_of(document, [a_protocol()]) == []


BAD: Mapping[str, tuple[dict[str, Any], str, str]] = {
    "hours that end before they begin": (
        {"hours": {"monday": BACKWARDS}},
        "/hours/monday/closes",
        "closes_after_it_opens",
    ),
    "hours of no time at all": (
        {"hours": {"monday": NO_TIME}},
        "/hours/monday/closes",
        "closes_after_it_opens",
    ),
    "a special day that ends before it begins": (
        {"special_days": (SpecialDay(on=DAY, hours=BACKWARDS),)},
        "/special_days/0/hours/closes",
        "closes_after_it_opens",
    ),
    "a shift that ends before it begins": (
        {"staff": (a_member(a_shift(BACKWARDS)),)},
        "/staff/0/shifts/0/hours/closes",
        "closes_after_it_opens",
    ),
    "a special day twice": (
        {"special_days": (SpecialDay(on=DAY, hours=None), SpecialDay(on=DAY, hours=MORNING))},
        "/special_days/1/on",
        "day_once",
    ),
    "a closure twice": (
        {"closures": (a_closure(), a_closure())},
        "/closures/1/id",
        "id_once",
    ),
    "a closure that ends before it begins": (
        {"closures": (a_closure(first=LATER, last=DAY),)},
        "/closures/0/last",
        "first_before_last",
    ),
    "a closure of something unknown": (
        {"closures": (a_closure(of=("chair_1", "chair_9")),)},
        "/closures/0/of/1",
        "known_name",
    ),
    "a closure for a treatment that is not offered": (
        {"closures": (a_closure(protocols=("not-offered",)),)},
        "/closures/0/protocols/0",
        "offered_protocol",
    ),
    "a buffer for a treatment that is not offered": (
        {"rooms": (Room(name="room_1", buffers=(Buffer(protocol="not-offered"),)),)},
        "/rooms/0/buffers/0/protocol",
        "offered_protocol",
    ),
    "two buffers for one treatment": (
        {"rooms": (Room(name="room_1", buffers=(Buffer(protocol=OFFERED),) * 2),)},
        "/rooms/0/buffers/1/protocol",
        "protocol_once",
    ),
    "one person as two members": (
        {"staff": tuple(replace(a_member(name=n), person="usr_ada") for n in ("ada", "eve"))},
        "/staff/1/person",
        "person_once",
    ),
    "two chairs of one name": (
        {"chairs": (Chair(name="chair_1", room="room_1"),) * 2},
        "/chairs/1/name",
        "name_once",
    ),
    "a room and a pump of one name": (
        {"equipment": (Equipment(name="room_1", kind="pump"),)},
        "/equipment/0/name",
        "name_once",
    ),
    "a nurse with the name of a chair": (
        {"staff": (a_member(name="chair_1"),)},
        "/staff/0/name",
        "name_once",
    ),
    "a chair in no room": (
        {"chairs": (Chair(name="chair_1", room="room_9"),)},
        "/chairs/0/room",
        "known_room",
    ),
    "a recovery place in no room": (
        {"recovery": (RecoveryPlace(name="lounge", room="room_9", capacity=1),)},
        "/recovery/0/room",
        "known_room",
    ),
    "a shift that ends before its first day": (
        {"staff": (a_member(a_shift(first=LATER, last=DAY)),)},
        "/staff/0/shifts/0/last",
        "first_before_last",
    ),
    "two shifts at once": (
        {"staff": (a_member(a_shift(), a_shift(Hours(opens=time(11), closes=time(13)))),)},
        "/staff/0/shifts/1",
        "shifts_apart",
    ),
    "somebody on call who does not work here": (
        {"rota": (OnCall(member="x", email="x@example.org", weekday="monday", hours=MORNING),)},
        "/rota/0/member",
        "known_member",
    ),
    "a ratio of no phase": ({"ratios": {"waiting": 2}}, "/ratios", "known_phase"),
    "a notice within which nothing can be booked": (
        {"notice": Notice(book_at_least_hours=48, book_at_most_days=2)},
        "/notice/book_at_least_hours",
        "something_bookable",
    ),
    "a protocol that is not on the shelf": (
        {"protocols": ("iv-ketamine-depression", "iv-nothing")},
        "/protocols/1",
        "known_protocol",
    ),
    "a protocol twice": (
        {"protocols": ("iv-ketamine-depression",) * 2},
        "/protocols/1",
        "protocol_once",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_contradiction_is_named_by_its_field_and_rule_alone(case: str) -> None:
    changes, pointer, rule = BAD[case]
    faults = faults_of(a_document(**changes), [a_protocol()])
    assert [(fault.pointer, fault.rule) for fault in faults] == [(pointer, rule)]


def test_shifts_of_the_same_time_in_different_weeks_do_not_overlap() -> None:
    shifts = (a_shift(last=DAY), a_shift(first=LATER))
    assert faults_of(a_document(staff=(a_member(*shifts),)), [a_protocol()]) == []


def test_every_fault_is_listed_at_once() -> None:
    document = a_document(hours={"monday": BACKWARDS}, protocols=("iv-nothing",))
    with pytest.raises(LocationContradictsItself) as refused:
        check(document, [a_protocol()])
    assert [fault.pointer for fault in refused.value.errors] == [
        "/hours/monday/closes",
        "/protocols/0",
    ]


def test_no_fault_repeats_what_was_sent() -> None:
    canary = "zwcanary"
    document = a_document(
        rooms=(Room(name=canary), Room(name=canary)),
        chairs=(Chair(name="chair_1", room="zwcanary_room"),),
        closures=(a_closure(id=canary, of=("zwcanary_of",)),) * 2,
        ratios={canary: 1},
        protocols=(canary,),
        rota=(OnCall(member="zwcanary_m", email="x@example.org", weekday="monday", hours=MORNING),),
    )
    faults = faults_of(document, [a_protocol()])
    assert len(faults) >= 7
    assert canary not in repr(faults)
