"""What a change of a location would do to its bookings: shown before anything happens.

Nothing is cancelled here. A booking that a document does not hold any more keeps standing, and can
be moved or cancelled as before.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple, Self

from clinic_sessions.domain.booking.override import OUTSIDE_HOURS, allows
from clinic_sessions.domain.booking.visit import PATIENT, PERSON, Reservation, Visit
from clinic_sessions.domain.errors import ChangeIsOutdated
from clinic_sessions.domain.places.crowding import Crowd
from clinic_sessions.domain.places.difference import Changed, difference, plain
from clinic_sessions.domain.places.location import Details, Location
from clinic_sessions.domain.places.offering import Treatment, Treatments
from clinic_sessions.domain.session import Session

OUT_OF_SHIFT: Final = "person_out_of_shift"
HALF: Final = 32  # hexadecimal digits of each half of a fingerprint


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to one booking.

    `kind`: closed_day, outside_hours; place_, person_ or equipment_ with lost or closed;
    person_out_of_shift, person_over_ratio, place_over_capacity, place_without_buffer,
    protocol_not_offered: these break it. zone_moved, person_may_do_less and registration_missing do
    not: somebody should look. `resource` names what it is about, where it is about one thing.
    """

    kind: str
    resource: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A booking a change touches. Its instant stays; `local_…`: the local time of the place."""

    session_id: str
    plan_id: str
    starts_at: datetime
    ends_at: datetime
    local_before: datetime
    local_after: datetime
    effects: tuple[Effect, ...]
    is_broken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange:
    """The whole of it: what changes, and which bookings it touches. Nothing is stored."""

    before: Location
    after: Details
    fields: tuple[Changed, ...]
    touched: tuple[Touched, ...]

    @property
    def broken(self) -> tuple[Touched, ...]:
        return tuple(booking for booking in self.touched if booking.is_broken)

    @property
    def later(self) -> Location:
        """The location with the new document."""
        return replace(self.before, details=self.after)

    @property
    def fingerprint(self) -> str:
        """Of the location, its version and the new document; then of the bookings touched."""
        change = [self.before.id, self.before.revision, plain(self.after)]
        bookings = [
            [one.session_id, one.starts_at.isoformat(), [[e.kind, e.resource] for e in one.effects]]
            for one in self.touched
        ]
        return f"{_digest(change)}-{_digest(bookings)}"

    def confirm(self, fingerprint: str) -> None:
        """Raises ChangeIsOutdated unless it is exactly what was planned under this fingerprint."""
        now, then = self.fingerprint.partition("-"), fingerprint.partition("-")
        halves = (("change", 0), ("bookings", 2))
        if outdated := [kind for kind, part in halves if now[part] != then[part]]:
            raise ChangeIsOutdated(outdated)


def plan_change(
    before: Location, after: Details, bookings: Iterable[Session], treatments: Treatments
) -> PlannedChange:
    """`bookings`: those that have not ended, with the `treatments` of their plans. What was broken
    before is not listed again."""
    bookings, later = list(bookings), replace(before, details=after)
    then, now = (_Held.by(one, bookings, treatments) for one in (before, later))
    touched = (_touched(then, now, session) for session in bookings)
    return PlannedChange(
        before=before,
        after=after,
        fields=difference(before.details, after),
        touched=tuple(booking for booking in touched if booking.effects),
    )


def broken_bookings(
    location: Location, bookings: Iterable[Session], treatments: Treatments
) -> list[Touched]:
    """Those that the location, as it is now, does not hold."""
    bookings = list(bookings)
    now = _Held.by(location, bookings, treatments)
    looked_at = (_booking(location, now, session, ()) for session in bookings)
    return [booking for booking in looked_at if booking.is_broken]


def breaks_of(
    location: Location, visit: Visit, treatment: Treatment | None = None
) -> tuple[Effect, ...]:
    """Why the location cannot hold the visit, whatever else is booked: nothing, when it can. One
    that was permitted outside the hours and the shifts is held there; a closure holds nothing.
    `treatment`: what it is for; None asks only about the time and the place."""
    if treatment is None:
        return _out_of_place(location, visit)
    is_offered = location.offers(treatment.protocol)
    missing = () if is_offered else (Effect("protocol_not_offered"),)
    return (*missing, *_out_of_place(location.giving(treatment.protocol), visit))


def _out_of_place(location: Location, visit: Visit) -> tuple[Effect, ...]:
    is_permitted = allows(visit.override, OUTSIDE_HOURS)
    if _is_shut(location, visit, is_permitted=is_permitted):
        return (Effect("closed_day"),)
    is_open = is_permitted or location.is_open(visit.starts_at, visit.ends_at)
    away = (_away(location, taken) for taken in visit.reservations if taken.kind != PATIENT)
    found = [effect for effect in away if effect is not None]
    if is_permitted:
        found = [effect for effect in found if effect.kind != OUT_OF_SHIFT]
    return _once([*(() if is_open else (Effect("outside_hours"),)), *found])


def _is_shut(location: Location, visit: Visit, *, is_permitted: bool) -> bool:
    calendar = location.calendar
    day = calendar.local(visit.starts_at).date()
    if is_permitted:
        return any(closure.covers(day) for closure in calendar.closures)
    return calendar.hours_on(day) is None


class _Held(NamedTuple):
    """A location, with all that is booked there and what for."""

    location: Location
    crowd: Crowd
    treatments: Treatments

    @classmethod
    def by(cls, location: Location, bookings: Sequence[Session], treatments: Treatments) -> Self:
        visits = ((one.booked_visit, _seen(location, one, treatments)) for one in bookings)
        return cls(location, Crowd.of(location.details, visits), treatments)

    def breaks(self, session: Session) -> tuple[Effect, ...]:
        """Whatever else is booked, and because of it."""
        visit, treatment = session.booked_visit, self.treatments.get(session.plan_id)
        seen = _seen(self.location, session, self.treatments)
        crowded = (Effect(*found) for found in self.crowd.around(visit, seen))
        return _once([*breaks_of(self.location, visit, treatment), *crowded])

    def is_registered_for(self, session: Session) -> bool:
        treatment, at = self.treatments.get(session.plan_id), session.booked_visit.starts_at
        return treatment is None or treatment.may_be_given(self.location, at)


def _seen(location: Location, session: Session, treatments: Treatments) -> Details:
    """The document as it is for what the booking is for."""
    treatment = treatments.get(session.plan_id)
    return (location if treatment is None else location.giving(treatment.protocol)).details


def _touched(then: _Held, now: _Held, session: Session) -> Touched:
    booking = _booking(then.location, now, session, then.breaks(session))
    return replace(booking, effects=(*booking.effects, *_touches(then, now, session)))


def _booking(before: Location, now: _Held, session: Session, known: Sequence[Effect]) -> Touched:
    visit, after = session.booked_visit, now.location
    breaks = tuple(effect for effect in now.breaks(session) if effect not in known)
    return Touched(
        session_id=session.id,
        plan_id=session.plan_id,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        local_before=before.calendar.local(visit.starts_at),
        local_after=after.calendar.local(visit.starts_at),
        effects=breaks,
        is_broken=bool(breaks),
    )


def _touches(then: _Held, now: _Held, session: Session) -> Iterator[Effect]:
    before, after = then.location, now.location
    if before.details.zone != after.details.zone:
        yield Effect("zone_moved")
    if then.is_registered_for(session) and not now.is_registered_for(session):
        yield Effect("registration_missing")
    reservations = session.booked_visit.reservations
    for name in sorted({taken.resource for taken in reservations if taken.kind == PERSON}):
        if _abilities(before, name) - _abilities(after, name) and _abilities(after, name):
            yield Effect("person_may_do_less", name)


def _abilities(location: Location, name: str) -> set[tuple[str, str]]:
    """The roles and competences of somebody there; none of somebody who is not."""
    return {
        (kind, ability)
        for member in location.details.staff
        if member.name == name
        for kind, abilities in (("role", member.roles), ("competence", member.competences))
        for ability in abilities
    }


def _away(location: Location, taken: Reservation) -> Effect | None:
    why = location.why_away(taken.kind, taken.resource, taken.starts_at, taken.ends_at)
    return None if why is None else Effect(f"{taken.kind}_{why}", taken.resource)


def _once(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    return tuple(dict.fromkeys(effects))


def _digest(part: object) -> str:
    text = json.dumps(part, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:HALF]
