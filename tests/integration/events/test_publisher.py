"""What the producer of the driver does when it is refused or not answered, and what we do then."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from ulid import ULID

from clinic_events.errors import Unavailable
from clinic_events.kafka import KafkaPublisher
from clinic_events.ports import Message

SMALL, LARGE = b"s" * 10, b"l" * 5_000


@pytest.fixture
async def narrow_topic(kafka_bootstrap: str) -> str:
    """A topic on which the broker takes no message above 1,000 bytes."""
    topic = f"test.{ULID()}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    limits = {"max.message.bytes": "1000"}
    await admin.create_topics([NewTopic(topic, 1, 1, topic_configs=limits)])
    await admin.close()
    return topic


@pytest.fixture
async def publisher(kafka_bootstrap: str) -> AsyncIterator[KafkaPublisher]:
    publisher = KafkaPublisher(kafka_bootstrap, security={})
    yield publisher
    await publisher.close()


async def test_after_a_refusal_the_next_messages_are_taken(
    kafka_bootstrap: str, narrow_topic: str, publisher: KafkaPublisher
) -> None:
    """A refused batch leaves the driver's sequence numbers broken for as long as it lives."""
    await publisher.publish([Message(narrow_topic, b"k", SMALL)])
    with pytest.raises(Unavailable):
        await publisher.publish([Message(narrow_topic, b"k", LARGE)])
    await publisher.publish([Message(narrow_topic, b"k", SMALL)] * 3)

    assert await values_on(narrow_topic, kafka_bootstrap, count=4) == [SMALL] * 4


async def test_messages_of_a_key_arrive_in_the_order_given_though_batches_are_full(
    kafka_bootstrap: str, publisher: KafkaPublisher
) -> None:
    topic = f"test.{ULID()}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    values = [str(number).encode().zfill(20_000) for number in range(100)]

    await publisher.publish([Message(topic, b"k", value) for value in values])

    assert await values_on(topic, kafka_bootstrap, count=100) == values


async def test_a_broker_that_takes_the_call_and_never_answers_is_away() -> None:
    """The driver would wait for it without end, and so would stopping it."""
    silent = await asyncio.start_server(lambda _r, _w: asyncio.sleep(3600), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    publisher = KafkaPublisher(f"127.0.0.1:{port}", security={})
    async with silent:
        with pytest.raises(Unavailable):
            await publisher.publish([Message("anywhere", b"k", SMALL)])
        await publisher.close()


async def test_a_second_batch_of_a_partition_goes_once_the_first_is_there(
    kafka_bootstrap: str, narrow_topic: str, publisher: KafkaPublisher
) -> None:
    """Were the first refused, the second would be there before it."""
    too_large = Message(narrow_topic, b"k", b"x" * 300_000)  # fills a batch of its own
    second = Message(narrow_topic, b"k", SMALL)
    with pytest.raises(Unavailable):
        await publisher.publish([too_large, second])
    await publisher.publish([Message(narrow_topic, b"k", SMALL[:3])])

    assert await values_on(narrow_topic, kafka_bootstrap, count=1) == [SMALL[:3]]


async def values_on(topic: str, bootstrap: str, *, count: int) -> list[bytes | None]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(20):
            return [(await consumer.getone()).value for _ in range(count)]
    finally:
        await consumer.stop()
