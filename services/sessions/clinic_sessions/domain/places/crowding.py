"""Where bookings are too close, or too many at once, for what a location's document now allows.

Each was booked under the ratios, capacities and buffers of its day. A document that lowers a ratio,
takes a place out of a lounge or wants longer to clear a room up leaves them side by side: these are
found here. What an override permitted is no fault: an overbooked seat counts for nobody, and a
visit without buffers has none. Visits that have begun are not among the bookings, and not reckoned.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from clinic_sessions.domain.booking import grid
from clinic_sessions.domain.booking.override import NO_BUFFER, allows
from clinic_sessions.domain.booking.visit import PERSON, PLACE, Reservation, Visit
from clinic_sessions.domain.places.location import Details
from clinic_sessions.domain.places.resources import Room

PERSON_OVER_RATIO: Final = "person_over_ratio"
PLACE_OVER_CAPACITY: Final = "place_over_capacity"
PLACE_WITHOUT_BUFFER: Final = "place_without_buffer"
A_DAY: Final = timedelta(days=1)  # a visit and its buffers are within one


class Stretch(NamedTuple):
    """From when until when a reservation needs its resource."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Crowd:
    """All that is booked, by resource, in the order of its time: with the buffers of the document,
    and without any."""

    details: Details
    buffered: Mapping[tuple[str, str], list[Stretch]]
    bare: Mapping[tuple[str, str], list[Stretch]]

    @classmethod
    def of(cls, details: Details, visits: Iterable[tuple[Visit, Details]]) -> "Crowd":
        """Each visit with the document as it is for what is given then."""
        buffered = defaultdict[tuple[str, str], list[Stretch]](list)
        bare = defaultdict[tuple[str, str], list[Stretch]](list)
        for visit, seen in visits:
            for one in _counted(visit):
                buffered[one.kind, one.resource].append(_buffered(seen, visit, one))
                bare[one.kind, one.resource].append(Stretch(one.starts_at, one.ends_at))
        for stretches in (*buffered.values(), *bare.values()):
            stretches.sort()
        return cls(details, buffered, bare)

    def around(self, visit: Visit, seen: Details) -> Iterator[tuple[str, str]]:
        """Kind and resource of each that is too full, or too little buffered, for this visit."""
        for one in _counted(visit):
            key, limit = (one.kind, one.resource), _limit(self.details, one)
            if _most(self.bare[key], Stretch(one.starts_at, one.ends_at)) > limit:
                is_person = one.kind == PERSON
                yield (PERSON_OVER_RATIO if is_person else PLACE_OVER_CAPACITY), one.resource
            elif _most(self.buffered[key], _buffered(seen, visit, one)) > limit:
                yield PLACE_WITHOUT_BUFFER, one.resource


def _counted(visit: Visit) -> Iterator[Reservation]:
    kinds = (PLACE, PERSON)
    return (one for one in visit.reservations if one.kind in kinds and not one.is_overbooked)


def _limit(details: Details, one: Reservation) -> int:
    """How many at once, as booked or as the document now allows, whichever is fewer. What was
    booked for oneself alone is not shared by any ratio."""
    if one.at_most == 1:
        return 1
    if one.kind == PERSON:
        return min([one.at_most, *(details.ratios.get(phase, 1) for phase in one.phases)])
    places = (place for place in details.recovery if place.name == one.resource)
    return min([one.at_most, *(place.capacity for place in places)])


def _buffered(details: Details, visit: Visit, one: Reservation) -> Stretch:
    room = _room(details, one)
    if room is None or allows(visit.override, NO_BUFFER):
        return Stretch(one.starts_at, one.ends_at)
    before, after = (
        grid.ceil(length) * grid.SLOT for length in (room.setting_up, room.clearing_up)
    )
    return Stretch(one.starts_at - before, one.ends_at + after)


def _room(details: Details, one: Reservation) -> Room | None:
    if one.kind != PLACE:
        return None
    rooms = {chair.name: chair.room for chair in details.chairs}
    rooms |= {place.name: place.room for place in details.recovery}
    name = rooms.get(one.resource)
    return next((room for room in details.rooms if room.name == name), None)


def _most(stretches: list[Stretch], of: Stretch) -> int:
    """How many there are at once, at the most, while `of` lasts; itself is among them."""
    first = bisect_left(stretches, of.since - A_DAY, key=lambda one: one.since)
    last = bisect_left(stretches, of.until, key=lambda one: one.since)
    near = [one for one in stretches[first:last] if one.until > of.since]
    begins = {max(one.since, of.since) for one in near}
    return max((sum(one.since <= at < one.until for one in near) for at in begins), default=0)
