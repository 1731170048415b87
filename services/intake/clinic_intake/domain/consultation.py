"""The life of a consultation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self, TypeAlias, assert_never

from clinic_intake.domain.errors import ConsultationNotBegun, NotAllowed
from clinic_intake.domain.timetable import Slot


class Status(StrEnum):
    NEW = "new"
    BOOKED = "booked"
    HELD = "held"
    CANCELLED = "cancelled"


# The whole state machine. An arrow that is not drawn here cannot happen.
ARROWS: Final[Mapping[Status, tuple[Status, ...]]] = {
    Status.NEW: (Status.BOOKED,),
    Status.BOOKED: (Status.BOOKED, Status.HELD, Status.CANCELLED),
    Status.HELD: (),
    Status.CANCELLED: (),
}


@dataclass(frozen=True, slots=True)
class Booked:
    """Also when it is moved: the newest version of a consultation has its time."""

    slot: Slot


@dataclass(frozen=True, slots=True)
class Cancelled:
    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    at: datetime
    by: str


Fact: TypeAlias = Booked | Cancelled | Held


@dataclass(frozen=True, slots=True, kw_only=True)
class Consultation:
    id: str
    patient_id: str
    location_id: str
    slot: Slot
    status: Status = Status.NEW
    held_at: datetime | None = None
    held_by: str | None = None
    cancelled_because: str | None = None
    revision: int = 0

    def book(self, slot: Slot) -> Booked:
        self._may_become(Status.BOOKED)
        return Booked(slot)

    def cancel(self, reason: str) -> Cancelled:
        self._may_become(Status.CANCELLED)
        return Cancelled(reason)

    def complete(self, by: str, *, now: datetime) -> Held:
        self._may_become(Status.HELD)
        if now < self.slot.starts_at:
            raise ConsultationNotBegun(self.slot.starts_at)
        return Held(now, by)

    def after(self, fact: Fact) -> Self:
        following = replace(self, revision=self.revision + 1)
        match fact:
            case Booked(slot):
                return replace(following, status=Status.BOOKED, slot=slot)
            case Cancelled(reason):
                return replace(following, status=Status.CANCELLED, cancelled_because=reason)
            case Held(at, by):
                return replace(following, status=Status.HELD, held_at=at, held_by=by)
            case _:
                assert_never(fact)

    def _may_become(self, status: Status) -> None:
        allowed = ARROWS[self.status]
        if status not in allowed:
            raise NotAllowed("A consultation", self.status, status, allowed=allowed)
