"""A member that is asked to stop during a rebalance of its group does not wait for that."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from ulid import ULID

from clinic_ctl.stack.topics import provision
from clinic_events import SessionCompleted, on
from clinic_events.kafka import KafkaConsumer
from clinic_events.kafka.consumer import END_WITHIN
from clinic_events.kafka.driver import LEAVE_WITHIN, stop
from clinic_events.topics import Topic
from tests.support.events import Listener
from tests.support.eventually import eventually

PARTITIONS = 4
A_REBALANCE = 10.0  # seconds: far less than the 30 s after which the silent are no members


class Holds(ConsumerRebalanceListener):  # type: ignore[misc]  # the driver has no types
    """Gives its partitions back only when it is let: until then its whole group waits."""

    def __init__(self) -> None:
        self.is_asked, self.is_let = asyncio.Event(), asyncio.Event()
        self.has_all_again = asyncio.Event()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        if revoked:
            self.is_asked.set()
            await self.is_let.wait()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        if self.is_let.is_set() and len({*assigned}) == PARTITIONS:
            self.has_all_again.set()


@asynccontextmanager
async def another(kafka_bootstrap: str, topic: str) -> AsyncIterator[Holds]:
    """The first member of the group of that name, which has all partitions of the topic."""
    await provision(kafka_bootstrap, [Topic(topic, partitions=PARTITIONS)])
    holds = Holds()
    other = AIOKafkaConsumer(
        bootstrap_servers=kafka_bootstrap, group_id=topic, rebalance_timeout_ms=60_000
    )
    other.subscribe([topic], listener=holds)

    async def has_its_partitions() -> bool:
        return len(other.assignment()) == PARTITIONS

    await other.start()
    try:
        await eventually(has_its_partitions, within=30)
        yield holds
    finally:
        holds.is_let.set()
        await other.stop()


async def test_it_leaves_within_its_time_though_another_holds_the_rebalance_up(
    kafka_bootstrap: str,
) -> None:
    """And the other has all partitions when it goes on, not a session's time later."""
    topic, listener = f"test.{ULID()}", Listener()
    consumer = KafkaConsumer(
        listener.delivery(on(SessionCompleted, never_called)),
        bootstrap_servers=kafka_bootstrap,
        group=topic,
        topics=[topic],
        security={},
    )
    async with another(kafka_bootstrap, topic) as holds:
        running = asyncio.create_task(consumer.run())
        async with asyncio.timeout(30):
            await holds.is_asked.wait()

        began_at = time.monotonic()
        running.cancel()
        await asyncio.wait([running])
        assert time.monotonic() - began_at < END_WITHIN.total_seconds()
        assert consumer._consumer is None

        holds.is_let.set()
        async with asyncio.timeout(A_REBALANCE):
            await holds.has_all_again.wait()


async def test_of_one_whose_stop_is_cut_off_no_task_and_no_connection_is_left(
    kafka_bootstrap: str,
) -> None:
    topic = f"test.{ULID()}"
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka_bootstrap, group_id=topic)
    consumer.subscribe([topic])
    async with another(kafka_bootstrap, topic) as holds:
        starting = asyncio.create_task(consumer.start())
        async with asyncio.timeout(30):
            await holds.is_asked.wait()
        starting.cancel()
        await asyncio.wait([starting])
        connections = [*consumer._client._conns.values()]
        began_at = time.monotonic()
        await stop(consumer)

        assert time.monotonic() - began_at < LEAVE_WITHIN.total_seconds() + 1
        coordinator = consumer._coordinator
        tasks = coordinator._coordination_task, coordinator._heartbeat_task
        assert all(task is None or task.done() for task in tasks)
        assert consumer._fetcher._fetch_task.done()
        assert connections
        assert not any(one.connected() for one in [*connections, *consumer._client._conns.values()])


async def never_called(_: SessionCompleted) -> None:
    raise AssertionError("Nothing is published.")
