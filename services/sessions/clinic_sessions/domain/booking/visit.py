"""What a visit takes up: which resource, for how long, and how many may be there at once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

from clinic_sessions.domain.booking import grid
from clinic_sessions.domain.booking.override import Override

PLACE: Final = "place"
PERSON: Final = "person"
EQUIPMENT: Final = "equipment"
PATIENT: Final = "patient"
CHAIR: Final = "chair"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """A resource for `phases`, from `starts_at` until `ends_at` (not included).

    It is taken longer, from `taken_from` until `taken_until`: the buffers of its room are nobody
    else's. Meanwhile no more than `at_most` visits are there: 1 is for oneself alone. `what` is
    the need it answers: chair, a role, a kind of equipment. One that `is_overbooked` was taken by
    permission although somebody else has it. `person`: who that is at other places, too.
    """

    kind: str
    what: str
    phases: tuple[str, ...]
    resource: str
    starts_at: datetime
    ends_at: datetime
    taken_from: datetime
    taken_until: datetime
    at_most: int = 1
    is_overbooked: bool = False
    person: str | None = None

    def slots(self) -> Iterator[datetime]:
        return grid.slots(self.taken_from, self.taken_until)

    def left_at(self, at: datetime) -> Self:
        """With what is still taken of it when the patient leaves at `at`: nothing of a phase that
        has not begun; of one that has, the slot that runs, and the clearing up after it."""
        if at <= self.starts_at:
            return replace(self, taken_until=self.taken_from)
        until = grid.instant_of(grid.ceil(at - grid.EPOCH)) + (self.taken_until - self.ends_at)
        return replace(self, taken_until=min(self.taken_until, until))


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """When somebody comes, and what they take up; the rules that were broken for it, if any."""

    starts_at: datetime
    ends_at: datetime
    reservations: tuple[Reservation, ...]
    override: Override | None = None

    @property
    def chair(self) -> str | None:
        return self._first(PLACE)

    @property
    def nurse(self) -> str | None:
        """Whoever is with the patient first."""
        return self._first(PERSON)

    @property
    def taken_from(self) -> datetime:
        return min(reservation.taken_from for reservation in self.reservations)

    @property
    def taken_until(self) -> datetime:
        return max(reservation.taken_until for reservation in self.reservations)

    def left_at(self, at: datetime) -> tuple[Reservation, ...]:
        """What it still takes up when the patient leaves at `at`."""
        left = (one.left_at(at) for one in self.reservations)
        return tuple(one for one in left if one.taken_from < one.taken_until)

    def names(self, kind: str) -> frozenset[str]:
        return frozenset(one.resource for one in self.reservations if one.kind == kind)

    def _first(self, kind: str) -> str | None:
        mine = (one for one in self.reservations if one.kind == kind)
        found = min(mine, key=lambda one: one.starts_at, default=None)
        return None if found is None else found.resource
