"""Relay: from the outbox to the topic, acknowledged by the broker, deleted.

A first batch is not timed: with it everybody makes their connections.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder
from ulid import ULID

from benchmarks.measure import Bar, Ground
from benchmarks.service import IN_TURN, a_database, patient
from clinic_ctl.stack.topics import provision
from clinic_events.kafka import KafkaPublisher
from clinic_events.leases import Leases
from clinic_events.outbox import BATCH, BUCKETS, MongoOutbox, Relay
from clinic_events.topics import Topic
from clinic_platform.clock import utc_now
from clinic_platform.mongo import Mongo

UNIT: Final = "events/s"
EVENTS: Final = 10_000
PARTITIONS: Final = 12


async def filled(database: Mongo) -> None:
    outbox = MongoOutbox(database, source="bench", clock=utc_now)
    for start in range(0, EVENTS, 1_000):

        async def append(start: int = start) -> None:
            for number in range(start, start + 1_000):
                event = IN_TURN.model_copy(update={"patient_id": patient(number)})
                await outbox.append(event, sequence=number + 1)

        await database.transaction(append)


async def ours(ground: Ground) -> float:
    """With leases, a snapshot, the order of each aggregate, and batches small enough to repeat."""
    await provision(ground.kafka)
    publisher = KafkaPublisher(ground.kafka, security={})
    async with a_database(ground.mongo) as database:
        await MongoOutbox(database, source="bench", clock=utc_now).prepare()
        await filled(database)
        leases = Leases(database.collection("leases"), name="b", buckets=BUCKETS, owner="bench")
        relay = Relay(database, publisher, leases)
        rate = await rate_of(relay.publish_waiting)
    await publisher.close()
    return rate


async def rate_of(publish_batch: Callable[[], Awaitable[int]]) -> float:
    """Events a second. `publish_batch` tells how many it was."""
    published = await publish_batch()
    began, timed = time.perf_counter(), EVENTS - published
    while published < EVENTS:
        published += await publish_batch()
    return timed / (time.perf_counter() - began)


async def bare(ground: Ground) -> float:
    """The limit: find, the driver's own batches, delete; by one loop that trusts to be alone."""
    topic = f"bench.{ULID()}"
    await provision(ground.kafka, [Topic(topic, partitions=PARTITIONS)])
    producer = AIOKafkaProducer(
        bootstrap_servers=ground.kafka,
        acks="all",
        enable_idempotence=True,
        max_batch_size=256 * 1024,
    )
    await producer.start()
    async with a_database(ground.mongo) as database:
        rows = database.collection("outbox")
        await rows.create_index([("at", 1)])  # the one index that this loop has a use for
        await filled(database)

        async def publish_batch() -> int:
            found = await rows.find({}, sort=[("at", 1)], limit=BATCH)
            batches: dict[int, BatchBuilder] = {}
            for row in found:
                partition = row["bucket"] % PARTITIONS
                if partition not in batches:
                    batches[partition] = producer.create_batch()
                headers = list(row["headers"].items())
                batches[partition].append(
                    key=row["key"], value=row["value"], timestamp=None, headers=headers
                )
            sent = [
                await producer.send_batch(batch, topic, partition=partition)
                for partition, batch in batches.items()
            ]
            for acknowledged in sent:
                await acknowledged
            await rows.delete_many({"_id": {"$in": [row["_id"] for row in found]}})
            return len(found)

        rate = await rate_of(publish_batch)
    await producer.stop()
    return rate


CONTENDERS: Final = {"ours": ours, "bare loop": bare}
BARS: Final = (Bar("ours", "bare loop", at_least=0.8),)
