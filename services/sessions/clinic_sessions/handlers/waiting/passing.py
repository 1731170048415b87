"""The end of an offer that was not accepted, and of an entry: the time goes to the next."""

from typing import Final

from clinic_sessions.domain.booking.hold import PENDING
from clinic_sessions.domain.waiting.entry import Ended as WaitingEnded
from clinic_sessions.domain.waiting.entry import Waiting
from clinic_sessions.domain.waiting.offer import PASSED_ON, Ended, Offer
from clinic_sessions.handlers.booking.freeing import Freeing

UNANSWERED: Final = "pass_offer_on"


class Passing(Freeing):
    async def pass_on(self, offer: Offer, ended: Ended) -> Offer:
        """In one transaction: the offer is over, its seats are free, and the next will be asked."""
        after = await self.end_offer(offer, ended)
        hold, now = await self.holds.get(offer.hold_id), self.clock()
        if hold.status(now) == PENDING:
            await self.holds.record(hold, hold.release(now=now))
        else:
            await self.holds.free_expired([hold.id], now=now)
        await self.note_freed(offer.freed.passed_on)
        return after

    async def end_offer(self, offer: Offer, ended: Ended) -> Offer:
        after = await self.waiting.offers.record(offer, ended)
        if ended.outcome != PASSED_ON:  # that is what the promise itself does
            await self.promises.withdraw(promised_for(offer), reason=ended.outcome)
        return after

    async def end_waiting(self, waiting: Waiting, ended: WaitingEnded) -> Waiting:
        """With whatever is offered to them just now."""
        after = await self.waiting.entries.record(waiting, ended)
        offer = await self.waiting.offers.open_of(waiting.patient_id)
        if offer is not None and offer.waiting_id == waiting.id:
            await self.pass_on(offer, offer.withdraw(now=self.clock()))
        return after

    async def end_waiting_of(self, plan_id: str, outcome: str) -> None:
        waiting = await self.waiting.entries.of_plan(plan_id)
        if waiting is not None:
            await self.end_waiting(waiting, waiting.end(outcome, now=self.clock()))


def promised_for(offer: Offer) -> str:
    """The key of the promise that passes it on."""
    return f"{UNANSWERED}/{offer.id}"
