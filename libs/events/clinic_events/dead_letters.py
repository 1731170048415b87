"""Parked events (dead letters), kept with their raw bytes in the order of their key until redriven.

One row in `parked` per message and one in `parked_keys` per key that has any. Parking behind,
redriving and clearing a key all write the key's row, so that two at once conflict: the database
makes the second run again.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from clinic_events.ports import (
    EVERY,
    Clock,
    Database,
    Document,
    Message,
    NotFirst,
    NotParked,
    Parked,
    Sort,
    Which,
)

OLDEST_FIRST: Final[Sort] = [("parked_at", 1), ("key_id", 1), ("place", 1)]


class MongoDeadLetters:
    """The port `DeadLetters`, for one group, in the collections `parked` and `parked_keys`."""

    def __init__(self, database: Database, *, group: str, clock: Clock) -> None:
        self._database = database
        self._rows = database.collection("parked")
        self._keys = database.collection("parked_keys")
        self._group = group
        self._clock = clock

    async def prepare(self) -> None:
        await self._rows.create_index([("key_id", 1), ("place", 1)], unique=True)
        await self._rows.create_index(OLDEST_FIRST)

    async def blocked(self, keys: Iterable[str]) -> set[str]:
        ids = {self._key_id(key): key for key in keys}
        rows = await self._keys.find({"_id": {"$in": list(ids)}}, fields=["_id"])
        return {ids[row["_id"]] for row in rows}

    async def park(
        self, message: Message, *, event_id: str, key: str, reason: str, error: str, attempts: int
    ) -> None:
        marker = await self._keys.find_one_and_update(
            {"_id": self._key_id(key)},
            {"$inc": {"last_place": 1}, "$setOnInsert": {"redrive": False}},
            upsert=True,
        )
        assert marker is not None  # an upsert always leaves a row
        await self._rows.insert_one(
            {
                "_id": self._id(event_id),
                "event_id": event_id,
                "key": key,
                "key_id": self._key_id(key),
                "place": marker["last_place"],
                "reason": reason,
                "error": error,
                "attempts": attempts,
                "parked_at": self._clock(),
                "message": _document(message),
            }
        )

    async def parked(self, event_ids: Iterable[str]) -> set[str]:
        ids = [self._id(event_id) for event_id in event_ids]
        rows = await self._rows.find({"_id": {"$in": ids}}, fields=["event_id"])
        return {row["event_id"] for row in rows}

    async def list(self, which: Which = EVERY, *, limit: int = 100) -> list[Parked]:
        rows = await self._rows.find(self._where(which), sort=OLDEST_FIRST, limit=limit)
        return [_parked(row) for row in rows]

    async def get(self, event_id: str) -> Parked:
        row = await self._rows.find_one({"_id": self._id(event_id)})
        if row is None:
            raise NotParked(event_id)
        return _parked(row)

    async def keys(self, which: Which = EVERY, *, limit: int = 0) -> dict[str, int]:
        such = await self._rows.find(self._where(which), sort=OLDEST_FIRST, fields=["key_id"])
        ids = [*dict.fromkeys(row["key_id"] for row in such)][: limit or None]
        rows = await self._rows.find({"key_id": {"$in": ids}}, fields=["key_id", "key"])
        count = Counter(row["key_id"] for row in rows)
        names = {row["key_id"]: row["key"] for row in rows}
        return {names[key_id]: count[key_id] for key_id in ids if key_id in names}

    async def waiting(self) -> int:
        return await self._rows.count({})

    async def redrive(self, key: str) -> bool:
        return bool(
            await self._keys.update_one({"_id": self._key_id(key)}, {"$set": {"redrive": True}})
        )

    async def next_to_redrive(self) -> Parked | None:
        marker = await self._keys.find_one({"redrive": True}, sort=[("tried_at", 1)])
        if marker is None:
            return None
        tried = {"$set": {"tried_at": self._clock()}}
        await self._keys.update_one({"_id": marker["_id"], "redrive": True}, tried)
        row = await self._first(marker["_id"])
        return None if row is None else _parked(row)

    async def clear(self, parked: Parked) -> bool:
        if not await self._rows.delete_one({"_id": parked.id}):
            return False
        key_id = self._key_id(parked.key)
        if await self._first(key_id) is None:
            await self._keys.delete_one({"_id": key_id})
        else:  # written so that parking an event behind this one at the same time conflicts
            await self._keys.update_one({"_id": key_id}, {"$inc": {"cleared": 1}})
        return True

    async def in_turn(self, event_id: str, *, out_of_turn: bool = False) -> Parked:
        """What `discard` would discard. Raises as that does."""
        parked = await self.get(event_id)
        first = await self._first(self._key_id(parked.key))
        if first is not None and first["_id"] != parked.id and not out_of_turn:
            raise NotFirst(event_id, first["event_id"])
        return parked

    async def discard(self, event_id: str, *, out_of_turn: bool = False) -> Parked:
        parked = await self.in_turn(event_id, out_of_turn=out_of_turn)
        if not await self.clear(parked):
            raise NotParked(event_id)
        return parked

    async def give_up(self, parked: Parked, *, error: str) -> None:
        async def once() -> None:
            failed = {"$set": {"error": error}, "$inc": {"attempts": 1}}
            if await self._rows.update_one({"_id": parked.id}, failed):
                key = {"_id": self._key_id(parked.key)}
                await self._keys.update_one(key, {"$set": {"redrive": False}})

        await self._database.transaction(once)

    async def _first(self, key_id: str) -> Document | None:
        return await self._rows.find_one({"key_id": key_id}, sort=[("place", 1)])

    def _where(self, which: Which) -> Document:
        where: Document = {}
        if which.key is not None:
            where["key_id"] = self._key_id(which.key)
        if which.event_type is not None:
            where["message.headers"] = ["ce_type", which.event_type.encode()]
        if which.reason is not None:
            where["reason"] = which.reason
        if which.error is not None:
            where["error"] = which.error
        if which.since is not None:
            where["parked_at"] = {"$gte": which.since}
        return where

    def _id(self, event_id: str) -> str:
        return f"{self._group}/{event_id}"

    def _key_id(self, key: str) -> str:
        return f"{self._group}/{key}"


def _document(message: Message) -> Document:
    return {
        "topic": message.topic,
        "partition": message.partition,
        "offset": message.offset,
        "key": message.key,
        "value": message.value,
        "headers": [[name, value] for name, value in message.headers.items()],
    }


def _message(document: Document) -> Message:
    fields = {**document, "headers": dict(document["headers"])}
    return Message(**fields)


def _parked(row: Document) -> Parked:
    return Parked(
        id=row["_id"],
        event_id=row["event_id"],
        key=row["key"],
        place=row["place"],
        reason=row["reason"],
        error=row["error"],
        attempts=row["attempts"],
        parked_at=row["parked_at"],
        message=_message(row["message"]),
    )
