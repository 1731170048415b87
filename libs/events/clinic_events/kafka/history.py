"""Replays a topic to listeners, from a given time to where the topic ends now.

Without a consumer group: the committed offsets of the running service are not touched.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError

from clinic_events.delivery import Delivery
from clinic_events.errors import CannotStart
from clinic_events.kafka.driver import message_in, stop, within
from clinic_events.lanes import Assignment
from clinic_events.workers import Workers

ANSWER_WITHIN: Final = timedelta(seconds=20)
POLL_FOR_MS: Final = 250
POLL_RECORDS: Final = 500

log = structlog.get_logger()


class RangeDeleted(CannotStart):
    """A replay that skipped deleted messages would report that it had handled all."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"Part of that range was deleted from {topic} before it was replayed.")


async def replay_range(
    delivery: Delivery,
    *,
    bootstrap_servers: str,
    security: Mapping[str, object],
    topic: str,
    since: datetime,
) -> int:
    """Bring every message to an outcome, in order per key; how many there were.

    The topic must exist. Raises RangeDeleted, KafkaError, TimeoutError.
    """
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap_servers,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",  # a deleted offset raises, and is not skipped
        isolation_level="read_committed",
        **security,
    )
    try:
        await within(ANSWER_WITHIN, consumer.start())
        ends = await _seek_to_start(consumer, since)
        return await _replay(consumer, Workers(delivery), ends)
    except (NoOffsetForPartitionError, OffsetOutOfRangeError):
        raise RangeDeleted(topic) from None
    finally:
        await stop(consumer)


async def _seek_to_start(consumer: AIOKafkaConsumer, since: datetime) -> dict[TopicPartition, int]:
    """The end offset of each partition with messages since then; seeks to the first of them."""
    partitions = sorted(consumer.assignment())  # without a group: all there are
    ends = await within(ANSWER_WITHIN, consumer.end_offsets(partitions))
    at = int(since.timestamp() * 1000)
    begins = await within(ANSWER_WITHIN, consumer.offsets_for_times(dict.fromkeys(partitions, at)))
    ends_of = {
        p: ends[p] for p, begin in begins.items() if begin is not None and begin.offset < ends[p]
    }
    for partition in ends_of:
        consumer.seek(partition, begins[partition].offset)
    return ends_of


async def _replay(
    consumer: AIOKafkaConsumer,
    workers: Workers[TopicPartition],
    ends: Mapping[TopicPartition, int],
) -> int:
    assignment, count = Assignment(ends), 0
    left = set(ends)
    workers.start()
    try:
        while left or assignment.outstanding:
            workers.check()
            ready = [partition for partition in assignment.ready() if partition in left]
            if not ready:
                await workers.progress(within=POLL_FOR_MS / 1000)
                continue
            records = await consumer.getmany(
                *ready, timeout_ms=POLL_FOR_MS, max_records=POLL_RECORDS
            )
            for partition, found in records.items():
                wanted = [message_in(one) for one in found if one.offset < ends[partition]]
                workers.put(assignment, partition, wanted, at=0.0)
                count += len(wanted)
            left = {p for p in left if await consumer.position(p) < ends[p]}
    finally:
        await workers.stop()
    return count
