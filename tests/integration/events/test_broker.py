"""Events are handled once, in order, past poison messages: on Kafka and in memory alike."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol

import pytest
from ulid import ULID

from clinic_ctl.stack.topics import provision
from clinic_events import SessionCompleted, on
from clinic_events.delivery import Delivery
from clinic_events.kafka import KafkaConsumer, KafkaPublisher
from clinic_events.memory import MemoryBroker, MemoryConsumer
from clinic_events.ports import Message, Publisher
from clinic_events.testing import example, message_of
from clinic_events.topics import Topic
from tests.support.events import AT_ONCE, Listener
from tests.support.eventually import eventually


class Consumer(Protocol):
    async def run(self) -> None: ...

    async def lag(self) -> int | None: ...


class Broker:
    """Either broker, with a topic of the test's own."""

    def __init__(
        self, topic: str, publisher: Publisher, consumer: Callable[[Delivery], Consumer]
    ) -> None:
        self.topic = topic
        self.publisher = publisher
        self._consumer = consumer

    async def publish(self, *messages: Message) -> None:
        await self.publisher.publish([m._replace(topic=self.topic) for m in messages])

    @asynccontextmanager
    async def consuming(self, delivery: Delivery) -> AsyncIterator[Consumer]:
        consumer = self._consumer(delivery)
        running = asyncio.create_task(consumer.run())
        try:
            yield consumer
        finally:
            running.cancel()
            await asyncio.wait([running])


async def in_memory(stack: AsyncExitStack, _: pytest.FixtureRequest) -> Broker:
    topic = f"test.{ULID()}"
    broker = MemoryBroker()
    return Broker(topic, broker, lambda d: MemoryConsumer(d, broker, group="tests", topics=[topic]))


async def over_kafka(stack: AsyncExitStack, request: pytest.FixtureRequest) -> Broker:
    bootstrap: str = request.getfixturevalue("kafka_bootstrap")
    topic = f"test.{ULID()}"
    await provision(bootstrap, [Topic(topic, partitions=3)])
    publisher = KafkaPublisher(bootstrap, security={})
    stack.push_async_callback(publisher.close)
    return Broker(
        topic,
        publisher,
        lambda delivery: KafkaConsumer(
            delivery, bootstrap_servers=bootstrap, group=topic, topics=[topic], security={}
        ),
    )


Make = Callable[[AsyncExitStack, pytest.FixtureRequest], Awaitable[Broker]]


@pytest.fixture(params=[in_memory, over_kafka], ids=["memory", "kafka"])
async def broker(request: pytest.FixtureRequest, kafka_bootstrap: str) -> AsyncIterator[Broker]:
    make: Make = request.param
    async with AsyncExitStack() as stack:
        yield await make(stack, request)


def messages(patient: str, numbers: Sequence[int]) -> list[Message]:
    return [
        message_of(
            example(SessionCompleted, patient_id=patient, session_id=f"{patient}/{n}"),
            event_id=f"evt_{patient}_{n}",
            sequence=n,
        )
        for n in numbers
    ]


def handling(listener: Listener, *, failing: Sequence[str] = ()) -> Delivery:
    async def handle(completed: SessionCompleted) -> None:
        listener.effects.done.append(completed.session_id)
        if completed.session_id in failing:
            raise ValueError("This one never works.")

    return listener.delivery(on(SessionCompleted, handle))


async def all_ended(consumer: Consumer) -> bool:
    return await consumer.lag() == 0


async def test_every_event_is_handled_once_and_in_order_per_key(broker: Broker) -> None:
    listener = Listener()
    sent = {f"pat_{p}": messages(f"pat_{p}", range(20)) for p in range(10)}
    for number in range(20):
        await broker.publish(*(sent[patient][number] for patient in sent))

    async with broker.consuming(handling(listener)) as consumer:
        await eventually(lambda: all_ended(consumer))

    for patient in sent:
        handled = [s for s in listener.effects.done if s.startswith(f"{patient}/")]
        assert handled == [f"{patient}/{n}" for n in range(20)]


async def test_an_event_published_twice_is_handled_once(broker: Broker) -> None:
    listener = Listener()
    await broker.publish(*messages("pat_1", [1, 2]))
    await broker.publish(*messages("pat_1", [1, 2, 3]))

    async with broker.consuming(handling(listener)) as consumer:
        await eventually(lambda: all_ended(consumer))

    assert listener.effects.done == ["pat_1/1", "pat_1/2", "pat_1/3"]


async def test_a_new_consumer_begins_where_the_last_one_ended(broker: Broker) -> None:
    first, second = Listener(), Listener()
    await broker.publish(*messages("pat_1", [1, 2]))
    async with broker.consuming(handling(first)) as consumer:
        await eventually(lambda: all_ended(consumer))

    await broker.publish(*messages("pat_1", [3]))
    async with broker.consuming(handling(second)) as consumer:
        await eventually(lambda: all_ended(consumer))

    assert first.effects.done == ["pat_1/1", "pat_1/2"]
    assert second.effects.done == ["pat_1/3"]


async def test_poison_is_parked_its_key_waits_and_all_others_go_on(broker: Broker) -> None:
    listener = Listener(retry=AT_ONCE)
    [good] = messages("pat_2", [1])
    await broker.publish(
        *messages("pat_1", [1, 2, 3]),
        good._replace(value=b"{not json", key=b"pat_3", headers={**good.headers, "ce_id": b"e"}),
        Message(topic="", key=b"\xff\xfe", value=b"\x00"),
        Message(topic="", key=None, value=b"\x00"),
        good,
    )

    async with broker.consuming(handling(listener, failing=["pat_1/2"])) as consumer:
        await eventually(lambda: all_ended(consumer))

    assert sorted(listener.effects.done) == ["pat_1/1", "pat_2/1"]
    reasons = sorted(parked.reason for parked in await listener.dead_letters.list())
    assert reasons == ["behind", "failed", "undecodable", "undecodable", "undecodable"]
