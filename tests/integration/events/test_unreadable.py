"""A message the driver cannot read costs no other: neither of its partition nor of another."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from ulid import ULID

from clinic_ctl.stack.topics import provision
from clinic_events import SessionCompleted, on
from clinic_events.kafka import KafkaConsumer
from clinic_events.ports import Message
from clinic_events.testing import example, message_of
from clinic_events.topics import Topic
from tests.support.events import Listener
from tests.support.eventually import eventually

SPOILED = b"ce_type\xff"


class Name(str):
    """A header's name as no producer of ours writes it: spoiled on its way out."""

    def encode(self, *_: Any) -> bytes:
        return SPOILED


class Consuming(Listener):
    """A consumer of a topic of its own, and what it has handled."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        super().__init__()
        self.topic = topic
        self.consumer = KafkaConsumer(
            self.delivery(on(SessionCompleted, self.handle)),
            bootstrap_servers=bootstrap,
            group=topic,
            topics=[topic],
            security={},
        )

    async def handle(self, event: SessionCompleted) -> None:
        self.effects.done.append(event.session_id)

    async def has_handled(self, *session_ids: str) -> bool:
        return sorted(self.effects.done) == sorted(session_ids)

    async def has_committed_all(self) -> bool:
        return await self.consumer.lag() == 0


@pytest.fixture
async def listener(kafka_bootstrap: str) -> Consuming:
    listener = Consuming(kafka_bootstrap, f"test.{ULID()}")
    await provision(kafka_bootstrap, [Topic(listener.topic, partitions=2)])
    return listener


@pytest.fixture
async def producer(kafka_bootstrap: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap)
    await producer.start()
    yield producer
    await producer.stop()


def a_message(name: str, *, is_spoiled: bool = False) -> Message:
    event = example(SessionCompleted, session_id=f"ses_{name}", patient_id=f"pat_{name}")
    message = message_of(event, event_id=f"evt_{name}")
    if not is_spoiled:
        return message
    headers = {Name(key) if key == "ce_type" else key: v for key, v in message.headers.items()}
    return message._replace(headers=headers)


async def publish(
    producer: AIOKafkaProducer, topic: str, partition: int, messages: Sequence[Message]
) -> None:
    """All in one batch."""
    batch = producer.create_batch()
    batch._builder = _DefaultRecordBatchBuilderPy(2, 0, 0, -1, -1, -1, 64 * 1024)
    for one in messages:
        headers = [*one.headers.items()]
        assert batch.append(key=one.key, value=one.value, timestamp=None, headers=headers)
    await (await producer.send_batch(batch, topic, partition=partition))


async def test_a_message_with_a_header_that_is_not_text_is_parked_and_those_around_it_are_handled(
    listener: Consuming, producer: AIOKafkaProducer
) -> None:
    messages = [a_message("1"), a_message("2", is_spoiled=True), a_message("3")]
    await publish(producer, listener.topic, 0, messages)
    await publish(producer, listener.topic, 1, [a_message("4")])

    running = asyncio.create_task(listener.consumer.run())
    try:
        await eventually(lambda: listener.has_handled("ses_1", "ses_3", "ses_4"), within=30)
        await eventually(listener.has_committed_all, within=30)
    finally:
        running.cancel()
        await asyncio.wait([running])

    [parked] = await listener.dead_letters.list()
    assert parked.reason == "undecodable"
    assert (parked.message.partition, parked.message.offset) == (0, 1)
    assert "ce_type\\xff" in parked.message.headers


async def test_a_fetch_that_raises_loses_nothing_that_another_partition_gave(
    listener: Consuming, producer: AIOKafkaProducer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker's disk spoils the second batch of one partition, until it is mended."""
    is_spoiled, reading = True, PartitionRecords.__next__

    def read(records: Any) -> Any:
        record = reading(records)
        if is_spoiled and record.partition == 1 and record.offset == 1:
            raise CorruptRecordException("Invalid CRC")
        return record

    monkeypatch.setattr(PartitionRecords, "__next__", read)
    for number in range(6):
        await publish(producer, listener.topic, 0, [a_message(f"a{number}")])
    for number in range(3):
        await publish(producer, listener.topic, 1, [a_message(f"b{number}")])
    of_a = [f"ses_a{number}" for number in range(6)]

    running = asyncio.create_task(listener.consumer.run())
    try:
        await eventually(lambda: listener.has_handled(*of_a, "ses_b0"), within=30)
        await publish(producer, listener.topic, 0, [a_message("a6")])
        await eventually(lambda: listener.has_handled(*of_a, "ses_a6", "ses_b0"), within=30)
        assert listener.consumer._assignment.reached(TopicPartition(listener.topic, 1)) == 1

        is_spoiled = False
        all_of_b = [f"ses_b{number}" for number in range(3)]
        await eventually(lambda: listener.has_handled(*of_a, "ses_a6", *all_of_b), within=30)
        await eventually(listener.has_committed_all, within=30)
    finally:
        running.cancel()
        await asyncio.wait([running])
    assert not await listener.dead_letters.list()
