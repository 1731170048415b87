"""The broker in memory behind a way on which messages and answers get lost."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple, TypeVar

from clinic_events.errors import NotAllTaken, Unavailable
from clinic_events.memory import MemoryBroker, Place, partition_of
from clinic_events.ports import Message
from tests.simulation.weather import Link, Lost

T = TypeVar("T")

LOST_RESTS: Final = 1.0  # seconds
CHUNK: Final = 3  # messages of a partition that arrive together
FETCHED: Final = (1, 2, 5, 500)


class Committed(NamedTuple):
    """Offsets that a group has committed, after so many commits of its database."""

    place: Place
    offset: int
    after: int


class BrokerLink:
    """One process's way to the broker: the ports `Publisher` and `Log`."""

    def __init__(
        self,
        broker: MemoryBroker,
        link: Link,
        dice: random.Random,
        on_commit: Callable[[Mapping[Place, int]], None] = lambda _: None,
    ) -> None:
        self._broker = broker
        self._link = link
        self._dice = dice
        self._on_commit = on_commit

    async def publish(self, messages: Sequence[Message]) -> None:
        """Partitions at once; within one in order, and nothing after what was lost, as an
        idempotent producer does it."""
        by_place: dict[Place, list[int]] = {}
        for number, message in enumerate(messages):
            by_place.setdefault((message.topic, partition_of(message)), []).append(number)
        places = [*by_place]
        self._dice.shuffle(places)
        taken: list[int] = []
        for place in places:
            count = await self._append([messages[number] for number in by_place[place]])
            taken += by_place[place][:count]
        if not taken:
            raise Unavailable("The broker did not answer.")
        if len(taken) < len(messages):
            rests = {n: LOST_RESTS for n in range(len(messages)) if n not in taken}
            raise NotAllTaken(taken, of=len(messages), rests=rests)

    async def fetch(self, since: Mapping[Place, int]) -> Mapping[Place, Sequence[Message]]:
        """Of each as much as the dice gives, in any order: only within one there is an order."""
        most = self._dice.choice(FETCHED)
        places = [*since]
        self._dice.shuffle(places)
        return await self._asked(
            lambda: {p: self._broker.logs[p][since[p] : since[p] + most] for p in places}
        )

    async def end_of(self, place: Place) -> int:
        return await self._asked(lambda: len(self._broker.logs[place]))

    async def committed_by(self, group: str, places: Iterable[Place]) -> dict[Place, int]:
        return await self._asked(lambda: {p: self._broker.committed[group, p] for p in places})

    async def commit(self, group: str, offsets: Mapping[Place, int]) -> None:
        def committed() -> None:
            self._broker.committed.update({(group, p): offset for p, offset in offsets.items()})
            self._on_commit(offsets)

        await self._asked(committed, is_grave=True)

    async def _append(self, messages: Sequence[Message]) -> int:
        """How many of them were acknowledged, from the first on."""
        for start in range(0, len(messages), CHUNK):
            chunk = messages[start : start + CHUNK]
            try:
                await self._link.there_and_back(partial(self._write, chunk), is_grave=True)
            except Lost:
                return start
        return len(messages)

    def _write(self, messages: Sequence[Message]) -> None:
        for message in messages:
            partition = partition_of(message)
            log = self._broker.logs[message.topic, partition]
            log.append(message._replace(partition=partition, offset=len(log)))

    async def _asked(self, work: Callable[[], T], *, is_grave: bool = False) -> T:
        try:
            return await self._link.there_and_back(work, is_grave=is_grave)
        except Lost as lost:
            raise Unavailable("The broker did not answer.") from lost
