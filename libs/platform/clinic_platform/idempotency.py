"""A command sent again is answered again, not done again.

Its answer is kept under its key, in its own transaction: kept if and only if it was done. Nothing
is noted before. A command that comes again is begun again, meets the kept answer in the database,
is undone, and given that answer. Of two at once the database lets one commit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from clinic_events.ports import Database, DuplicateKey
from clinic_platform.clock import Clock, utc_now

KEPT_FOR: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer as it was given."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Key:
    """`name` is already scoped to one caller and one operation; `fingerprint` is the request's."""

    name: str
    fingerprint: str


class KeyReused(Exception):
    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was sent before with another request.")


class Idempotency:
    """Answers by key, in the collection `idempotency`."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._rows = database.collection("idempotency")
        self._clock = clock  # real time: rows grow old by the database's clock

    async def prepare(self) -> None:
        await self._rows.create_index([("kept_at", 1)], expire_after=KEPT_FOR)

    async def keep(self, key: Key, answer: Stored) -> None:
        """In the command's transaction, which fails with DuplicateKey at its end if there is an
        answer already."""
        await self._rows.insert_later(
            [
                {
                    "_id": key.name,
                    "fingerprint": key.fingerprint,
                    "status": answer.status,
                    "body": answer.body,
                    "headers": dict(answer.headers),
                    "kept_at": self._clock(),
                }
            ]
        )

    async def answered_before(self, key: Key) -> Stored | None:
        """The answer given before to a command that came to nothing this time, if any.

        None: it was never done, and nobody who is at it now can keep an answer any more without
        beginning again, and seeing what was seen here. Raises KeyReused when the key came with
        another request. Outside any transaction.
        """
        try:
            await self._database.transaction(lambda: self._pass_through(key))
        except DuplicateKey:
            return await self._kept(key)
        return None

    async def _pass_through(self, key: Key) -> None:
        """Nothing stays of it. But a transaction that began before cannot have the key now: the
        database runs it again."""
        await self._rows.insert_one({"_id": key.name})
        await self._rows.delete_one({"_id": key.name})

    async def _kept(self, key: Key) -> Stored | None:
        row = await self._rows.find_one({"_id": key.name})
        if row is None:  # its thirty days were over this moment
            return None
        if row["fingerprint"] != key.fingerprint:
            raise KeyReused
        return Stored(row["status"], row["body"], row["headers"])
