"""From a choice to a visit: what exactly is taken, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from clinic_sessions.domain.booking import grid
from clinic_sessions.domain.booking.asks import Ask
from clinic_sessions.domain.booking.override import (
    NO_BUFFER,
    OUTSIDE_HOURS,
    Override,
    allows,
)
from clinic_sessions.domain.booking.visit import PATIENT, PERSON, PLACE, Reservation, Visit
from clinic_sessions.domain.protocols.protocol import Protocol


@dataclass(frozen=True, slots=True)
class Seating:
    """`chosen`: each ask with the name that serves it, and whether somebody else has it, too. It
    has no times: one serves many starts, and only what is booked, or moved, becomes a visit."""

    chosen: tuple[tuple[Ask, str, bool], ...]
    chair: str | None
    nurse: str | None

    @classmethod
    def of(cls, chosen: Sequence[tuple[Ask, str, bool]]) -> Self:
        """`chair` and `nurse` as they are of the visit: those who are there first."""
        in_order = sorted(chosen, key=lambda one: one[0].start)  # a stable sort
        first = {ask.kind: name for ask, name, _ in reversed(in_order)}
        return cls(tuple(chosen), first.get(PLACE), first.get(PERSON))


def asks_under(override: Override | None, asks: Sequence[Ask]) -> Sequence[Ask]:
    """The same asks; by permission without the rooms' buffers, or whatever people's shifts."""
    if allows(override, NO_BUFFER):
        asks = [_with_candidates(ask, before=0, after=0) for ask in asks]
    if allows(override, OUTSIDE_HOURS):
        asks = [_with_candidates(ask, member=None) for ask in asks]
    return asks


def visit_of(
    protocol: Protocol,
    patient_id: str,
    starts_at: datetime,
    chosen: Sequence[tuple[Ask, str, bool]],
    override: Override | None,
) -> Visit:
    """`chosen`: each ask with the name that serves it, and whether somebody else has it, too."""
    return Visit(
        starts_at=starts_at,
        ends_at=starts_at + protocol.visit_lasts,
        reservations=(
            *(_reservation(ask, name, starts_at, is_over) for ask, name, is_over in chosen),
            _patient(protocol, patient_id, starts_at),
        ),
        override=override,
    )


def _reservation(ask: Ask, name: str, starts_at: datetime, is_over: bool) -> Reservation:
    one = next(candidate for candidate in ask.candidates if candidate.name == name)
    return Reservation(
        kind=ask.kind,
        what=ask.what,
        phases=ask.phases,
        resource=one.name,
        starts_at=starts_at + ask.start * grid.SLOT,
        ends_at=starts_at + ask.end * grid.SLOT,
        taken_from=starts_at + (ask.start - one.before) * grid.SLOT,
        taken_until=starts_at + (ask.end + one.after) * grid.SLOT,
        at_most=one.at_most,
        is_overbooked=is_over,
        person=one.person,
    )


def _patient(protocol: Protocol, patient_id: str, starts_at: datetime) -> Reservation:
    """The patient is somewhere from the first phase to the last, whatever is between them."""
    ends_at = starts_at + grid.ceil(protocol.visit_lasts) * grid.SLOT
    return Reservation(
        kind=PATIENT,
        what=PATIENT,
        phases=tuple(phase.name for phase in protocol.phases),
        resource=patient_id,
        starts_at=starts_at,
        ends_at=ends_at,
        taken_from=starts_at,
        taken_until=ends_at,
    )


def _with_candidates(ask: Ask, **changes: object) -> Ask:
    changed = tuple(replace(one, **changes) for one in ask.candidates)  # type: ignore[arg-type]  # of its own fields
    return replace(ask, candidates=changed)
