"""A command sent again is answered again, not done again.

The marker that a command is under way lives outside its transaction and runs out by itself; the
answer is written inside it. So an answer is kept if and only if the command was done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import uuid4

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


@dataclass(frozen=True, slots=True)
class Attempt:
    """A command under way. `token` tells it from an earlier one of the same key that was given up
    for dead."""

    key: str
    token: str


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

    async def begin(self, key: str, fingerprint: str) -> Stored | Attempt:
        """The answer given before; or the attempt to go on with, and to `finish` or `abandon`.

        Raises KeyReused when the key came with another request, KeyInFlight when that request is
        being worked on. Outside any transaction.
        """
        attempt = Attempt(key, uuid4().hex)
        try:
            await self._rows.insert_one(self._marker(attempt, fingerprint))
        except DuplicateKey:
            return await self._begun_before(attempt, fingerprint)
        return attempt

    async def finish(self, attempt: Attempt, answer: Stored) -> None:
        """Keep the answer. In the command's transaction.

        Raises KeyInFlight, which undoes the command, when another attempt has taken over.
        """
        done = {
            "state": _DONE,
            "status": answer.status,
            "body": answer.body,
            "headers": dict(answer.headers),
        }
        if not await self._rows.update_one(_own(attempt), {"$set": done}):
            raise KeyInFlight

    async def abandon(self, attempt: Attempt) -> None:
        """Nothing was done, or nothing is to be kept: the key may be tried again at once."""
        await self._rows.delete_one(_own(attempt))

    async def _begun_before(self, attempt: Attempt, fingerprint: str) -> Stored | Attempt:
        row = await self._rows.find_one({"_id": attempt.key})
        if row is None:  # abandoned this moment
            return await self.begin(attempt.key, fingerprint)
        if row["fingerprint"] != fingerprint:
            raise KeyReused
        if row["state"] == _DONE:
            return Stored(row["status"], row["body"], row["headers"])
        return await self._take_over(attempt, row)

    async def _take_over(self, attempt: Attempt, row: Document) -> Attempt:
        """Go on with a request whose worker died; KeyInFlight while it may be alive."""
        if self._clock() - row["begun_at"] < IN_FLIGHT_FOR:
            raise KeyInFlight
        ours = {"begun_at": self._clock(), "token": attempt.token}
        if not await self._rows.update_one(
            _own(Attempt(attempt.key, row["token"])), {"$set": ours}
        ):
            raise KeyInFlight
        return attempt

    def _marker(self, attempt: Attempt, fingerprint: str) -> Document:
        return {
            "_id": attempt.key,
            "token": attempt.token,
            "fingerprint": fingerprint,
            "state": _IN_FLIGHT,
            "begun_at": self._clock(),
        }


def _own(attempt: Attempt) -> Document:
    return {"_id": attempt.key, "token": attempt.token, "state": _IN_FLIGHT}
