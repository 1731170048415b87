"""What follows when a patient is erased: what was planned is given back, what is under way goes on.

Somebody may sit on the chair. Their session is watched, ended and completed as any other, and stays
on record: only what has not begun is cancelled, the way a person would cancel it.
"""

from typing import Final

from clinic_events import PatientErased
from clinic_sessions.domain.booking.history import Noted
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.session import Session, Status
from clinic_sessions.domain.waiting.entry import PATIENT_ERASED
from clinic_sessions.domain.waiting.freed import Freed
from clinic_sessions.handlers.waiting.passing import Passing

CANCELLED_BY: Final = "erasure"


class Erasing(Passing):
    async def forget_patient(self, erased: PatientErased) -> None:
        """Delivered again, it finds nothing left to do."""
        standing = await self.standings.get(erased.patient_id)
        if standing.erased_at is not None:
            return
        await self.standings.keep(standing.erase(at=erased.erased_at))
        for plan in await self.plans.of_patient(erased.patient_id):
            await self._orphan(plan)

    async def _orphan(self, plan: Plan) -> None:
        """Who books for this plan at the same moment meets it in the queue, and is refused."""
        await self.plans.queue_for(plan)
        now = self.clock()
        await self.plans.record(plan, plan.orphan(now=now))
        await self.end_waiting_of(plan.id, PATIENT_ERASED)
        for hold in await self.holds.all_pending_of(plan.id, now=now):
            await self.note_freed(
                Freed.by_hold(await self.holds.record(hold, hold.release(now=now)))
            )
        for session in await self.sessions.of_plan(plan.id):
            if session.status is Status.BOOKED:
                await self._give_back(session)

    async def _give_back(self, session: Session) -> None:
        location = await self.locations.get(session.location_id)
        cancelled = session.cancel(
            PATIENT_ERASED,
            noted=Noted(CANCELLED_BY, self.clock()),
            in_good_time=location.details.notice.cancel_at_least,
        )
        await self.sessions.record(session, cancelled)
