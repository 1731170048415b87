"""The Kafka publisher: sends batches, each acknowledged by all in-sync replicas."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from typing import Final, NamedTuple

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder

from clinic_events.errors import NotAllTaken, Unavailable
from clinic_events.failpoints import Failpoint, reach
from clinic_events.kafka.driver import STOP_WITHIN, within
from clinic_events.kafka.refusals import WHOLE, Key, Place, Refusals
from clinic_events.ports import Message

PUBLISH_WITHIN: Final = timedelta(seconds=15)
SETTINGS: Final[Mapping[str, object]] = {
    "acks": "all",
    "enable_idempotence": True,
    "linger_ms": 0,  # a batch is complete when it is given to the driver
    "max_batch_size": 256 * 1024,
    "request_timeout_ms": 15_000,
}

PARTITIONER: Final = DefaultPartitioner()  # that of every Kafka client: murmur2 of the key

log = structlog.get_logger()


class Batch(NamedTuple):
    """A batch for one partition, and its messages' positions in the call of `publish`."""

    builder: BatchBuilder
    positions: Sequence[int]


class KafkaPublisher:
    """The port `Publisher`. After any failure the next publish makes a new producer.

    An idempotent producer that has lost one batch refuses all later ones, and a send whose time ran
    out may still arrive: both are harmless, because the outbox keeps what is not acknowledged.
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
        self._refusals = Refusals()

    async def publish(self, messages: Sequence[Message]) -> None:
        sending = _Sending(messages, self._refusals)
        until = _now() + self._within.total_seconds()
        while sending.left:
            await self._round(sending, until)
        if len(sending.taken) < len(messages):
            raise NotAllTaken(sending.taken, of=len(messages), rests=sending.rests())

    async def _round(self, sending: "_Sending", until: float) -> None:
        """After a refusal there is another round: messages not at fault are published at once."""
        try:
            async with asyncio.timeout_at(until):
                await sending.by(await self._started())
        except (KafkaError, TimeoutError) as error:
            if self._producer is None and not sending.taken:
                name = type(error).__name__
                raise Unavailable(f"The broker cannot be reached: {name}.") from None
            sending.left = ()
        if sending.has_failed and self._producer is not None:
            producer, self._producer = self._producer, None
            # Nothing is on its way but batches that were waited for long enough.
            await _close_forcibly(producer)

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                # Batches on their way get a while: the driver's own stop would wait for them in a
                # task that nobody ends.
                await within(STOP_WITHIN, producer.flush())
                await within(STOP_WITHIN, producer.stop())
            except (KafkaError, TimeoutError):
                await _close_forcibly(producer)

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(**self._settings)
            try:
                await producer.start()
            except BaseException:
                await _close_forcibly(producer)
                raise
            self._producer = producer
        return self._producer


class _Sending:
    """One call of `publish`, in one round or several. Partitions do not wait for each other. `left`
    are the positions of the next round."""

    def __init__(self, messages: Sequence[Message], refusals: Refusals) -> None:
        self._messages = messages
        self._refusals = refusals
        self._place_of: dict[int, Place] = {}
        self.left: Sequence[int] = range(len(messages))
        self.taken: set[int] = set()
        self.has_failed = False

    async def by(self, producer: AIOKafkaProducer) -> None:
        """One round, in batches built here: half the work of sending message by message."""
        self.has_failed = False
        self._refusals.forget_old(now=_now())
        topics: defaultdict[str, list[int]] = defaultdict(list)
        for position in self.left:
            topics[self._messages[position].topic].append(position)
        async with asyncio.TaskGroup() as tasks:
            for topic, positions in topics.items():
                if not self._refusals.place_rests((topic, WHOLE), now=_now()):
                    tasks.create_task(self._to_topic(tasks, producer, topic, positions))
        self.left = self._not_taken(self.left)
        if self.left:
            rests = self.rests()
            self.left = [position for position in self.left if position not in rests]

    def rests(self) -> dict[int, float]:
        """Positions not acknowledged that rest, each with the seconds it is not to be tried."""
        now, rests = _now(), {}
        for position in self._not_taken(range(len(self._messages))):
            key = self._key(position)
            place = self._place_of.get(position, (key[0], WHOLE))
            of_place = self._refusals.place_rests(place, now=now)
            rests[position] = max(of_place, self._refusals.key_rests(key, now=now))
        return {position: seconds for position, seconds in rests.items() if seconds}

    def _not_taken(self, positions: Sequence[int]) -> list[int]:
        return [position for position in positions if position not in self.taken]

    async def _to_topic(
        self,
        tasks: asyncio.TaskGroup,
        producer: AIOKafkaProducer,
        topic: str,
        positions: Sequence[int],
    ) -> None:
        try:
            partitions = tuple(sorted(await producer.partitions_for(topic)))
        except KafkaError as error:
            self._unanswered((topic, WHOLE), error)
            return
        except asyncio.CancelledError as error:
            self._unanswered((topic, WHOLE), error)
            raise
        self._refusals.found(topic)
        places: defaultdict[Place, list[int]] = defaultdict(list)
        for position in positions:
            places[topic, partition_of(self._messages[position].key, partitions)].append(position)
        for place, there in places.items():
            self._place_of |= dict.fromkeys(there, place)
            if not self._refusals.place_rests(place, now=_now()):
                tasks.create_task(self._to_partition(producer, place, there))

    async def _to_partition(
        self, producer: AIOKafkaProducer, place: Place, positions: Sequence[int]
    ) -> None:
        """A batch is sent once the one before it is acknowledged: were that one refused, this must
        not be on the topic before it."""
        topic, partition = place
        tried = positions
        try:
            for builder, tried in self._batches(producer, place, positions):
                if not builder.record_count():
                    raise MessageSizeTooLargeError
                acknowledged = await producer.send_batch(builder, topic, partition=partition)
                reach(Failpoint.RELAY_BEFORE_ACK)
                await acknowledged
                self.taken.update(tried)
                self._refusals.taken(place, map(self._key, tried))
        except KafkaError as error:
            self._failed(place, error)
            self._refusals.refused(place, [*map(self._key, tried)], now=_now())
        except asyncio.CancelledError as error:
            self._unanswered(place, error)
            raise

    def _batches(
        self, producer: AIOKafkaProducer, place: Place, positions: Sequence[int]
    ) -> Iterator[Batch]:
        """The messages of a partition, in their order, in as few batches as hold them; then those
        to be tried alone. A message too large for any batch is in one without records."""
        plain, alone = self._refusals.in_turn(positions, self._key, now=_now())
        begun = 0
        while begun < len(plain):
            builder, end = producer.create_batch(), begun
            most = min(len(plain), begun + self._refusals.size(place))
            while end < most and _put(builder, self._messages[plain[end]]):
                end += 1
            end = max(end, begun + 1)
            yield Batch(builder, plain[begun:end])
            begun = end
        for position in alone:
            builder = producer.create_batch()
            _put(builder, self._messages[position])
            yield Batch(builder, [position])

    def _key(self, position: int) -> Key:
        message = self._messages[position]
        return message.topic, message.key

    def _unanswered(self, place: Place, error: BaseException) -> None:
        self._failed(place, error)
        self._refusals.unanswered(place, now=_now())

    def _failed(self, place: Place, error: BaseException) -> None:
        topic, partition = place
        name = type(error).__name__
        log.warning("partition_refused", topic=topic, partition=partition, error=name)
        self.has_failed = True


async def _close_forcibly(producer: AIOKafkaProducer) -> None:
    """End its tasks and connections at once. What was on its way may have arrived or not."""
    _end_waiting_for_metadata(producer.client)
    closing = asyncio.gather(
        producer._sender.close(), producer.client.close(), return_exceptions=True
    )
    with suppress(TimeoutError):
        await within(STOP_WITHIN, closing)


def _end_waiting_for_metadata(client: AIOKafkaClient) -> None:
    """Failing requests wait for new metadata, and in a closed client would wait for ever."""
    done = asyncio.get_running_loop().create_future()
    for asked in (client._md_update_fut, done):
        if asked is not None and not asked.done():
            asked.set_result(False)
    client._md_update_fut = done


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
