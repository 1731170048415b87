"""Holds: seats for a while, while somebody asks the patient."""

from datetime import datetime

from clinic_platform.auth import Caller
from clinic_platform.together import together
from clinic_sessions.domain.booking.hold import Hold
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.booking.visit import Visit
from clinic_sessions.domain.booking.wishes import NO_WISHES, Wishes
from clinic_sessions.domain.errors import HoldNotFound
from clinic_sessions.domain.session import Session
from clinic_sessions.domain.waiting.freed import Freed
from clinic_sessions.handlers.booking.placing import Placing, When


class Holding(Placing):
    async def hold_slot(
        self, by: Caller, plan_id: str, *, starts_at: When, wishes: Wishes = NO_WISHES
    ) -> Hold:
        """The same plan held again at the same time, with wishes that are met, is the same hold;
        its end stays where it was. Otherwise refuses as a booking does."""
        plan = await self.reached_plan(by, plan_id)
        wanted = await self.wanted(plan, starts_at, wishes=wishes)
        now = self.clock()
        known = await self.holds.pending_of(plan.id, wanted.starts_at, now=now)
        if known is not None and wishes.are_met_by(known.visit):
            return known
        placement = await self.placement(wanted)
        held_at = as_kept(now)
        hold = self.unheld(plan, placement.visit, by.actor, held_at, held_at + self.hold_for)
        taken = await self.holds.record(hold, hold.take())
        await self.note_held(taken)
        return taken

    async def confirm_hold(self, by: Caller, hold_id: str) -> Session:
        """The hold becomes its session. Whatever a booking is refused for is asked again: the
        location, the plan and the notice may have changed since."""
        hold = await self.reached_hold(by, hold_id)
        hold.only_unoffered()
        return await self.booked_from(by, hold)

    async def release_hold(self, by: Caller, hold_id: str) -> Hold:
        hold = await self.reached_hold(by, hold_id)
        hold.only_unoffered()
        released = await self.holds.record(hold, hold.release(now=self.clock()))
        await self.note_freed(Freed.by_hold(released))
        return released

    async def reached_hold(self, by: Caller, hold_id: str) -> Hold:
        """The hold; one of another location is not found, exactly as one that is not there."""
        hold = await self.holds.get(hold_id)
        if not by.reaches(hold.location_id):
            raise HoldNotFound
        return hold

    async def booked_from(self, by: Caller, hold: Hold) -> Session:
        """As it is placed now: with the buffers and ratios that the location has meanwhile."""
        hold.only_pending(self.clock())
        plan, _ = await together(
            self.plans.get(hold.plan_id),
            self.locations.get(hold.location_id),  # asked for next: known then
        )
        wanted = await self.wanted(
            plan,
            hold.visit.starts_at,
            wishes=Wishes.as_in(hold.visit),
            without={hold.session_id},
        )
        visit, number, gap_days = await self.placement(wanted)
        is_held = visit.reservations == hold.visit.reservations
        await self.holds.record(hold, hold.confirm(now=self.clock(), leaves_seats=is_held))
        session = self.unbooked(plan, hold.session_id, number)
        booked = session.book(visit, noted=self.noting(by), is_held=is_held, gap_days=gap_days)
        return await self.sessions.record(session, booked)

    def unheld(
        self, plan: Plan, visit: Visit, by: str, held_at: datetime, expires_at: datetime
    ) -> Hold:
        return Hold(
            id=self.new_id("hld"),
            session_id=self.new_id("ses"),
            plan_id=plan.id,
            patient_id=plan.patient_id,
            location_id=plan.location_id,
            visit=visit,
            held_by=by,
            held_at=held_at,
            expires_at=expires_at,
        )


def as_kept(at: datetime) -> datetime:
    """The database keeps milliseconds."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
