"""Holds, and the seats each keeps until it ends."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from clinic_events.ports import Database, Document
from clinic_sessions.domain.booking.hold import (
    EXPIRED,
    PENDING,
    Hold,
    HoldConfirmed,
    HoldFact,
    HoldReleased,
    HoldTaken,
)
from clinic_sessions.domain.errors import Conflict, HoldHasEnded, HoldNotFound
from clinic_sessions.store import documents
from clinic_sessions.store.seats import Seats

BY_TIME: Final = (("starts_at", 1), ("_id", 1))
# Few are, of all there ever were; and by an index of its own there is nothing to choose among.
SEATED: Final[Document] = {"has_seats": True}
A_DAY: Final = timedelta(days=1)  # a visit and its buffers are within one


class MongoHolds:
    """The port `Holds`, in the collection `holds`.

    `has_seats` is this store's own note: whether rows of `taken_slots` are still there for it. An
    expired hold has them until somebody needs one.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows = database.collection("holds")
        self._seats = Seats(database)

    async def prepare(self) -> None:
        await self._rows.create_index([("plan_id", 1), ("starts_at", 1)])
        for of in ("location_id", "patient_id", "shared.person"):
            await self._rows.create_index([(of, 1), ("starts_at", 1)], partial=SEATED)

    async def get(self, hold_id: str) -> Hold:
        document = await self._rows.find_one({"_id": hold_id})
        if document is None:
            raise HoldNotFound
        return documents.hold_in(document)

    async def record(self, hold: Hold, fact: HoldFact) -> Hold:
        after = hold.after(fact)
        await self._database.transaction(lambda: self._record(hold, after, fact))
        return after

    async def pending_of(self, plan_id: str, starts_at: datetime, *, now: datetime) -> Hold | None:
        where = {"plan_id": plan_id, "starts_at": starts_at, "state": PENDING}
        document = await self._rows.find_one({**where, "expires_at": {"$gt": now}})
        return None if document is None else documents.hold_in(document)

    async def all_pending_of(self, plan_id: str, *, now: datetime) -> list[Hold]:
        where = {"plan_id": plan_id, "state": PENDING, "expires_at": {"$gt": now}}
        return [documents.hold_in(row) for row in await self._rows.find(where, sort=BY_TIME)]

    async def pending_at(self, location_id: str, *, now: datetime) -> list[Hold]:
        where = {**SEATED, "location_id": location_id, "expires_at": {"$gt": now}}
        return [documents.hold_in(row) for row in await self._rows.find(where, sort=BY_TIME)]

    async def free_expired(self, hold_ids: Iterable[str], *, now: datetime) -> None:
        if not (ids := list(hold_ids)):
            return
        where = {"_id": {"$in": ids}, "has_seats": True, "expires_at": {"$lte": now}}
        for row in await self._rows.find(where, fields=["session_id"]):
            await self._seats.free(row["session_id"])
            await self._rows.update_one({"_id": row["_id"]}, {"$set": {"has_seats": False}})

    async def _record(self, before: Hold, after: Hold, fact: HoldFact) -> None:
        match fact:
            case HoldTaken():
                visit = after.visit
                await self._seats.take(
                    after.location_id,
                    after.session_id,
                    visit.reservations,
                    left_to=after.instead_of,
                )
            case HoldReleased() | HoldConfirmed(leaves_seats=False):
                await self._seats.free(after.session_id)
            case HoldConfirmed():
                await self._only_with_seats(before)  # they are the session's now
        await self._save(before, after)

    async def _only_with_seats(self, hold: Hold) -> None:
        """By another process's clock it may have ended sooner, and its seats may be gone. Whoever
        frees them writes the row that is saved next: of both at once one begins again.
        """
        if await self._rows.find_one({"_id": hold.id, "state": PENDING, "has_seats": False}):
            raise HoldHasEnded(EXPIRED)

    async def _save(self, before: Hold, after: Hold) -> None:
        document = {**documents.of_hold(after), "has_seats": after.state == PENDING}
        where = {"_id": before.id, "revision": before.revision}
        if before.revision == 0:
            await self._rows.insert_later([document], otherwise=Conflict())
        elif not await self._rows.replace_one(where, document):
            raise Conflict
