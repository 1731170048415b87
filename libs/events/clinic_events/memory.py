"""A broker in memory that keeps the promises of the real one; both pass the same suite.

It loses nothing but itself: what was published stays, groups remember their offsets, and a consumer
that dies is followed by one that begins at the last commit.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias
from zlib import crc32

from clinic_events.delivery import Delivery
from clinic_events.errors import Unavailable
from clinic_events.lanes import Assignment
from clinic_events.ports import Message
from clinic_events.workers import Workers

PARTITIONS: Final = 3
CHECK_EVERY: Final = 0.05

Place: TypeAlias = tuple[str, int]  # topic and partition


class MemoryBroker:
    """The port `Publisher`, and what consumers read from."""

    def __init__(self) -> None:
        self.logs: dict[Place, list[Message]] = defaultdict(list)
        self.committed: dict[tuple[str, Place], int] = defaultdict(int)
        self.is_away = False

    async def publish(self, messages: Sequence[Message]) -> None:
        if self.is_away:
            raise Unavailable("The broker in memory is away.")
        for message in messages:
            partition = crc32(message.key or b"") % PARTITIONS
            log = self.logs[message.topic, partition]
            log.append(message._replace(partition=partition, offset=len(log)))

    def places(self, topics: Iterable[str]) -> list[Place]:
        return [(topic, partition) for topic in topics for partition in range(PARTITIONS)]


class MemoryConsumer:
    """The only member of its group. Same workers, same offsets, same delivery as over Kafka."""

    def __init__(
        self, delivery: Delivery, broker: MemoryBroker, *, group: str, topics: Iterable[str]
    ) -> None:
        self._broker = broker
        self._group = group
        self._assignment = Assignment(broker.places(topics))
        self._workers: Workers[Place] = Workers(delivery)

    async def run(self) -> None:
        """Consume until cancelled; then finish what is under way and commit."""
        self._workers.start()
        fetched = {place: self._committed(place) for place in self._assignment.partitions}
        try:
            while True:
                for place in self._assignment.ready():
                    fetched[place] = self._fetch(place, fetched[place])
                self._commit()
                await self._workers.progress(within=CHECK_EVERY)
        finally:
            self._assignment.close()
            await self._workers.under_way(within=CHECK_EVERY)
            self._commit()
            await self._workers.stop()

    async def lag(self) -> int:
        return sum(
            len(self._broker.logs[place]) - (self._assignment.reached(place) or 0)
            for place in self._assignment.partitions
        )

    def _committed(self, place: Place) -> int:
        return self._broker.committed[self._group, place]

    def _fetch(self, place: Place, since: int) -> int:
        log = self._broker.logs[place]
        self._workers.put(self._assignment, place, log[since:], at=time.monotonic())
        return len(log)

    def _commit(self) -> None:
        offsets = self._assignment.to_commit()
        for place, offset in offsets.items():
            self._broker.committed[self._group, place] = offset
        self._assignment.committed(offsets)
