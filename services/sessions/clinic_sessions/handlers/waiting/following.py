"""What a fact of a session means to those who wait: a time is free, or somebody waits no longer."""

from clinic_sessions.domain.facts import (
    Aborted,
    Arrived,
    Booked,
    Cancelled,
    Fact,
    Missed,
    Rescheduled,
    Voided,
)
from clinic_sessions.domain.session import Session
from clinic_sessions.domain.waiting.entry import BOOKED, BOOKING_ENDED, MOVED
from clinic_sessions.domain.waiting.freed import Freed
from clinic_sessions.handlers.waiting.passing import Passing


class Following(Passing):
    async def follow_booking(self, session: Session, fact: Fact) -> None:
        """In the transaction of the fact, with the session as it is after it."""
        match fact:
            case Booked():
                await self._end_if(session.plan_id, None, BOOKED)
            case Rescheduled(visit, before, _):
                freed = Freed.by_session(session, before)
                await self.note_freed(freed)
                if visit.starts_at < before:
                    await self._end_if(session.plan_id, session.id, MOVED)
                await self._let_go(session, freed)
            case Arrived():
                await self._end_if(session.plan_id, session.id, BOOKING_ENDED)
            case Cancelled() | Missed() | Aborted() | Voided():
                starts_at = session.booked_visit.starts_at
                await self.note_freed(Freed.by_session(session, starts_at))
                await self._end_if(session.plan_id, session.id, BOOKING_ENDED)
            case _:
                pass

    async def _end_if(self, plan_id: str, session_id: str | None, outcome: str) -> None:
        """The plan's entry, if it waits for this booking to be earlier (None: for a booking)."""
        waiting = await self.waiting.entries.of_plan(plan_id)
        if waiting is not None and waiting.session_id == session_id:
            await self.end_waiting(waiting, waiting.end(outcome, now=self.clock()))

    async def _let_go(self, session: Session, freed: Freed) -> None:
        """What is offered to them beside the time they had stood on seats they have no more."""
        offer = await self.waiting.offers.open_of(session.patient_id)
        if offer is None or offer.session_id != session.id:
            return
        if freed.meets(offer.starts_at, offer.ends_at - offer.starts_at):
            await self.pass_on(offer, offer.withdraw(now=self.clock()))
