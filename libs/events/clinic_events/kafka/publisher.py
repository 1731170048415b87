"""Messages to the broker, each acknowledged by all of its copies."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder

from clinic_events.errors import NotAllTaken, Unavailable
from clinic_events.failpoints import Failpoint, reach
from clinic_events.kafka.driver import STOP_WITHIN, within
from clinic_events.ports import Message
from clinic_events.rests import Rests

PUBLISH_WITHIN: Final = timedelta(seconds=15)
SETTINGS: Final[Mapping[str, object]] = {
    "acks": "all",
    "enable_idempotence": True,
    "linger_ms": 2,
    "max_batch_size": 256 * 1024,
    "request_timeout_ms": 15_000,
}

# How long a topic or a partition that did not answer is not tried: it costs the others a wait.
PLACE_RESTS: Final = timedelta(seconds=5)
PLACE_RESTS_AT_MOST: Final = timedelta(minutes=1)

Place: TypeAlias = tuple[str, int]  # topic and partition
WHOLE: Final = -1  # for a partition: the topic, of which nothing is known

PARTITIONER: Final = DefaultPartitioner()  # that of every Kafka client: murmur2 of the key

log = structlog.get_logger()


class Batch(NamedTuple):
    """What goes to a partition at once, and the positions of its messages in what was given."""

    builder: BatchBuilder
    positions: list[int]


class KafkaPublisher:
    """The port `Publisher`. Any failure costs the producer: the next publish makes a new one.

    An idempotent producer that has lost one batch refuses all later ones, and a send whose time ran
    out may still arrive: both are harmless, because the outbox keeps what is not known to be there.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        *,
        security: Mapping[str, object],
        publish_within: timedelta = PUBLISH_WITHIN,
    ) -> None:
        self._settings = {"bootstrap_servers": bootstrap_servers, **SETTINGS, **security}
        self._within = publish_within
        self._producer: AIOKafkaProducer | None = None
        self._refused: Rests[Place] = Rests(first=PLACE_RESTS, most=PLACE_RESTS_AT_MOST)

    async def publish(self, messages: Sequence[Message]) -> None:
        sending = _Sending(messages, self._refused)
        try:
            async with asyncio.timeout(self._within.total_seconds()):
                producer = await self._started()
                await sending.by(producer)
        except (KafkaError, TimeoutError) as error:
            if self._producer is None:
                name = type(error).__name__
                raise Unavailable(f"The broker cannot be reached: {name}.") from None
        if sending.has_failed and self._producer is not None:
            producer, self._producer = self._producer, None
            await _let_go(producer)  # nothing is on its way but what was waited for long enough
        if len(sending.taken) < len(messages):
            raise NotAllTaken(sending.taken, of=len(messages))

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                # What is on its way is given a while. The driver's own stop would wait for it in a
                # task that nobody ends.
                await within(STOP_WITHIN, producer.flush())
                await within(STOP_WITHIN, producer.stop())
            except (KafkaError, TimeoutError):
                await _let_go(producer)

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(**self._settings)
            try:
                await producer.start()
            except BaseException:
                await _let_go(producer)
                raise
            self._producer = producer
        return self._producer


class _Sending:
    """One call of `publish`: each partition by itself, so that none waits for another."""

    def __init__(self, messages: Sequence[Message], refused: Rests[Place]) -> None:
        self._messages = messages
        self._refused = refused
        self._resting = refused.at(_now())
        self.taken: set[int] = set()
        self.has_failed = False

    async def by(self, producer: AIOKafkaProducer) -> None:
        """In batches made here, one acknowledgement each: half the work of sending one by one."""
        topics: defaultdict[str, list[int]] = defaultdict(list)
        for position, message in enumerate(self._messages):
            topics[message.topic].append(position)
        async with asyncio.TaskGroup() as tasks:
            for topic, positions in topics.items():
                if (topic, WHOLE) not in self._resting:
                    tasks.create_task(self._to_topic(tasks, producer, topic, positions))

    async def _to_topic(
        self,
        tasks: asyncio.TaskGroup,
        producer: AIOKafkaProducer,
        topic: str,
        positions: Sequence[int],
    ) -> None:
        with self._refusing((topic, WHOLE)):
            partitions = tuple(sorted(await producer.partitions_for(topic)))
            batches = self._batched(producer, partitions, positions)
            for partition in batches:
                place = topic, partition
                if place not in self._resting:
                    tasks.create_task(self._to_partition(producer, place, batches[partition]))

    async def _to_partition(
        self, producer: AIOKafkaProducer, place: Place, batches: Sequence[Batch]
    ) -> None:
        """The second batch goes once the first is acknowledged: were the first refused, the second
        must not be there before it."""
        topic, partition = place
        with self._refusing(place):
            for builder, positions in batches:
                acknowledged = await producer.send_batch(builder, topic, partition=partition)
                reach(Failpoint.RELAY_BEFORE_ACK)
                await acknowledged
                self.taken.update(positions)

    @contextmanager
    def _refusing(self, place: Place) -> Iterator[None]:
        """What does not end in time rests. What a partition refuses at once may be one message's
        fault and costs nobody a wait: the others of it may be tried at once."""
        try:
            yield
            self._refused.taken(place)
        except KafkaError as error:
            self._failed(place, type(error).__name__, rests=place[1] == WHOLE)
        except asyncio.CancelledError:
            self._failed(place, "TimeoutError", rests=True)
            raise

    def _failed(self, place: Place, error: str, *, rests: bool) -> None:
        topic, partition = place
        log.warning("partition_refused", topic=topic, partition=partition, error=error)
        self.has_failed = True
        if rests:
            self._refused.refused(place, now=_now())

    def _batched(
        self, producer: AIOKafkaProducer, partitions: tuple[int, ...], positions: Sequence[int]
    ) -> dict[int, list[Batch]]:
        """For each partition its messages, in their order, in as few batches as hold them. One
        that no batch has room for is not taken, and nothing of its partition behind it."""
        batches: defaultdict[int, list[Batch]] = defaultdict(list)
        full: set[int] = set()
        for position in positions:
            message = self._messages[position]
            partition = partition_of(message.key, partitions)
            of_it = batches[partition]
            if partition in full:
                continue
            if not of_it or not _put(of_it[-1].builder, message):
                of_it.append(Batch(producer.create_batch(), []))
                if not _put(of_it[-1].builder, message):
                    of_it.pop()
                    full.add(partition)
                    continue
            of_it[-1].positions.append(position)
        return batches


async def _let_go(producer: AIOKafkaProducer) -> None:
    """What has not arrived is not known. Its tasks and connections end at once."""
    _end_waiting_for_metadata(producer.client)
    closing = asyncio.gather(
        producer._sender.close(), producer.client.close(), return_exceptions=True
    )
    with suppress(TimeoutError):
        await within(STOP_WITHIN, closing)


def _end_waiting_for_metadata(client: AIOKafkaClient) -> None:
    """Requests that fail ask for it, and would wait without end in a client that is closed."""
    told = asyncio.get_running_loop().create_future()
    for asked in (client._md_update_fut, told):
        if asked is not None and not asked.done():
            asked.set_result(False)
    client._md_update_fut = told


@lru_cache(maxsize=10_000)
def partition_of(key: bytes | None, partitions: tuple[int, ...]) -> int:
    partition: int = PARTITIONER(key, partitions, partitions)
    return partition


def _put(batch: BatchBuilder, message: Message) -> bool:
    """False when there is no more room."""
    headers = list(message.headers.items())
    metadata = batch.append(key=message.key, value=message.value, timestamp=None, headers=headers)
    return metadata is not None


def _now() -> float:
    return asyncio.get_running_loop().time()
