"""The transactional outbox: events appended in the caller's transaction, published by the relay.

Order. The database stamps each row as it is inserted, and its stamps only rise. An aggregate's
second event is inserted by a transaction that has read the first one's commit, so its stamp is
later: reading by stamp, oldest first, always gives a complete run of each aggregate. No read begins
"after the last one seen": a transaction may commit after a later stamp has been read. Rows are
found because they are there, and deleted only once the broker has acknowledged them.

A topic, a partition or one key may be refused while others are accepted. The publisher returns what
is to rest, and for how long: reads leave those keys out, with all events appended of them later, so
that nothing overtakes what was refused, and all else is published once.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from zlib import crc32

import structlog
from ulid import ULID

from clinic_events import metrics, tracing
from clinic_events.codec import encode
from clinic_events.ending import to_its_end
from clinic_events.envelope import Envelope, Event
from clinic_events.errors import NotAllTaken, Unavailable
from clinic_events.failpoints import Failpoint, reach
from clinic_events.leases import Leases
from clinic_events.ports import Clock, Database, Document, Message, Publisher
from clinic_events.topics import MAX_MESSAGE_BYTES

BUCKETS: Final = 16
# Published and deleted together. Small, so that a relay that lost its lease repeats little.
BATCH: Final = 200
POLL_EVERY: Final = timedelta(milliseconds=500)
PAUSE_AFTER_FAILURE: Final = timedelta(milliseconds=500)
# The broker's limit holds for the whole record: leave room for key and headers.
MAX_BODY_BYTES: Final = MAX_MESSAGE_BYTES - 8 * 1024

log = structlog.get_logger()


class EventTooLarge(ValueError):
    """A mistake in the service that appends it: refused before anything is written."""


class MongoOutbox:
    """The port `Outbox`, in the collection `outbox`. `source` names the service."""

    def __init__(self, database: Database, *, source: str, clock: Clock) -> None:
        self._database = database
        self._rows = database.collection("outbox")
        self._source = source
        self._clock = clock
        self.on_append: Callable[[], None] | None = None

    async def prepare(self) -> None:
        """Create the index the relay reads by."""
        await self._rows.create_index([("bucket", 1), ("at", 1)])

    async def waiting(self) -> int:
        return await self._rows.count({})

    async def oldest_at(self) -> datetime | None:
        """When the oldest waiting event was appended, by the database's clock."""
        in_all = {"bucket": {"$in": list(range(BUCKETS))}}  # so that the index gives it
        rows = await self._rows.find(in_all, sort=[("at", 1)], limit=1, fields=["at"])
        at: datetime | None = rows[0]["at"].as_datetime() if rows else None
        return at

    async def append(self, *events: Event, sequence: int) -> None:
        if not events:
            return
        messages = [self._message(event, sequence) for event in events]
        await self._rows.insert_later([_row(message) for message in messages], stamp="at")
        self._database.after_commit(partial(metrics.APPENDED.inc, len(events)))
        if self.on_append is not None:
            self._database.after_commit(self.on_append)

    def _message(self, event: Event, sequence: int) -> Message:
        message = encode(self._envelope(event, sequence), event)
        if len(message.value or b"") > MAX_BODY_BYTES:
            raise EventTooLarge(f"{event.name} is larger than {MAX_BODY_BYTES} bytes.")
        return message

    def _envelope(self, event: Event, sequence: int) -> Envelope:
        event_id = f"evt_{ULID()}"
        cause = tracing.current() or tracing.Cause(id=event_id, correlation_id=event_id)
        return Envelope(
            id=event_id,
            name=event.name,
            source=self._source,
            subject=event.subject,
            key=event.key,
            time=self._clock(),
            sequence=sequence,
            correlation_id=cause.correlation_id,
            causation_id=cause.id,
            data_class=event.data_class,
            trace_parent=tracing.trace_parent_for(cause),
        )


class Relay:
    """Publishes what is waiting in the outbox, for the buckets it holds a lease on."""

    def __init__(self, database: Database, publisher: Publisher, leases: Leases) -> None:
        self._rows = database.collection("outbox")
        self._publisher = publisher
        self._leases = leases
        self._woken = asyncio.Event()
        # By topic and key: until when its events are not read, in seconds of `_now`.
        self._rest_until: dict[tuple[str, bytes], float] = {}

    def wake(self) -> None:
        """Read the outbox now. Only a hint: the next poll finds what is missed."""
        self._woken.set()

    async def run(self) -> None:
        """Publish until cancelled; then finish the batch under way and give the leases back."""
        was_woken = False
        try:
            while True:
                read = await to_its_end(self._publish_or_pause())
                if not _may_be_more(read, was_woken):
                    was_woken = await self._wait()
        finally:
            await self._leases.release()

    async def publish_waiting(self) -> int:
        """Read, publish and delete one batch. How many were read, refused ones included."""
        held = await self._leases.hold()
        rows = await self._rows.find(
            self._waiting_in(held), sort=[("at", 1)], limit=BATCH, snapshot=True
        )
        if not rows:
            return 0
        if not self._leases.is_safe:  # the database took longer than a lease lasts
            metrics.RELAY_FAILURES.inc()
            log.warning("relay_lease_not_safe", count=len(rows))
            return 0
        reach(Failpoint.RELAY_BEFORE_PUBLISH)
        published = await self._publish(rows)
        reach(Failpoint.RELAY_AFTER_PUBLISH)
        await self._rows.delete_many({"_id": {"$in": [row["_id"] for row in published]}})
        reach(Failpoint.RELAY_AFTER_DELETE)
        metrics.PUBLISHED.inc(len(published))
        return len(rows)

    def _waiting_in(self, held: frozenset[int]) -> Document:
        """A filter for rows of these buckets, without the keys that rest."""
        where: Document = {"bucket": {"$in": sorted(held)}}
        now = _now()
        self._rest_until = {k: until for k, until in self._rest_until.items() if now < until}
        resting: defaultdict[str, list[bytes]] = defaultdict(list)
        for topic, key in self._rest_until:
            resting[topic].append(key)
        if resting:
            where["$nor"] = [{"topic": t, "key": {"$in": keys}} for t, keys in resting.items()]
        return where

    async def _publish(self, rows: Sequence[Document]) -> Sequence[Document]:
        """The rows acknowledged. A relay that cannot reach the broker gives its leases up to one
        that may; events refused while others are accepted no other relay could publish either."""
        try:
            await self._publisher.publish([_message_in(row) for row in rows])
            taken = rows
        except NotAllTaken as error:
            if not error.taken:
                await self._leases.note_failure()
                if not error.rests:
                    raise  # another try at once would fail, too
            self._rest(rows, error)
            taken = [row for number, row in enumerate(rows) if number in error.taken]
        except Unavailable:
            await self._leases.note_failure()
            raise
        if taken:
            self._leases.note_success()
        return taken

    def _rest(self, rows: Sequence[Document], error: NotAllTaken) -> None:
        """Leave the keys that rest out of the next reads."""
        now = _now()
        for number, seconds in error.rests.items():
            self._rest_until[_place_of(rows[number])] = now + seconds
        metrics.RELAY_FAILURES.inc()
        refused = [row for number, row in enumerate(rows) if number not in error.taken]
        topics = ", ".join(sorted({row["topic"] for row in refused}))
        log.warning("relay_refused", topic=topics, count=len(refused))

    async def _publish_or_pause(self) -> int:
        try:
            return await self.publish_waiting()
        except Unavailable as error:
            metrics.RELAY_FAILURES.inc()
            log.warning("relay_paused", error=type(error).__name__)
            await asyncio.sleep(PAUSE_AFTER_FAILURE.total_seconds())
            return 0

    async def _wait(self) -> bool:
        """Whether it was woken before the next poll."""
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_EVERY.total_seconds()):
                await self._woken.wait()
        was_woken = self._woken.is_set()
        self._woken.clear()
        return was_woken


def _now() -> float:
    """Seconds of the event loop's monotonic clock."""
    return asyncio.get_running_loop().time()


def _may_be_more(read: int, was_woken: bool) -> bool:
    """A batch that was not full was all there was. A writer in this process that appended more has
    woken the relay; events found by polling alone come from writers in other processes."""
    return read == BATCH or (read > 0 and not was_woken)


def _place_of(row: Document) -> tuple[str, bytes]:
    return row["topic"], row["key"]


def bucket_of(key: bytes) -> int:
    return crc32(key) % BUCKETS


def _row(message: Message) -> Document:
    key = message.key or b""
    return {
        "_id": message.headers["ce_id"].decode(),
        "bucket": bucket_of(key),
        "topic": message.topic,
        "key": key,
        "value": message.value,
        "headers": dict(message.headers),
    }


def _message_in(row: Document) -> Message:
    return Message(row["topic"], row["key"], row["value"], row["headers"])
