"""What would make a location's document contradict itself.

What is merely lacking is no reason to refuse it: see `readiness`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations

from clinic_sessions.domain.errors import Fault, LocationContradictsItself
from clinic_sessions.domain.places.hours import Hours
from clinic_sessions.domain.places.location import Details
from clinic_sessions.domain.places.resources import Chair, Equipment, RecoveryPlace, Room
from clinic_sessions.domain.places.staff import Member, Shift
from clinic_sessions.domain.protocols.protocol import Protocol


def check(details: Details, shelf: Collection[Protocol]) -> None:
    """Raises LocationContradictsItself, with every fault, in the order of the document."""
    if faults := faults_of(details, shelf):
        raise LocationContradictsItself(faults)


def faults_of(details: Details, shelf: Collection[Protocol]) -> list[Fault]:
    """`shelf`: every protocol there is, in every version."""
    return [
        *_hours(details),
        *_calendar(details),
        *_names(details),
        *_rooms(details),
        *_staff(details),
        *_ratios(details, shelf),
        *_notice(details),
        *_protocols(details, shelf),
    ]


def _hours(details: Details) -> Iterator[Fault]:
    special = details.special_days
    stretches: list[tuple[str, Hours | None]] = [
        *((f"/hours/{day}", hours) for day, hours in details.hours.items()),
        *((f"/special_days/{n}/hours", day.hours) for n, day in enumerate(special)),
        *(
            (f"/staff/{n}/shifts/{m}/hours", shift.hours)
            for n, member in enumerate(details.staff)
            for m, shift in enumerate(member.shifts)
        ),
        *((f"/rota/{n}/hours", duty.hours) for n, duty in enumerate(details.rota)),
    ]
    for pointer, hours in stretches:
        if hours is not None and hours.opens >= hours.closes:
            yield Fault(f"{pointer}/closes", "closes_after_it_opens", "It opens before it closes.")


def _calendar(details: Details) -> Iterator[Fault]:
    days = [day.on for day in details.special_days]
    yield from _twice(days, "/special_days/{}/on", "day_once", "A special day is listed once.")
    ids = [closure.id for closure in details.closures]
    yield from _twice(ids, "/closures/{}/id", "id_once", "Each closure has an id of its own.")
    known = {name for _, name in _named(details)}
    for n, closure in enumerate(details.closures):
        yield from _bounds(f"/closures/{n}/last", closure.first, closure.last)
        for m, name in enumerate(closure.of):
            if name not in known:
                rule = "A closure names what this document has."
                yield Fault(f"/closures/{n}/of/{m}", "known_name", rule)
        for m, protocol in enumerate(closure.protocols):
            if protocol not in details.protocols:
                rule = "A closure names protocols that this document offers."
                yield Fault(f"/closures/{n}/protocols/{m}", "offered_protocol", rule)


def _names(details: Details) -> Iterator[Fault]:
    rule = "A name stands for one room, chair, place, piece of equipment or person."
    seen: set[str] = set()
    for pointer, name in _named(details):
        if name in seen:
            yield Fault(pointer, "name_once", rule)
        seen.add(name)


def _rooms(details: Details) -> Iterator[Fault]:
    rooms = {one.name for one in details.rooms}
    for n, one in enumerate(details.rooms):
        yield from _buffers(f"/rooms/{n}/buffers/{{}}/protocol", one, details.protocols)
    standing = [
        *((f"/chairs/{n}/room", chair.room) for n, chair in enumerate(details.chairs)),
        *((f"/recovery/{n}/room", place.room) for n, place in enumerate(details.recovery)),
    ]
    for pointer, room in standing:
        if room not in rooms:
            yield Fault(pointer, "known_room", "It stands in a room of this document.")


def _buffers(pointer: str, room: Room, offered: Collection[str]) -> Iterator[Fault]:
    named = [buffer.protocol for buffer in room.buffers]
    rule = "A room has one buffer for a protocol."
    yield from _twice(named, pointer, "protocol_once", rule)
    for n, protocol in enumerate(named):
        if protocol not in offered:
            rule = "A buffer is for a protocol that this document offers."
            yield Fault(pointer.format(n), "offered_protocol", rule)


def _staff(details: Details) -> Iterator[Fault]:
    for n, member in enumerate(details.staff):
        yield from _shifts(f"/staff/{n}/shifts", member)
    people = [member.person or f"/{n}" for n, member in enumerate(details.staff)]
    rule = "A person is listed once, with all their roles."
    yield from _twice(people, "/staff/{}/person", "person_once", rule)
    names = {member.name for member in details.staff}
    for n, duty in enumerate(details.rota):
        if duty.member not in names:
            yield Fault(f"/rota/{n}/member", "known_member", "Who is on call is of the staff.")


def _shifts(pointer: str, member: Member) -> Iterator[Fault]:
    for n, shift in enumerate(member.shifts):
        if shift.first is not None and shift.last is not None:
            yield from _bounds(f"{pointer}/{n}/last", shift.first, shift.last)
    for (_, one), (n, other) in combinations(enumerate(member.shifts), 2):
        if _overlap(one, other):
            rule = "Two shifts of one person do not overlap."
            yield Fault(f"{pointer}/{n}", "shifts_apart", rule)


def _overlap(one: Shift, other: Shift) -> bool:
    return (
        one.weekday == other.weekday
        and (one.first or date.min) <= (other.last or date.max)
        and (other.first or date.min) <= (one.last or date.max)
        and one.hours.opens < other.hours.closes
        and other.hours.opens < one.hours.closes
    )


def _ratios(details: Details, shelf: Collection[Protocol]) -> Iterator[Fault]:
    phases = {phase.name for protocol in shelf for phase in protocol.phases}
    if details.ratios.keys() - phases:
        yield Fault("/ratios", "known_phase", "A ratio is of a phase that some protocol has.")


def _notice(details: Details) -> Iterator[Fault]:
    if details.notice.book_at_least >= details.notice.book_at_most:
        rule = "The latest notice is later than the earliest."
        yield Fault("/notice/book_at_least_hours", "something_bookable", rule)


def _protocols(details: Details, shelf: Collection[Protocol]) -> Iterator[Fault]:
    known = {protocol.name for protocol in shelf}
    rule = "A protocol is offered once."
    yield from _twice(details.protocols, "/protocols/{}", "protocol_once", rule)
    for n, name in enumerate(details.protocols):
        if name not in known:
            yield Fault(f"/protocols/{n}", "known_protocol", "There is no such protocol.")


def _named(details: Details) -> Iterator[tuple[str, str]]:
    of_kind: Mapping[str, Sequence[Room | Chair | RecoveryPlace | Equipment | Member]] = {
        "rooms": details.rooms,
        "chairs": details.chairs,
        "recovery": details.recovery,
        "equipment": details.equipment,
        "staff": details.staff,
    }
    for kind, resources in of_kind.items():
        for n, resource in enumerate(resources):
            yield f"/{kind}/{n}/name", resource.name


def _bounds(pointer: str, first: date, last: date) -> Iterator[Fault]:
    if last < first:
        yield Fault(pointer, "first_before_last", "The last day is not before the first.")


def _twice(values: Iterable[object], pointer: str, rule: str, message: str) -> Iterator[Fault]:
    seen: set[object] = set()
    for n, value in enumerate(values):
        if value in seen:
            yield Fault(pointer.format(n), rule, message)
        seen.add(value)
