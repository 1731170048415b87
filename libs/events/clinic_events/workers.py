"""Workers take ready messages from the lanes and have a batch handled in one transaction.

A batch is whatever is ready, up to a maximum; a worker never waits to fill one. A message that
fails is retried on its own with its lane closed behind it, so no key waits for another key's
failure.
"""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeAlias, TypeVar

import structlog

from clinic_events.delivery import Delivery, Outcome
from clinic_events.errors import Unavailable
from clinic_events.lanes import Assignment, Lane, Lanes
from clinic_events.ports import Message

WORKERS: Final = 4
BATCH: Final = 50
# Failing events that are retried at one time, pauses between attempts not counted; more of them
# wait, healthy ones do not.
ALONE: Final = 64
AWAY_PAUSE: Final = 0.5  # seconds

P = TypeVar("P")
log = structlog.get_logger()


@dataclass(slots=True, eq=False)
class Origin(Generic[P]):
    """The partition messages came from, and the assignment they were received under."""

    assignment: Assignment[P]
    partition: P


# A tuple and not a class, for speed: one is made for every message.
Arrived: TypeAlias = tuple[Origin[P], Message]


class Workers(Generic[P]):
    """Handle each received message to its end, or drop it once its assignment is closed."""

    def __init__(self, delivery: Delivery, *, workers: int = WORKERS, batch: int = BATCH) -> None:
        self._delivery = delivery
        self._count = workers
        self._batch = batch
        self._lanes: Lanes[Arrived[P]] = Lanes()
        self._tasks: list[asyncio.Task[None]] = []
        self._trying: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(ALONE)
        self._under_way = 0
        self._fault: BaseException | None = None
        self._news = asyncio.Event()
        self._progress = asyncio.Event()

    def start(self) -> None:
        self._tasks = [self._begun(self._work()) for _ in range(self._count)]

    def check(self) -> None:
        """Raises the error that has ended a worker, if one has: it would go unnoticed."""
        if self._fault is not None:
            raise self._fault

    async def stop(self) -> None:
        """Cancel what is under way. Its transactions are undone, so nothing is half done."""
        ending = [*self._tasks, *self._trying]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    def put(
        self, assignment: Assignment[P], partition: P, messages: Sequence[Message], *, at: float
    ) -> None:
        """Add messages of one partition, in its order, received at `at` by a monotonic clock."""
        offsets = [message.offset for message in messages]
        assignment.begin(partition, offsets, at, [_size_of(message) for message in messages])
        origin = Origin(assignment, partition)
        for message in messages:
            self._lanes.put(_lane_of(message), (origin, message))
        self._news.set()

    async def progress(self, *, within: float) -> None:
        """Return when a message has ended, or after `within` seconds."""
        self._progress.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._progress.wait()

    async def under_way(self, *, within: float) -> bool:
        """Wait for what is being handled now, not for messages that wait or pause before a retry.
        False if some is not done in time."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        while self._under_way and loop.time() < deadline:
            await self.progress(within=deadline - loop.time())
        return self._under_way == 0

    async def _work(self) -> None:
        most = self._batch
        while True:
            taken = self._lanes.take(most)
            if not taken:
                self._news.clear()
                await self._news.wait()
            elif await self._handle(taken):
                most = min(self._batch, most + 1)
            else:  # the database is away, or too slow for so many in one transaction: fewer
                most = max(1, sum(len(items) for _, items in taken) // 2)
                await asyncio.sleep(AWAY_PAUSE)

    async def _handle(self, taken: Sequence[tuple[Lane, list[Arrived[P]]]]) -> bool:
        """False while the database is away: all messages are back in their lanes."""
        left = await self._together([arrived for _, items in taken for arrived in items])
        if left is None:
            for lane, items in taken:
                self._lanes.give_back(lane, items)
                self._lanes.free(lane)
            return False
        for lane, items in taken:
            again = [arrived for arrived in items if id(arrived) in left] if left else ()
            if again:
                self._lanes.give_back(lane, again[1:])
                self._begin_alone(lane, again[0])
            else:
                self._lanes.free(lane)
        self._news.set()
        return True

    async def _together(self, arrived: list[Arrived[P]]) -> set[int] | None:
        """The `id()`s of those to be retried alone; the others ended, or are dropped. None while
        the database is away."""
        ours = [one for one in arrived if one[0].assignment.is_open]
        if not ours:
            return set()
        self._under_way += 1
        try:
            outcomes = await self._delivery.deliver_together([message for _, message in ours])
        except Unavailable as error:
            log.warning("delivery_paused", error=type(error).__name__)
            return None
        finally:
            self._under_way -= 1
            self._progress.set()
        ends = zip(ours, outcomes, strict=True)
        left = {id(one) for one, outcome in ends if outcome is None}
        self._end(one for one in ours if id(one) not in left)
        return left

    def _begin_alone(self, lane: Lane, arrived: Arrived[P]) -> None:
        task = self._begun(self._alone(lane, arrived))
        self._trying.add(task)
        task.add_done_callback(self._trying.discard)

    def _begun(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._note_fault)
        return task

    def _note_fault(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._fault = self._fault or fault
            self._progress.set()

    async def _alone(self, lane: Lane, arrived: Arrived[P]) -> None:
        origin, message = arrived
        await self._begin_attempt()
        try:
            outcome = await self._delivery.deliver(
                message, is_ours=lambda: origin.assignment.is_open, pause=self._pause
            )
        finally:
            self._end_attempt()
        if outcome is not Outcome.ABANDONED:
            self._end([arrived])
        self._lanes.free(lane)
        self._news.set()

    async def _pause(self, seconds: float) -> None:
        """A pause between attempts counts as nothing under way: closing an assignment does not wait
        for it, and another message may be retried meanwhile."""
        self._end_attempt()
        try:
            await asyncio.sleep(seconds)
        finally:
            await self._begin_attempt()

    async def _begin_attempt(self) -> None:
        await self._room.acquire()
        self._under_way += 1

    def _end_attempt(self) -> None:
        self._under_way -= 1
        self._room.release()
        self._progress.set()

    def _end(self, arrived: Iterable[Arrived[P]]) -> None:
        """Mark their offsets as committable. Not those of dropped messages: the partition's next
        consumer must receive them, so the last commit of an assignment must not pass them."""
        ended: defaultdict[Origin[P], list[int]] = defaultdict(list)
        for origin, message in arrived:
            ended[origin].append(message.offset)
        for origin, offsets in ended.items():
            origin.assignment.end(origin.partition, offsets)
        self._progress.set()


def _size_of(message: Message) -> int:
    headers = sum(map(len, message.headers.values()))
    return len(message.key or b"") + len(message.value or b"") + headers


def _lane_of(message: Message) -> Lane:
    if message.key is not None:
        return message.key
    return message.topic, message.partition, message.offset
