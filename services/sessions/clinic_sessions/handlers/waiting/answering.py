"""The answer to an offer, on behalf of whom it was made to."""

from collections.abc import Sequence

from clinic_platform.auth import Caller
from clinic_sessions.domain.booking.hold import Hold
from clinic_sessions.domain.booking.wishes import Wishes
from clinic_sessions.domain.errors import OfferNotFound
from clinic_sessions.domain.session import Session
from clinic_sessions.domain.waiting.offer import Offer
from clinic_sessions.handlers.booking.holds import Holding
from clinic_sessions.handlers.waiting.passing import Passing


class Answering(Passing, Holding):
    async def accept_offer(self, by: Caller, offer_id: str) -> Session:
        """Booked, or the booking moved, in one transaction. Whatever a booking is refused for is
        asked again; an offer that cannot be had any more stays open, to be declined."""
        offer = await self.reached_offer(by, offer_id)
        await self.end_offer(offer, offer.accept(by=by.actor, now=self.clock()))
        hold = await self.holds.get(offer.hold_id)
        if offer.session_id is None:
            return await self.booked_from(by, hold)
        return await self._moved_to(by, hold, await self.sessions.get(offer.session_id))

    async def decline_offer(self, by: Caller, offer_id: str) -> Offer:
        offer = await self.reached_offer(by, offer_id)
        return await self.pass_on(offer, offer.decline(by=by.actor, now=self.clock()))

    async def list_offers(self, by: Caller, *, after: str | None, limit: int) -> Sequence[Offer]:
        return await self.waiting.offers.open_at(by.locations, after=after, limit=limit)

    async def reached_offer(self, by: Caller, offer_id: str) -> Offer:
        """The offer; one of another location is not found, exactly as one that is not there."""
        offer = await self.waiting.offers.get(offer_id)
        if not by.reaches(offer.location_id):
            raise OfferNotFound
        return offer

    async def _moved_to(self, by: Caller, hold: Hold, session: Session) -> Session:
        """The session takes what the hold gives back, under its own id."""
        session.reschedule(session.booked_visit)  # refuses before anything else is looked at
        wanted = await self.wanted(
            await self.plans.get(hold.plan_id),
            hold.visit.starts_at,
            wishes=Wishes.as_in(hold.visit),
            without={session.id, hold.session_id},
        )
        visit, _, gap_days = await self.placement(wanted)
        await self.holds.record(hold, hold.release(now=self.clock()))
        moved = session.reschedule(
            visit,
            noted=self.noting(by),
            gap_days=gap_days,
            in_good_time=wanted.location.details.notice.cancel_at_least,
        )
        return await self.sessions.record(session, moved)
