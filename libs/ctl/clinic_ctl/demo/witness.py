"""A listener on every topic: what was really published, each event once."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from clinic_ctl.demo.journal import JourneyBroken
from clinic_events import topics
from clinic_events.codec import decode
from clinic_events.envelope import Envelope, Event
from clinic_events.kafka import message_in

SEE_WITHIN: Final = 90.0
POLL_MS: Final = 100
LOOK_EVERY: Final = 0.02

E = TypeVar("E", bound=Event)


class NotSeen(JourneyBroken):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was not seen on its topic within {SEE_WITHIN:.0f} s.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Published(Generic[E]):
    """An event, and where it was first published."""

    envelope: Envelope
    event: E
    partition: TopicPartition
    offset: int


class Witness:
    def __init__(self) -> None:
        self._published: dict[str, Published[Event]] = {}

    @property
    def published(self) -> list[Published[Event]]:
        return list(self._published.values())

    async def sees(self, contract: type[E], fits: Callable[[E], bool]) -> Published[E]:
        """The newest event of that contract that fits, once there is one. Raises NotSeen."""
        deadline = time.monotonic() + SEE_WITHIN
        while True:
            for one in reversed(self.of(contract)):
                if fits(one.event):
                    return one
            if time.monotonic() > deadline:
                raise NotSeen(contract.name)
            await asyncio.sleep(LOOK_EVERY)

    def of(self, contract: type[E]) -> list[Published[E]]:
        return [
            Published(
                envelope=one.envelope,
                event=one.event,
                partition=one.partition,
                offset=one.offset,
            )
            for one in self.published
            if isinstance(one.event, contract)
        ]

    @asynccontextmanager
    async def listening(self, bootstrap_servers: str) -> AsyncIterator[None]:
        """From now on, while inside."""
        consumer = AIOKafkaConsumer(
            *(topic.name for topic in topics.ALL),
            bootstrap_servers=bootstrap_servers,
            enable_auto_commit=False,
        )
        await consumer.start()
        await consumer.seek_to_end()
        for partition in consumer.assignment():
            await consumer.position(partition)  # the end is looked up now, not at the first poll
        stop = asyncio.Event()
        listening = asyncio.create_task(self._listen(consumer, stop))
        try:
            yield
        finally:
            stop.set()
            await listening
            await consumer.stop()

    async def _listen(self, consumer: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                records = await consumer.getmany(timeout_ms=POLL_MS)
            except KafkaError:
                await asyncio.sleep(LOOK_EVERY)
                continue
            for partition, messages in records.items():
                for record in messages:
                    decoded = decode(message_in(record))
                    published = Published(
                        envelope=decoded.envelope,
                        event=decoded.event,
                        partition=partition,
                        offset=record.offset,
                    )
                    self._published.setdefault(decoded.envelope.id, published)
