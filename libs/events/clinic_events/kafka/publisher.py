"""Messages to the broker, each acknowledged by all of its copies."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from itertools import zip_longest
from typing import Final, TypeAlias

from aiokafka import AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
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

Place: TypeAlias = tuple[str, int]  # topic and partition

PARTITIONER: Final = DefaultPartitioner()  # that of every Kafka client: murmur2 of the key


class MessageTooLarge(Unavailable):
    """It stays in the outbox, and what lies behind it: what is not said is not deleted."""

    def __init__(self) -> None:
        super().__init__("An empty batch has no room for a message.")


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
            try:
                # What is on its way is given a while. The driver's own stop would wait for it in a
                # task that nobody ends.
                await within(STOP_WITHIN, producer.flush())
                await within(STOP_WITHIN, producer.stop())
            except (KafkaError, TimeoutError):
                await _let_go(producer)

    async def _publish(self, messages: Sequence[Message]) -> None:
        """In batches made here, one acknowledgement each: half the work of sending one by one.

        A second batch of a partition goes once the first is acknowledged: were the first refused,
        the second must not be there before it.
        """
        producer = await self._started()
        topics = {message.topic for message in messages}
        partitions = {topic: await _partitions_of(producer, topic) for topic in topics}
        batches = _batched(producer, messages, partitions)
        for turn in zip_longest(*batches.values()):
            due = [(place, one) for place, one in zip(batches, turn, strict=True) if one]
            sent = [await _send(producer, batch, place) for place, batch in due]
            reach(Failpoint.RELAY_BEFORE_ACK)
            await asyncio.gather(*sent)

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            self._producer = AIOKafkaProducer(**self._settings)
            await self._producer.start()
        return self._producer


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


def _batched(
    producer: AIOKafkaProducer,
    messages: Sequence[Message],
    partitions: Mapping[str, tuple[int, ...]],
) -> dict[Place, list[BatchBuilder]]:
    """For each partition its messages, in their order, in as few batches as hold them."""
    batches: defaultdict[Place, list[BatchBuilder]] = defaultdict(list)
    for message in messages:
        place = message.topic, partition_of(message.key, partitions[message.topic])
        if not batches[place] or not _put(batches[place][-1], message):
            batches[place].append(producer.create_batch())
            if not _put(batches[place][-1], message):
                raise MessageTooLarge
    return batches


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
    producer: AIOKafkaProducer, batch: BatchBuilder, place: Place
) -> asyncio.Future[object]:
    topic, partition = place
    acknowledged: asyncio.Future[object] = await producer.send_batch(
        batch, topic, partition=partition
    )
    return acknowledged
