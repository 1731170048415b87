"""The lanes at work: messages of one key one after another, other keys meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from clinic_events import metrics
from clinic_events.delivery import Outcome
from clinic_events.lanes import LANES, Assignment, lane_of
from clinic_events.ports import Message

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Arrived(Generic[P]):
    """A message, where it came from, and the assignment under which it came."""

    assignment: Assignment[P]
    partition: P
    message: Message


class Lanes(Generic[P]):
    """One task a lane. A message whose assignment has been closed is dropped: it is not ours."""

    def __init__(
        self,
        deliver: Callable[[Message, Callable[[], bool]], Awaitable[Outcome]],
        *,
        lanes: int = LANES,
    ) -> None:
        self._deliver = deliver
        self._queues: list[asyncio.Queue[Arrived[P]]] = [asyncio.Queue() for _ in range(lanes)]
        self._tasks: list[asyncio.Task[None]] = []
        self._under_way = 0
        self._progress = asyncio.Event()

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._work(queue)) for queue in self._queues]

    async def stop(self) -> None:
        """Cancel what is under way. Its transaction is undone, so nothing is half done."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def put(self, arrived: Arrived[P]) -> None:
        message = arrived.message
        arrived.assignment.begin(arrived.partition, message.offset)
        self._queues[lane_of(message.key, message.offset, len(self._queues))].put_nowait(arrived)
        metrics.IN_FLIGHT.inc()

    async def progress(self, *, within: float) -> None:
        """Return when a message has ended, or after `within` seconds."""
        self._progress.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._progress.wait()

    async def under_way(self, *, within: float) -> bool:
        """Wait for what is being handled now, not for the queues. False if some goes on."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        while self._under_way and loop.time() < deadline:
            await self.progress(within=deadline - loop.time())
        return self._under_way == 0

    async def _work(self, queue: asyncio.Queue[Arrived[P]]) -> None:
        while True:
            arrived = await queue.get()
            if arrived.assignment.is_open:
                await self._handle(arrived)
            metrics.IN_FLIGHT.dec()
            self._progress.set()

    async def _handle(self, arrived: Arrived[P]) -> None:
        assignment = arrived.assignment
        self._under_way += 1
        try:
            outcome = await self._deliver(arrived.message, lambda: assignment.is_open)
        finally:
            self._under_way -= 1
        if outcome is not Outcome.ABANDONED:
            assignment.end(arrived.partition, arrived.message.offset)
