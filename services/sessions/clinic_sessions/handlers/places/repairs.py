"""Where a broken booking could go: the nearest free starts on its location as it is now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.booking.visit import EPOCH, Offer, offers
from clinic_sessions.domain.errors import NotBookable
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.places.repair import Repair
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.session import Session
from clinic_sessions.ports import Plans, Protocols, Sessions

# Engineering choices: how finely, how far and for how many is looked.
EVERY: Final = timedelta(minutes=30)
RING: Final = timedelta(days=1)
RINGS: Final = 7
PROPOSALS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestFree:
    """The port `Repairs`: looks outward from the booked start, a day further each time."""

    plans: Plans
    sessions: Sessions
    protocols: Protocols

    async def propose(self, location: Location, session: Session, *, now: datetime) -> list[Repair]:
        plan = await self.plans.get(session.plan_id)
        protocol = self.protocols[plan.protocol, plan.protocol_version]
        others = await self.sessions.times_of(plan.id, without=session.id)
        found: list[Repair] = []
        for starts in _rings(session.booked_visit.starts_at):
            allowed = [
                at
                for at in starts
                if at > now
                and location.is_open(at, at + protocol.visit_lasts)
                and _is_spaced(plan, protocol, at, others)
            ]
            found += await self._free(location, protocol, session, allowed, now)
            if len(found) >= PROPOSALS:
                break
        return found[:PROPOSALS]

    async def _free(
        self,
        location: Location,
        protocol: Protocol,
        session: Session,
        starts: list[datetime],
        now: datetime,
    ) -> list[Repair]:
        """In the order of `starts`. What the booking itself takes is free for it."""
        if not starts:
            return []
        patient_id, until = session.patient_id, max(starts) + protocol.visit_lasts
        busy = await self.sessions.busy(location, patient_id, since=min(starts), until=until)
        own = {(r.resource, at) for r in session.booked_visit.reservations for at in r.slots()}
        found = offers(
            protocol, location, busy - own, patient_id=patient_id, starts=starts, now=now
        )
        return [repair for offer in found if (repair := _repair(offer)) is not None]


def _rings(start: datetime) -> Iterator[list[datetime]]:
    """Starts on the grid, day by day outward, the nearest of each day first."""
    first = start + (EPOCH - start) % EVERY
    steps = RING // EVERY
    for ring in range(RINGS):
        near, far = ring * steps, (ring + 1) * steps
        around = {first + n * EVERY for n in (*range(near, far), *range(1 - far, 1 - near))}
        yield sorted(around, key=lambda at: (abs(at - start), at))


def _is_spaced(plan: Plan, protocol: Protocol, at: datetime, others: list[datetime]) -> bool:
    try:
        plan.next_infusion(at, others, spacing=protocol.spacing.least)
    except NotBookable:
        return False
    return True


def _repair(offer: Offer) -> Repair | None:
    if offer.chair is None or offer.nurse is None:
        return None
    return Repair(starts_at=offer.starts_at, chair=offer.chair, nurse=offer.nurse)
