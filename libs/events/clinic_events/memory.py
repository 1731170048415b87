"""An in-memory broker and consumer with the guarantees of Kafka; both pass the same test suite.

What was published stays, groups keep their committed offsets, and a consumer that dies is followed
by one that begins at the last commit.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final, Protocol, TypeAlias
from zlib import crc32

from clinic_events.delivery import Delivery
from clinic_events.errors import NotAllTaken, Unavailable
from clinic_events.lanes import Assignment
from clinic_events.ports import Message
from clinic_events.workers import Workers

PARTITIONS: Final = 3
CHECK_EVERY: Final = 0.05
REFUSED_FOR: Final = 1.0  # seconds before a refused message may be published again

Place: TypeAlias = tuple[str, int]  # topic and partition


class MemoryBroker:
    """The port `Publisher`, and what consumers read from."""

    def __init__(self) -> None:
        self.logs: dict[Place, list[Message]] = defaultdict(list)
        self.committed: dict[tuple[str, Place], int] = defaultdict(int)
        self.is_away = False
        self.refuses: set[Place] = set()  # as a partition without a leader does

    async def publish(self, messages: Sequence[Message]) -> None:
        self._answer()
        taken = [n for n, message in enumerate(messages) if self._takes(message)]
        if len(taken) < len(messages):
            rests = {n: REFUSED_FOR for n in range(len(messages)) if n not in taken}
            raise NotAllTaken(taken, of=len(messages), rests=rests)

    async def fetch(self, since: Mapping[Place, int]) -> Mapping[Place, Sequence[Message]]:
        """The messages from these offsets on. Raises Unavailable, as every method here."""
        self._answer()
        return {place: self.logs[place][offset:] for place, offset in since.items()}

    async def end_of(self, place: Place) -> int:
        self._answer()
        return len(self.logs[place])

    async def commit(self, group: str, offsets: Mapping[Place, int]) -> None:
        self._answer()
        for place, offset in offsets.items():
            self.committed[group, place] = offset

    async def committed_by(self, group: str, places: Iterable[Place]) -> dict[Place, int]:
        self._answer()
        return {place: self.committed[group, place] for place in places}

    def _takes(self, message: Message) -> bool:
        partition = partition_of(message)
        if (message.topic, partition) in self.refuses:
            return False
        log = self.logs[message.topic, partition]
        log.append(message._replace(partition=partition, offset=len(log)))
        return True

    def _answer(self) -> None:
        if self.is_away:
            raise Unavailable("The broker in memory is away.")


class Log(Protocol):
    """What a consumer needs of the broker."""

    async def fetch(self, since: Mapping[Place, int]) -> Mapping[Place, Sequence[Message]]: ...

    async def end_of(self, place: Place) -> int: ...

    async def commit(self, group: str, offsets: Mapping[Place, int]) -> None: ...

    async def committed_by(self, group: str, places: Iterable[Place]) -> dict[Place, int]: ...


class MemoryConsumer:
    """The only member of its group. Same workers, same offsets, same delivery as over Kafka."""

    def __init__(
        self,
        delivery: Delivery,
        broker: Log,
        *,
        group: str,
        topics: Iterable[str],
        check_every: float = CHECK_EVERY,
    ) -> None:
        self._broker = broker
        self._group = group
        self._assignment = Assignment(places_of(topics))
        self._workers: Workers[Place] = Workers(delivery)
        self._check_every = check_every
        self._fetched: dict[Place, int] = {}

    async def run(self) -> None:
        """Consume until cancelled; then finish what is under way and commit."""
        self._workers.start()
        try:
            while True:
                with suppress(Unavailable):  # asked again a little later
                    await self._fetch()
                    await self._commit()
                await self._workers.progress(within=self._check_every)
                self._workers.check()
        finally:
            self._assignment.close()
            await self._workers.under_way(within=self._check_every)
            with suppress(Unavailable):  # what is delivered again is found in the inbox
                await self._commit()
            await self._workers.stop()

    async def lag(self) -> int:
        return sum(
            [
                await self._broker.end_of(place) - (self._assignment.reached(place) or 0)
                for place in self._assignment.partitions
            ]
        )

    async def _fetch(self) -> None:
        if not self._fetched:
            places = self._assignment.partitions
            self._fetched = await self._broker.committed_by(self._group, places)
        since = {place: self._fetched[place] for place in self._assignment.ready()}
        now = time.monotonic()
        for place, messages in (await self._broker.fetch(since)).items():
            self._fetched[place] += len(messages)
            self._workers.put(self._assignment, place, messages, at=now)

    async def _commit(self) -> None:
        offsets = self._assignment.to_commit()
        if offsets:
            await self._broker.commit(self._group, offsets)
            self._assignment.committed(offsets)


def partition_of(message: Message) -> int:
    return crc32(message.key or b"") % PARTITIONS


def places_of(topics: Iterable[str]) -> list[Place]:
    return [(topic, partition) for topic in topics for partition in range(PARTITIONS)]
