"""What a protocol wants of a location: each thing or person, for which stretch, and who would do.

One place of a kind serves the whole visit: whoever is prepared in a chair is dosed in it. One piece
of equipment of a kind does, too. People are asked for phase by phase: they may change.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from clinic_sessions.domain.booking import grid
from clinic_sessions.domain.booking.visit import CHAIR, EQUIPMENT, PERSON, PLACE
from clinic_sessions.domain.places.location import Details, Location
from clinic_sessions.domain.places.staff import Member
from clinic_sessions.domain.protocols.consistency import DOSING
from clinic_sessions.domain.protocols.protocol import Need, Phase, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One resource that would do, for `at_most` visits at once. Nobody else is there for `before`
    and `after`, in slots. A closure of `room` closes it, too. `member` has the shifts, `person`
    who that is at other places."""

    name: str
    at_most: int = 1
    before: int = 0
    after: int = 0
    room: str | None = None
    member: Member | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """From `start` until `end`, in slots after the visit's start."""

    kind: str
    what: str
    competence: str | None
    phases: tuple[str, ...]
    start: int
    end: int
    is_shared: bool = False
    candidates: tuple[Candidate, ...] = field(repr=False)

    def overlaps(self, other: "Ask") -> bool:
        return self.kind == other.kind and self.start < other.end and other.start < self.end


def wished_of(asks: Sequence[Ask], kind: str, name: str) -> list[int]:
    """Which of the asks a wish for it is about, by their numbers: those of the dosing, where it
    could serve there at all. Who wishes for a nurse does not mean the hour afterwards."""
    mine = [
        number
        for number, ask in enumerate(asks)
        if ask.kind == kind and any(one.name == name for one in ask.candidates)
    ]
    return [number for number in mine if DOSING in asks[number].phases] or mine


def asks_of(protocol: Protocol, location: Location) -> tuple[Ask, ...]:
    """In the order of the phases and their needs."""
    found: dict[tuple[object, ...], Ask] = {}
    for phase in protocol.phases:
        for key, need in _numbered(phase):
            ask = _ask(need, phase, location)
            known = found.get(key)
            found[key] = ask if known is None else _joined(known, ask)
    return tuple(found.values())


def _numbered(phase: Phase) -> Iterator[tuple[tuple[object, ...], Need]]:
    """Needs with what makes them one across phases: the second pump of a phase is another one."""
    counted: dict[tuple[object, ...], int] = {}
    for need in phase.needs:
        kind = (need.kind, need.what, need.competence)
        number = counted[kind] = counted.get(kind, 0) + 1
        yield (*kind, number, phase.name if need.kind == PERSON else ""), need


def _joined(first: Ask, then: Ask) -> Ask:
    return replace(
        first,
        phases=(*first.phases, *then.phases),
        start=min(first.start, then.start),
        end=max(first.end, then.end),
    )


def _ask(need: Need, phase: Phase, location: Location) -> Ask:
    return Ask(
        kind=need.kind,
        what=need.what,
        competence=need.competence,
        phases=(phase.name,),
        start=grid.floor(phase.after),
        end=grid.ceil(phase.ends_after),
        is_shared=need.is_shared,
        candidates=tuple(_candidates(need, phase, location)),
    )


def _candidates(need: Need, phase: Phase, location: Location) -> Iterable[Candidate]:
    if need.kind == PLACE:
        return _places(need.what, location.details)
    if need.kind == EQUIPMENT:
        pieces = location.details.equipment
        return (Candidate(name=piece.name) for piece in pieces if piece.kind == need.what)
    watches = ratio(need, phase, location.details)
    people = location.staff_for(need.what, need.competence)
    return (
        Candidate(name=one.name, at_most=watches, member=one, person=one.person) for one in people
    )


def ratio(need: Need, phase: Phase, details: Details) -> int:
    """How many patients one person may watch: the location's ratio, never above the protocol's. A
    location that gives none has not stated that a second one is safe."""
    if not need.is_shared:
        return 1
    given = details.ratios.get(phase.name, 1)
    return given if need.at_most is None else min(given, need.at_most)


def _places(what: str, details: Details) -> Iterator[Candidate]:
    rooms = {room.name: room for room in details.rooms}
    seats = (
        [(chair.name, chair.room, 1) for chair in details.chairs]
        if what == CHAIR
        else [(place.name, place.room, place.capacity) for place in details.recovery]
    )
    for name, room_name, capacity in seats:
        room = rooms.get(room_name)
        before = timedelta() if room is None else room.setting_up
        after = timedelta() if room is None else room.clearing_up
        yield Candidate(
            name=name,
            at_most=capacity,
            before=grid.ceil(before),
            after=grid.ceil(after),
            room=room_name,
        )
