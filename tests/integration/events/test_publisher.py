"""The publisher on a real broker, where it is refused or not answered."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from ulid import ULID

from clinic_ctl.stack.topics import provision
from clinic_events.errors import NotAllTaken, Unavailable
from clinic_events.kafka import KafkaPublisher
from clinic_events.leases import Leases
from clinic_events.outbox import BUCKETS, Relay, _row
from clinic_events.ports import Collection, Document, Message
from clinic_events.topics import Topic
from clinic_platform.mongo import Mongo
from tests.support.eventually import eventually
from tests.support.records import all_of

SMALL, LARGE = b"s" * 10, b"l" * 5_000
A_WAIT = timedelta(seconds=3)


@asynccontextmanager
async def an_admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


@pytest.fixture
async def narrow_topic(kafka_bootstrap: str) -> str:
    """A topic on which the broker takes no message above 1,000 bytes."""
    topic = f"test.{ULID()}"
    async with an_admin(kafka_bootstrap) as admin:
        limits = {"max.message.bytes": "1000"}
        await admin.create_topics([NewTopic(topic, 1, 1, topic_configs=limits)])
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
    await publisher.publish([Message(narrow_topic, b"another", SMALL)] * 3)

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
    await publisher.publish([Message(narrow_topic, b"another", SMALL[:3])])

    assert await values_on(narrow_topic, kafka_bootstrap, count=1) == [SMALL[:3]]


async def test_a_refusing_topic_holds_up_no_other_topic(
    kafka_bootstrap: str, narrow_topic: str, publisher: KafkaPublisher
) -> None:
    other = f"test.{ULID()}"
    await provision(kafka_bootstrap, [Topic(other, partitions=1)])
    first, large = Message(narrow_topic, b"k", SMALL), Message(narrow_topic, b"k", b"x" * 300_000)
    with pytest.raises(NotAllTaken) as error:
        await publisher.publish([first, large, Message(other, b"k", SMALL), first])
    assert error.value.taken == frozenset({0, 2}), "Nothing behind what it refused."
    assert await values_on(other, kafka_bootstrap, count=1) == [SMALL]


async def test_a_topic_that_takes_nothing_costs_the_others_one_wait(kafka_bootstrap: str) -> None:
    sick, well = f"test.{ULID()}", f"test.{ULID()}"
    await provision(kafka_bootstrap, [Topic(well, partitions=1)])
    publisher = KafkaPublisher(kafka_bootstrap, security={}, publish_within=A_WAIT)
    with pytest.raises(NotAllTaken) as first:
        await publisher.publish([Message(one, b"k", SMALL) for one in (sick, well, sick)])
    began = time.monotonic()
    with pytest.raises(NotAllTaken) as second:
        await publisher.publish([Message(one, b"k", SMALL) for one in (well, sick)])
    assert time.monotonic() - began < A_WAIT.total_seconds()
    await publisher.close()

    assert [one.value.taken for one in (first, second)] == [frozenset({1}), frozenset({0})]
    assert await values_on(well, kafka_bootstrap, count=2) == [SMALL] * 2


async def test_a_relay_publishes_other_topics_while_one_takes_nothing_and_that_one_later(
    kafka_bootstrap: str, database: Mongo
) -> None:
    sick, well = f"test.{ULID()}", f"test.{ULID()}"
    await provision(kafka_bootstrap, [Topic(well, partitions=1)])
    publisher = KafkaPublisher(kafka_bootstrap, security={}, publish_within=A_WAIT)
    rows = database.collection("outbox")
    waiting = [
        _row(Message(topic, b"k%d" % (n % 7), b"%03d" % n, {"ce_id": f"{topic}{n}".encode()}))
        for n in range(250)
        for topic in (sick, well)
    ]
    await rows.insert_many(waiting, stamp="at")
    leases = Leases(database.collection("leases"), name="relay", buckets=BUCKETS, owner="relay")
    relaying = asyncio.create_task(Relay(database, publisher, leases).run())

    async def is_left(topic: str, count: int) -> bool:
        return await rows.count({"topic": topic}) == count

    await eventually(lambda: is_left(well, 0), within=30)
    assert await is_left(sick, 250)
    await provision(kafka_bootstrap, [Topic(sick, partitions=1)])
    await eventually(lambda: is_left(sick, 0), within=60)
    relaying.cancel()
    await asyncio.wait([relaying])
    await publisher.close()

    for topic in (sick, well):
        values = await all_values(topic, kafka_bootstrap)
        assert sorted(values) == [b"%03d" % n for n in range(250)], "Each once."
        by_key = [[value for value in values if int(value) % 7 == key] for key in range(7)]
        assert by_key == [sorted(of_key) for of_key in by_key]


async def test_one_message_that_is_refused_always_holds_up_its_key_and_no_other_of_its_partition(
    kafka_bootstrap: str, database: Mongo
) -> None:
    """Too large for what the topic was set to, as all the others would be in one batch."""
    topic, rows = f"test.{ULID()}", database.collection("outbox")
    await with_limit(kafka_bootstrap, topic, 4_000)
    await rows.insert_many([numbered(topic, n, large=n == 47) for n in range(150)], stamp="at")
    publisher = KafkaPublisher(kafka_bootstrap, security={})
    leases = Leases(database.collection("leases"), name="relay", buckets=BUCKETS, owner="relay")
    relay = Relay(database, publisher, leases)
    assert await relay.publish_waiting() == 150
    assert await waiting_in(rows) == [n for n in range(47, 150) if n % 7 == 47 % 7]

    relaying = asyncio.create_task(relay.run())
    for start in (150, 200, 250):  # it is tried again in the meantime
        await rows.insert_many([numbered(topic, n) for n in range(start, start + 50)], stamp="at")
        relay.wake()
        await eventually(lambda: only_of_one_key(rows), within=5)
    await with_limit(kafka_bootstrap, topic, 100_000)
    await eventually(lambda: none_of(rows), within=60)
    relaying.cancel()
    await asyncio.wait([relaying])
    await publisher.close()

    published = [int(value[:3]) for value in await all_values(topic, kafka_bootstrap)]
    assert sorted(published) == [*range(300)], "Each once."
    by_key = [[n for n in published if n % 7 == key] for key in range(7)]
    assert by_key == [sorted(numbers) for numbers in by_key]


def numbered(topic: str, number: int, *, large: bool = False) -> Document:
    value = b"%03d" % number + (LARGE if large else b"")
    return _row(Message(topic, b"k%d" % (number % 7), value, {"ce_id": b"%03d" % number}))


async def with_limit(bootstrap: str, topic: str, most: int) -> None:
    """Bytes of a batch. The topic is made if it is not there."""
    limits = {"max.message.bytes": str(most)}
    async with an_admin(bootstrap) as admin:
        await admin.create_topics([NewTopic(topic, 1, 1, topic_configs=limits)])
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, limits)])


async def waiting_in(rows: Collection) -> list[int]:
    return [int(row["_id"]) for row in await rows.find({}, sort=[("at", 1)])]


async def only_of_one_key(rows: Collection) -> bool:
    return {number % 7 for number in await waiting_in(rows)} == {47 % 7}


async def none_of(rows: Collection) -> bool:
    return not await waiting_in(rows)


async def all_values(topic: str, bootstrap: str) -> list[bytes]:
    return [m.value or b"" for m in await all_of(bootstrap, [Topic(topic, partitions=1)])]


async def values_on(topic: str, bootstrap: str, *, count: int) -> list[bytes | None]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(20):
            return [(await consumer.getone()).value for _ in range(count)]
    finally:
        await consumer.stop()
