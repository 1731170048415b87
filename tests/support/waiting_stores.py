"""Stand-ins of the ports of the wait-list that keep the promises of the stores."""

from collections.abc import Set
from datetime import datetime, timedelta

from clinic_platform.testing import InMemoryOutbox
from clinic_sessions.domain.errors import AlreadyWaiting, Conflict, OfferNotFound, WaitingNotFound
from clinic_sessions.domain.waiting.entry import WAITING, Waiting, WaitingFact
from clinic_sessions.domain.waiting.offer import OPEN, Offer, OfferFact
from clinic_sessions.domain.waiting.rules import WaitRules
from clinic_sessions.ports import WaitingRoom
from clinic_sessions.publishing import of_offer

RULES = WaitRules(version=1, answer_within=timedelta(minutes=120), wait_at_most=timedelta(days=60))


class InMemoryWaitList:
    def __init__(self) -> None:
        self.rows: dict[str, Waiting] = {}

    async def get(self, waiting_id: str) -> Waiting:
        if waiting_id not in self.rows:
            raise WaitingNotFound
        return self.rows[waiting_id]

    async def of_plan(self, plan_id: str) -> Waiting | None:
        mine = [one for one in self.rows.values() if one.plan_id == plan_id]
        return next((one for one in mine if one.state == WAITING), None)

    async def at(
        self,
        locations: Set[str] | None,
        *,
        now: datetime,
        after: str | None = None,
        limit: int = 0,
    ) -> list[Waiting]:
        there = [
            one
            for one in self.rows.values()
            if one.status(now) == WAITING and (locations is None or one.location_id in locations)
        ]
        there.sort(key=lambda one: one.order)
        following = [one for one in there if after is None or one.order > after]
        return following[: limit or None]

    async def record(self, waiting: Waiting, fact: WaitingFact) -> Waiting:
        known = self.rows.get(waiting.id)
        if (0 if known is None else known.revision) != waiting.revision:
            raise Conflict
        if known is None and await self.of_plan(waiting.plan_id) is not None:
            raise AlreadyWaiting
        after = self.rows[waiting.id] = waiting.after(fact)
        return after


class InMemoryOffers:
    def __init__(self, outbox: InMemoryOutbox) -> None:
        self.rows: dict[str, Offer] = {}
        self._outbox = outbox

    async def get(self, offer_id: str) -> Offer:
        if offer_id not in self.rows:
            raise OfferNotFound
        return self.rows[offer_id]

    async def open_of(self, patient_id: str) -> Offer | None:
        mine = [one for one in self.rows.values() if one.patient_id == patient_id]
        return next((one for one in mine if one.state == OPEN), None)

    async def open_at(
        self, locations: Set[str] | None, *, after: str | None = None, limit: int = 0
    ) -> list[Offer]:
        there = [
            one
            for one in self.rows.values()
            if one.state == OPEN and (locations is None or one.location_id in locations)
        ]
        there.sort(key=lambda one: one.id)
        return [one for one in there if after is None or one.id > after][: limit or None]

    async def record(self, offer: Offer, fact: OfferFact) -> Offer:
        known = self.rows.get(offer.id)
        if (0 if known is None else known.revision) != offer.revision:
            raise Conflict
        if known is None and await self.open_of(offer.patient_id) is not None:
            raise Conflict
        after = self.rows[offer.id] = offer.after(fact)
        await self._outbox.append(*of_offer(after, fact), sequence=after.revision)
        return after


def waiting_in_memory(outbox: InMemoryOutbox) -> WaitingRoom:
    return WaitingRoom(entries=InMemoryWaitList(), offers=InMemoryOffers(outbox), rules=RULES)
