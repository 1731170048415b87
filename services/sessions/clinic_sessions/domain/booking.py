"""What a visit takes up: which resource, from when until when, in slots that nobody shares."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from clinic_sessions.domain.errors import NotBookable, SlotHasPassed
from clinic_sessions.domain.location import Location
from clinic_sessions.domain.protocol import Protocol

# The grid on which visits begin. An engineering choice: it bounds the rows a booking writes.
SLOT: Final = timedelta(minutes=5)
EPOCH: Final = datetime.fromisoformat("2000-01-01T00:00:00+00:00")

PLACE: Final = "place"
PERSON: Final = "person"
PATIENT: Final = "patient"
KIND_OF: Final = {"chair": PLACE, "nurse": PERSON, "patient": PATIENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """A resource taken from `starts_at` until `ends_at` (not included)."""

    kind: str
    resource: str
    starts_at: datetime
    ends_at: datetime

    def slots(self) -> Iterator[datetime]:
        at = self.starts_at
        while at < self.ends_at:
            yield at
            at += SLOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """When somebody comes, and what they take up."""

    starts_at: datetime
    ends_at: datetime
    chair: str
    nurse: str
    reservations: tuple[Reservation, ...]


def plan_visit(
    protocol: Protocol,
    location: Location,
    *,
    patient_id: str,
    starts_at: datetime,
    chair: str,
    nurse: str,
    now: datetime,
) -> Visit:
    """The visit, or why there can be none. Whether it is free only the database can tell."""
    ends_at = starts_at + protocol.visit_lasts
    if starts_at <= now:
        raise SlotHasPassed(starts_at)
    if (starts_at - EPOCH) % SLOT:
        raise NotBookable("grid", "A visit begins on a full five minutes.")
    if not location.is_open(starts_at, ends_at):
        raise NotBookable("closed", "The location is not open for the whole visit.")
    if chair not in location.details.chairs or nurse not in location.details.nurses:
        raise NotBookable("unknown_resource", "The location has no such chair or nurse.")
    resources = {"chair": chair, "nurse": nurse, "patient": patient_id}
    taken = tuple(
        Reservation(
            kind=KIND_OF[need],
            resource=resources[need],
            starts_at=starts_at + phase.after,
            ends_at=starts_at + phase.ends_after,
        )
        for phase in protocol.phases
        for need in (*phase.needs, "patient")
    )
    return Visit(starts_at=starts_at, ends_at=ends_at, chair=chair, nurse=nurse, reservations=taken)
