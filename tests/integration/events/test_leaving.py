"""A member that is told to end while its group makes a rebalance does not wait for that."""

import asyncio
import time
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from ulid import ULID

from clinic_ctl.stack.topics import provision
from clinic_events import SessionCompleted, on
from clinic_events.kafka import KafkaConsumer
from clinic_events.kafka.consumer import END_WITHIN
from clinic_events.topics import Topic
from tests.support.events import Listener
from tests.support.eventually import eventually


class Holds(ConsumerRebalanceListener):  # type: ignore[misc]  # the driver has no types
    """Gives its partitions back only when it is let: until then its whole group waits."""

    def __init__(self) -> None:
        self.is_asked, self.is_let = asyncio.Event(), asyncio.Event()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        if revoked:
            self.is_asked.set()
            await self.is_let.wait()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        pass


async def test_it_leaves_within_its_time_though_another_holds_the_rebalance_up(
    kafka_bootstrap: str,
) -> None:
    topic, listener, holds = f"test.{ULID()}", Listener(), Holds()
    await provision(kafka_bootstrap, [Topic(topic, partitions=1)])
    other = AIOKafkaConsumer(
        bootstrap_servers=kafka_bootstrap, group_id=topic, rebalance_timeout_ms=60_000
    )
    other.subscribe([topic], listener=holds)
    consumer = KafkaConsumer(
        listener.delivery(on(SessionCompleted, unheard)),
        bootstrap_servers=kafka_bootstrap,
        group=topic,
        topics=[topic],
        security={},
    )

    async def has_its_partition() -> bool:
        return bool(other.assignment())

    await other.start()
    running = asyncio.create_task(consumer.run())
    try:
        await eventually(has_its_partition, within=30)
        async with asyncio.timeout(30):
            await holds.is_asked.wait()

        began_at = time.monotonic()
        running.cancel()
        await asyncio.wait([running])
        assert time.monotonic() - began_at < END_WITHIN.total_seconds()
        assert consumer._consumer is None
    finally:
        holds.is_let.set()
        running.cancel()
        await asyncio.wait([running])
        await other.stop()


async def unheard(_: SessionCompleted) -> None:
    raise AssertionError("Nothing is said.")
