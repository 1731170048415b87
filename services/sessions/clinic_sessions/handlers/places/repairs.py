"""Where a broken booking could go: the nearest free starts on its location as it is now."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from clinic_sessions.domain.booking.around import Around
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.booking.timetable import Timetable
from clinic_sessions.domain.errors import NotBookable
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.places.repair import Repair
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.session import Session
from clinic_sessions.ports import Plans, Protocols, Sessions

# Engineering choices: how far is looked, and for how many.
NEAR: Final = timedelta(days=7)
PROPOSALS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestFree:
    """The port `Repairs`. What the booking itself takes is free for it."""

    plans: Plans
    sessions: Sessions
    protocols: Protocols

    async def propose(self, location: Location, session: Session, *, now: datetime) -> list[Repair]:
        plan, booked = await self.plans.get(session.plan_id), session.booked_visit.starts_at
        since, until = max(now, booked - NEAR), max(now, booked + NEAR)
        around = await self.sessions.around(
            plan, since=since, until=until, now=now, without={session.id}
        )
        elsewhere = await self.sessions.elsewhere(
            location, since=since, until=until, now=now, without={session.id}
        )
        around = around.and_elsewhere(elsewhere)
        protocol = self.protocols[plan.protocol, plan.protocol_version]
        timetable = Timetable.of(
            protocol, location, plan.patient_id, around.busy, since=since, until=until
        )
        free = [
            Repair(starts_at=start.starts_at, chair=start.seating.chair, nurse=start.seating.nurse)
            for start in timetable.starts(since=since, until=until, now=now)
            if start.seating is not None and _is_spaced(plan, protocol, start.starts_at, around)
        ]
        free.sort(key=lambda repair: (abs(repair.starts_at - booked), repair.starts_at))
        return free[:PROPOSALS]


def _is_spaced(plan: Plan, protocol: Protocol, at: datetime, around: Around) -> bool:
    try:
        plan.next_infusion(
            at,
            around.times,
            spacing=protocol.spacing,
            held=around.held,
            broken_off=around.broken_off,
        )
    except NotBookable:
        return False
    return True
