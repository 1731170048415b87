"""The wait-list, and what is offered to whom."""

from collections.abc import Set
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter

from clinic_events.ports import Database, Document, DuplicateKey, Outbox
from clinic_sessions.domain.errors import AlreadyWaiting, Conflict, OfferNotFound, WaitingNotFound
from clinic_sessions.domain.waiting.entry import WAITING, Waiting, WaitingFact
from clinic_sessions.domain.waiting.offer import OPEN, Offer, OfferFact
from clinic_sessions.publishing import of_offer

_WAITING: Final = TypeAdapter(Waiting)
_OFFER: Final = TypeAdapter(Offer)


class MongoWaitList:
    """The port `WaitList`, in the collection `wait_list`. `order` is kept to sort by."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("wait_list")

    async def prepare(self) -> None:
        await self._rows.create_index([("plan_id", 1)], unique=True, partial={"state": WAITING})
        await self._rows.create_index([("state", 1), ("location_id", 1), ("order", 1)])

    async def get(self, waiting_id: str) -> Waiting:
        row = await self._rows.find_one({"_id": waiting_id})
        if row is None:
            raise WaitingNotFound
        return _waiting_in(row)

    async def of_plan(self, plan_id: str) -> Waiting | None:
        row = await self._rows.find_one({"plan_id": plan_id, "state": WAITING})
        return None if row is None else _waiting_in(row)

    async def at(
        self,
        locations: Set[str] | None,
        *,
        now: datetime,
        after: str | None = None,
        limit: int = 0,
    ) -> list[Waiting]:
        where: Document = {"state": WAITING, "until": {"$gt": now}, **_within(locations)}
        if after is not None:
            where["order"] = {"$gt": after}
        rows = await self._rows.find(where, sort=[("order", 1)], limit=limit)
        return [_waiting_in(row) for row in rows]

    async def record(self, waiting: Waiting, fact: WaitingFact) -> Waiting:
        after = waiting.after(fact)
        # BSON has no times of day: all but what is asked for is kept as text.
        document: Document = _WAITING.dump_python(after, mode="json")
        row = {**_by_id(document), "until": after.until, "order": after.order}
        if waiting.revision == 0:
            try:
                await self._rows.insert_one(row)
            except DuplicateKey as refused:
                raise _refusal(refused) from None
        elif not await self._rows.replace_one(_version(waiting), row):
            raise Conflict
        return after


class MongoOffers:
    """The port `Offers`, in the collection `offers`."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._rows = database.collection("offers")
        self._outbox = outbox

    async def prepare(self) -> None:
        await self._rows.create_index([("patient_id", 1)], unique=True, partial={"state": OPEN})
        await self._rows.create_index([("state", 1), ("location_id", 1)])

    async def get(self, offer_id: str) -> Offer:
        row = await self._rows.find_one({"_id": offer_id})
        if row is None:
            raise OfferNotFound
        return _offer_in(row)

    async def open_of(self, patient_id: str) -> Offer | None:
        row = await self._rows.find_one({"patient_id": patient_id, "state": OPEN})
        return None if row is None else _offer_in(row)

    async def open_at(
        self, locations: Set[str] | None, *, after: str | None = None, limit: int = 0
    ) -> list[Offer]:
        where: Document = {"state": OPEN, **_within(locations)}
        if after is not None:
            where["_id"] = {"$gt": after}
        rows = await self._rows.find(where, sort=[("_id", 1)], limit=limit)
        return [_offer_in(row) for row in rows]

    async def record(self, offer: Offer, fact: OfferFact) -> Offer:
        after = offer.after(fact)

        async def save() -> None:
            row = _by_id(_OFFER.dump_python(after))
            if offer.revision == 0:
                await self._rows.insert_one(row)
            elif not await self._rows.replace_one(_version(offer), row):
                raise Conflict
            await self._outbox.append(*of_offer(after, fact), sequence=after.revision)

        try:
            await self._database.transaction(save)
        except DuplicateKey:
            raise Conflict from None
        return after


def _waiting_in(row: Document) -> Waiting:
    return _WAITING.validate_python({**row, "id": row["_id"]})


def _offer_in(row: Document) -> Offer:
    """One of an earlier version was always of the whole stretch."""
    whole = {"starts_at": row["freed"]["starts_at"], "ends_at": row["ends_at"]}
    freed = {**whole, **row["freed"]}
    return _OFFER.validate_python({**whole, **row, "freed": freed, "id": row["_id"]})


def _by_id(document: Document) -> Document:
    return {"_id": document.pop("id"), **document}


def _version(of: Waiting | Offer) -> Document:
    return {"_id": of.id, "revision": of.revision}


def _within(locations: Set[str] | None) -> Document:
    return {} if locations is None else {"location_id": {"$in": sorted(locations)}}


def _refusal(refused: DuplicateKey) -> Exception:
    return AlreadyWaiting() if "plan_id" in refused.key else Conflict()
