"""The records on the topics, raw."""

from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition

from clinic_events.kafka import message_in
from clinic_events.ports import Message
from clinic_events.topics import Topic


async def all_of(bootstrap_servers: str, topics: Sequence[Topic]) -> list[Message]:
    """Every record there is now, raw, partition by partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, enable_auto_commit=False)
    await consumer.start()
    try:
        at = [TopicPartition(topic.name, p) for topic in topics for p in range(topic.partitions)]
        consumer.assign(at)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(at)
        found: list[Message] = []
        while any([await consumer.position(one) < ends[one] for one in at]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found.extend(map(message_in, records))
        return found
    finally:
        await consumer.stop()
