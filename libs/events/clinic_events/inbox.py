"""The inbox: a row per event that a consumer group has handled, so that redelivery is a no-op.

The row is written in the handler's own transaction, so it exists if and only if the effects do. A
handler that loses the race against another delivery of the same event is undone by the database and
is refused the row when it runs again.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from clinic_events import topics
from clinic_events.ports import AlreadyHandled, Clock, Database, DuplicateKey

# Longer than an event can be redelivered: the topics' retention, the time for which a segment is
# written to, and some days for a broker that is late to delete and a clock that is behind.
LATE: Final = timedelta(days=6)
KEPT_FOR: Final = topics.RETENTION + topics.SEGMENT + LATE


class MongoInbox:
    """The port `Inbox`, for one group, in the collection `inbox`."""

    def __init__(self, database: Database, *, group: str, clock: Clock) -> None:
        self._rows = database.collection("inbox")
        self._group = group
        self._clock = clock

    async def prepare(self) -> None:
        """Create the TTL index that deletes rows after KEPT_FOR."""
        await self._rows.create_index([("heard_at", 1)], expire_after=KEPT_FOR)

    async def held(self, event_ids: Iterable[str]) -> set[str]:
        ids = [self._id(event_id) for event_id in event_ids]
        return {row["_id"]["event"] for row in await self._rows.find({"_id": {"$in": ids}})}

    async def add(self, *event_ids: str) -> None:
        now = self._clock()
        rows = [{"_id": self._id(event_id), "heard_at": now} for event_id in event_ids]
        try:
            await self._rows.insert_many(rows)
        except DuplicateKey:
            raise AlreadyHandled from None

    def _id(self, event_id: str) -> dict[str, str]:
        return {"group": self._group, "event": event_id}
