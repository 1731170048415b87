"""A piece of a topic's past, from a time to where the topic ends now, given to listeners.

Outside every group: the offsets of the service that listens all the time are not touched.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError

from clinic_events.delivery import Delivery
from clinic_events.errors import CannotStart
from clinic_events.kafka.driver import message_in, stopped, within
from clinic_events.lanes import Assignment
from clinic_events.workers import Workers

ANSWER_WITHIN: Final = timedelta(seconds=20)
POLL_FOR_MS: Final = 250
POLL_RECORDS: Final = 500

log = structlog.get_logger()


class PieceGone(CannotStart):
    """Whoever hears it would otherwise pass over what is gone, and say that it has heard it all."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"Part of that piece was deleted from {topic} while it was to be heard.")


async def hear_again(
    delivery: Delivery,
    *,
    bootstrap_servers: str,
    security: Mapping[str, object],
    topic: str,
    since: datetime,
) -> int:
    """Every message to its end, in order per key; how many there were.

    The topic must be there. Raises PieceGone, KafkaError, TimeoutError.
    """
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap_servers,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",  # what is gone is told, not passed over
        isolation_level="read_committed",
        **security,
    )
    try:
        await within(ANSWER_WITHIN, consumer.start())
        ends = await _piece(consumer, since)
        return await _hear(consumer, Workers(delivery), ends)
    except (NoOffsetForPartitionError, OffsetOutOfRangeError):
        raise PieceGone(topic) from None
    finally:
        await stopped(consumer)


async def _piece(consumer: AIOKafkaConsumer, since: datetime) -> dict[TopicPartition, int]:
    """Where each partition that has something ends; the consumer stands where they begin."""
    partitions = sorted(consumer.assignment())  # without a group: all there are
    ends = await within(ANSWER_WITHIN, consumer.end_offsets(partitions))
    at = int(since.timestamp() * 1000)
    begins = await within(ANSWER_WITHIN, consumer.offsets_for_times(dict.fromkeys(partitions, at)))
    piece = {
        p: ends[p] for p, begin in begins.items() if begin is not None and begin.offset < ends[p]
    }
    for partition in piece:
        consumer.seek(partition, begins[partition].offset)
    return piece


async def _hear(
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
