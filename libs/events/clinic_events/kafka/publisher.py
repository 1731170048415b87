"""Messages to the broker, each acknowledged by all of its copies."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder

from clinic_events.errors import Unavailable
from clinic_events.failpoints import Failpoint, reach
from clinic_events.kafka.driver import STOP_WITHIN, within
from clinic_events.ports import Message

PUBLISH_WITHIN: Final = timedelta(seconds=15)
SETTINGS: Final[Mapping[str, object]] = {
    "acks": "all",
    "enable_idempotence": True,
    "linger_ms": 2,
    "max_batch_size": 256 * 1024,
    "request_timeout_ms": 15_000,
}

PARTITIONER: Final = DefaultPartitioner()  # that of every Kafka client: murmur2 of the key


class KafkaPublisher:
    """The port `Publisher`. Any failure costs the producer: the next publish makes a new one.

    An idempotent producer that has lost one batch refuses all later ones, and a send whose time ran
    out may still arrive: both are harmless, because the outbox keeps what is not known to be there.
    """

    def __init__(self, bootstrap_servers: str, *, security: Mapping[str, object]) -> None:
        self._settings = {"bootstrap_servers": bootstrap_servers, **SETTINGS, **security}
        self._producer: AIOKafkaProducer | None = None

    async def publish(self, messages: Sequence[Message]) -> None:
        try:
            await within(PUBLISH_WITHIN, self._publish(messages))
        except (KafkaError, TimeoutError) as error:
            await self.close()
            raise Unavailable(f"The broker did not take a batch: {type(error).__name__}.") from None

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            # While the broker is away stopping waits without end: given a while, then let go.
            with suppress(KafkaError, TimeoutError):
                await within(STOP_WITHIN, producer.stop())

    async def _publish(self, messages: Sequence[Message]) -> None:
        """In batches made here, one acknowledgement each: half the work of sending one by one."""
        producer = await self._started()
        batches: dict[tuple[str, int], BatchBuilder] = {}
        sent: list[asyncio.Future[object]] = []
        topics = {message.topic for message in messages}
        partitions = {topic: await _partitions_of(producer, topic) for topic in topics}
        for message in messages:
            place = message.topic, partition_of(message.key, partitions[message.topic])
            if place in batches and _put(batches[place], message):
                continue
            if place in batches:  # full: it goes first
                sent.append(await _send(producer, batches[place], place))
            batches[place] = producer.create_batch()
            _put(batches[place], message)
        sent += [await _send(producer, batch, place) for place, batch in batches.items()]
        reach(Failpoint.RELAY_BEFORE_ACK)
        await asyncio.gather(*sent)

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            self._producer = AIOKafkaProducer(**self._settings)
            await self._producer.start()
        return self._producer


async def _partitions_of(producer: AIOKafkaProducer, topic: str) -> tuple[int, ...]:
    return tuple(sorted(await producer.partitions_for(topic)))


@lru_cache(maxsize=10_000)
def partition_of(key: bytes | None, partitions: tuple[int, ...]) -> int:
    partition: int = PARTITIONER(key, partitions, partitions)
    return partition


def _put(batch: BatchBuilder, message: Message) -> bool:
    """False when there is no more room."""
    headers = list(message.headers.items())
    metadata = batch.append(key=message.key, value=message.value, timestamp=None, headers=headers)
    return metadata is not None


async def _send(
    producer: AIOKafkaProducer, batch: BatchBuilder, place: tuple[str, int]
) -> asyncio.Future[object]:
    topic, partition = place
    acknowledged: asyncio.Future[object] = await producer.send_batch(
        batch, topic, partition=partition
    )
    return acknowledged
