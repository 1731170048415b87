"""Who waits: joining, leaving, and the order as a clinician changes it."""

from collections.abc import Sequence
from datetime import UTC

from clinic_platform.auth import Caller
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.errors import (
    NotBookable,
    SessionNotFound,
    SlotHasPassed,
    WaitingNotFound,
)
from clinic_sessions.domain.status import Status
from clinic_sessions.domain.waiting.entry import EXPIRED, Waiting, WaitWanted
from clinic_sessions.handlers.booking.holds import as_kept
from clinic_sessions.handlers.waiting.passing import Passing


class Listing(Passing):
    async def join_wait_list(self, by: Caller, plan_id: str, wanted: WaitWanted) -> Waiting:
        """Raises AlreadyWaiting; NotBookable where the plan lacks no visit or has ended;
        SessionNotFound and NotNow for a booking that cannot be moved; SlotHasPassed for an `until`
        that has."""
        plan, now = await self.reached_plan(by, plan_id), as_kept(self.clock())
        plan.only_running()
        await self._only_what_can_be(plan, wanted)
        until = wanted.until or now + self.waiting.rules.wait_at_most
        if until <= now:
            raise SlotHasPassed(until)
        before = await self.waiting.entries.of_plan(plan.id)
        if before is not None and before.status(now) == EXPIRED:
            await self.end_waiting(before, before.end(EXPIRED, now=now))
        waiting = Waiting(
            id=self.new_id("wtl"),
            plan_id=plan.id,
            patient_id=plan.patient_id,
            location_id=plan.location_id,
            joined_at=now,
            joined_by=by.actor,
            until=as_kept(until.astimezone(UTC)),
            since=wanted.since,
            session_id=wanted.session_id,
            preference=wanted.preference,
        )
        joined = await self.waiting.entries.record(waiting, waiting.join())
        await self._note_holds(joined.location_id)
        return joined

    async def withdraw_waiting(self, by: Caller, waiting_id: str) -> Waiting:
        waiting = await self.reached_waiting(by, waiting_id)
        return await self.end_waiting(waiting, waiting.withdraw(now=self.clock()))

    async def prioritise_waiting(
        self, by: Caller, waiting_id: str, *, level: int, reason: str
    ) -> Waiting:
        """From the next offer on; what is offered to somebody now stays with them."""
        waiting = await self.reached_waiting(by, waiting_id)
        prioritised = waiting.prioritise(level, reason, by=by.actor, now=self.clock())
        return await self.waiting.entries.record(waiting, prioritised)

    async def list_waiting(self, by: Caller, *, after: str | None, limit: int) -> Sequence[Waiting]:
        return await self.waiting.entries.at(
            by.locations, now=self.clock(), after=after, limit=limit
        )

    async def reached_waiting(self, by: Caller, waiting_id: str) -> Waiting:
        """The entry; one of another location is not found, exactly as one that is not there."""
        waiting = await self.waiting.entries.get(waiting_id)
        if not by.reaches(waiting.location_id):
            raise WaitingNotFound
        return waiting

    async def _note_holds(self, location_id: str) -> None:
        """Those of before anybody waited there, too."""
        for hold in await self.holds.pending_at(location_id, now=self.clock()):
            if hold.offer_id is None:
                await self.note_held(hold)

    async def _only_what_can_be(self, plan: Plan, wanted: WaitWanted) -> None:
        if wanted.session_id is None:
            if len(await self.sessions.times_of(plan.id)) >= plan.infusions:
                sentence = "Every infusion of this plan is booked already."
                raise NotBookable("series_full", sentence)
            return
        session = await self.sessions.get(wanted.session_id)
        if session.plan_id != plan.id:
            raise SessionNotFound
        session.only_while("Waiting for an earlier time", (Status.BOOKED,))
