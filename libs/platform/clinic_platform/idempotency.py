"""A command sent again is answered again, not done again.

The marker that a command is under way lives outside its transaction and runs out by itself; the
answer is written inside it. So an answer is kept if and only if the command was done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from clinic_events.ports import Collection, Document, DuplicateKey
from clinic_platform.clock import Clock, utc_now

KEPT_FOR: Final = timedelta(days=30)
IN_FLIGHT_FOR: Final = timedelta(seconds=30)

_IN_FLIGHT: Final = "in_flight"
_DONE: Final = "done"


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer as it was given."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class KeyReused(Exception):
    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was sent before with another request.")


class KeyInFlight(Exception):
    def __init__(self) -> None:
        super().__init__("The request with this Idempotency-Key is still being worked on.")
        self.retry_after = timedelta(seconds=1)


class Idempotency:
    """Answers by key. A key is already scoped to one caller and one operation."""

    def __init__(self, collection: Collection, clock: Clock = utc_now) -> None:
        self._rows = collection
        self._clock = clock  # real time: rows grow old by the database's clock

    async def prepare(self) -> None:
        await self._rows.create_index([("begun_at", 1)], expire_after=KEPT_FOR)

    async def begin(self, key: str, fingerprint: str) -> Stored | None:
        """The answer given before, or None: then go on, and `finish` or `abandon`.

        Raises KeyReused when the key came with another request, KeyInFlight when that request is
        being worked on. Outside any transaction.
        """
        try:
            await self._rows.insert_one(self._marker(key, fingerprint))
        except DuplicateKey:
            return await self._begun_before(key, fingerprint)
        return None

    async def finish(self, key: str, answer: Stored) -> None:
        """Keep the answer. In the command's transaction."""
        done = {
            "state": _DONE,
            "status": answer.status,
            "body": answer.body,
            "headers": dict(answer.headers),
        }
        await self._rows.update_one({"_id": key}, {"$set": done}, upsert=True)

    async def abandon(self, key: str) -> None:
        """Nothing was done: the same key may be tried again at once."""
        await self._rows.delete_one({"_id": key, "state": _IN_FLIGHT})

    async def _begun_before(self, key: str, fingerprint: str) -> Stored | None:
        row = await self._rows.find_one({"_id": key})
        if row is None:  # abandoned this moment
            return await self.begin(key, fingerprint)
        if row["fingerprint"] != fingerprint:
            raise KeyReused
        if row["state"] == _DONE:
            return Stored(row["status"], row["body"], row["headers"])
        await self._take_over(row)
        return None

    async def _take_over(self, row: Document) -> None:
        """Go on with a request whose worker died; KeyInFlight while it may be alive."""
        stale = {"_id": row["_id"], "state": _IN_FLIGHT, "begun_at": row["begun_at"]}
        if self._clock() - row["begun_at"] < IN_FLIGHT_FOR:
            raise KeyInFlight
        if not await self._rows.update_one(stale, {"$set": {"begun_at": self._clock()}}):
            raise KeyInFlight

    def _marker(self, key: str, fingerprint: str) -> Document:
        now = self._clock()
        return {"_id": key, "fingerprint": fingerprint, "state": _IN_FLIGHT, "begun_at": now}
