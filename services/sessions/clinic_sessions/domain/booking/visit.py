"""What a visit takes up: which resource, from when until when, in slots that nobody shares."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Final

from clinic_sessions.domain.errors import NotBookable, SlotHasPassed
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.places.resources import Chair
from clinic_sessions.domain.places.staff import Member
from clinic_sessions.domain.protocols.protocol import Protocol

# The grid on which visits begin. An engineering choice: it bounds the rows a booking writes.
SLOT: Final = timedelta(minutes=5)
EPOCH: Final = datetime.fromisoformat("2000-01-01T00:00:00+00:00")

PLACE: Final = "place"
PERSON: Final = "person"
PATIENT: Final = "patient"


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
    details = location.details
    if chair not in names_of(details.chairs) or nurse not in names_of(details.staff):
        raise NotBookable("unknown_resource", "The location has no such chair or nurse.")
    chosen = {PLACE: chair, PERSON: nurse, PATIENT: patient_id}
    taken = tuple(
        Reservation(
            kind=kind,
            resource=chosen[kind],
            starts_at=starts_at + phase.after,
            ends_at=starts_at + phase.ends_after,
        )
        for phase in protocol.phases
        for kind in (*(need.kind for need in phase.needs), PATIENT)
    )
    if any(_is_away(location, reservation) for reservation in taken):
        raise NotBookable("resource_away", "The chair or the nurse is not there at that time.")
    return Visit(starts_at=starts_at, ends_at=ends_at, chair=chair, nurse=nurse, reservations=taken)


def _is_away(location: Location, taken: Reservation) -> bool:
    kind, starts_at, ends_at = taken.kind, taken.starts_at, taken.ends_at
    return kind != PATIENT and bool(location.why_away(kind, taken.resource, starts_at, ends_at))


def names_of(resources: Iterable[Chair | Member]) -> list[str]:
    return [resource.name for resource in resources]


@dataclass(frozen=True, slots=True)
class Offer:
    """A start, and the chair and nurse that are free for it; or, when there are none, why not."""

    starts_at: datetime
    chair: str | None = None
    nurse: str | None = None
    why_not: str | None = None


def offers(
    protocol: Protocol,
    location: Location,
    busy: Collection[tuple[str, datetime]],
    *,
    patient_id: str,
    starts: Iterable[datetime],
    now: datetime,
) -> list[Offer]:
    """What can be offered for each start. `busy` holds the slots that are taken, by resource."""
    return [_offer(protocol, location, busy, patient_id, at, now) for at in starts if at > now]


def _offer(
    protocol: Protocol,
    location: Location,
    busy: Collection[tuple[str, datetime]],
    patient_id: str,
    starts_at: datetime,
    now: datetime,
) -> Offer:
    taken: set[str] = set()
    why_not = ""
    chairs, nurses = names_of(location.details.chairs), names_of(location.staff_for("nurse"))
    for chair, nurse in product(chairs, nurses):
        try:
            visit = plan_visit(
                protocol,
                location,
                patient_id=patient_id,
                starts_at=starts_at,
                chair=chair,
                nurse=nurse,
                now=now,
            )
        except NotBookable as refusal:
            why_not = str(refusal)
            continue
        in_the_way = _in_the_way(visit, busy)
        if not in_the_way:
            return Offer(starts_at, chair, nurse)
        taken |= in_the_way
    return Offer(starts_at, why_not=f"Taken: {', '.join(sorted(taken))}." if taken else why_not)


def _in_the_way(visit: Visit, busy: Collection[tuple[str, datetime]]) -> set[str]:
    """The resources that are taken, named as a front desk would: a patient by what they are."""
    return {
        PATIENT if reservation.kind == PATIENT else reservation.resource
        for reservation in visit.reservations
        if any((reservation.resource, at) in busy for at in reservation.slots())
    }
