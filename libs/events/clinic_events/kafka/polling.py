"""Polls the driver so that no message is lost when a poll raises.

The driver moves a partition's position as it reads its records. When it then raises over another
partition, those records are lost, and the gap in the offsets looks like one left by compaction. So
every partition of that poll is set back to the next offset expected of it; for a while each is
polled by itself, so that an unreadable one holds up no other; and that one message by message, so
that what lies before the unreadable place is received.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final, TypeAlias

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from aiokafka.structs import ConsumerRecord

from clinic_events.kafka.driver import within
from clinic_events.lanes import Assignment

POLL_FOR_MS: Final = 250
POLL_RECORDS: Final = 100  # so few are freed again before Python's garbage collector traverses them
ANSWER_WITHIN: Final = timedelta(seconds=5)
PAUSE: Final = 0.1  # seconds
CAREFUL_FOR: Final = 30.0  # seconds since a poll raised

Fetched: TypeAlias = Mapping[TopicPartition, Sequence[ConsumerRecord]]
Feed: TypeAlias = Callable[[Fetched], None]

log = structlog.get_logger()


class Polls:
    """What is fetched goes to `feed` at once, before any other task runs."""

    def __init__(
        self,
        assignment: Callable[[], Assignment[TopicPartition]],
        feed: Feed,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._assignment = assignment
        self._feed = feed
        self._now = now
        self._astray: set[TopicPartition] = set()
        self._unreadable: set[TopicPartition] = set()
        self._careful_until = float("-inf")

    async def poll(self, consumer: AIOKafkaConsumer, ready: Sequence[TopicPartition]) -> bool:
        """Whether the driver has answered; if not, nothing is lost."""
        try:
            await self._put_back(consumer)
        except (KafkaError, IllegalStateError, TimeoutError) as error:
            return await self._failed(error)
        if ready and self._now() < self._careful_until:
            return await self._one_by_one(consumer, ready)
        self._unreadable.clear()
        return await self._poll(consumer, ready, POLL_RECORDS, POLL_FOR_MS) is not None

    async def _one_by_one(
        self, consumer: AIOKafkaConsumer, ready: Sequence[TopicPartition]
    ) -> bool:
        counts = []
        for partition in ready:
            most = 1 if partition in self._unreadable else POLL_RECORDS
            count = await self._poll(consumer, [partition], most, 0)
            counts.append(count)
            if count is None:
                self._unreadable.add(partition)
        if not any(counts):
            await asyncio.sleep(PAUSE)
        return any(count is not None for count in counts)

    async def _poll(
        self, consumer: AIOKafkaConsumer, ready: Sequence[TopicPartition], most: int, for_ms: int
    ) -> int | None:
        """How many came; None when the driver raised."""
        try:
            fetched = await consumer.getmany(*ready, timeout_ms=for_ms, max_records=most)
        # Anything may be raised while reading bytes that others have written.
        except Exception as error:
            self._astray |= {*ready} or {*self._assignment().partitions}
            self._careful_until = self._now() + CAREFUL_FOR
            await self._failed(error)
            return None
        self._feed(fetched)
        return sum(map(len, fetched.values()))

    async def _failed(self, error: Exception) -> bool:
        log.warning("poll_failed", error=type(error).__name__)
        await asyncio.sleep(PAUSE)
        return False

    async def _put_back(self, consumer: AIOKafkaConsumer) -> None:
        """A partition revoked meanwhile is read from its committed offset: nothing to do."""
        while self._astray:
            assignment, partition = self._assignment(), next(iter(self._astray))
            if partition in assignment.partitions:
                expected = assignment.expected(partition)
                if expected is None:
                    expected = await _begin_of(consumer, partition)
                if not assignment.is_open:
                    continue
                consumer.seek(partition, expected)
            self._astray.discard(partition)


async def _begin_of(consumer: AIOKafkaConsumer, partition: TopicPartition) -> int:
    """Where a partition begins of which nothing came: at the committed offset, or the oldest."""
    committed = await within(ANSWER_WITHIN, consumer.committed(partition))
    if committed is not None:
        return int(committed)
    begins = await within(ANSWER_WITHIN, consumer.beginning_offsets([partition]))
    return int(begins[partition])
