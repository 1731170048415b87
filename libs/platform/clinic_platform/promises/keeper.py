"""The worker that keeps promises: claims what is due, and brings it to its end without a storm.

What happens inside is awaited by the look that found it. An act outside is not: whoever is out
there may hang, and the next look, another kind, another thing do not wait for that. Nor is one
inside that could not be kept with others in a transaction's time: it is tried alone.
"""

import asyncio
from asyncio import TaskGroup
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import compress
from typing import Final, NamedTuple, TypeVar

import structlog

from clinic_events.ending import ENDS_WITHIN, to_its_end
from clinic_events.errors import Unavailable
from clinic_events.failpoints import Failpoint, reach
from clinic_events.leases import Leases
from clinic_events.ports import Database, Document
from clinic_platform.clock import Clock
from clinic_platform.promises.keeping import Keeping
from clinic_platform.promises.kinds import Keeper
from clinic_platform.promises.pace import Pace
from clinic_platform.promises.store import CLAIM_AT_MOST, MongoPromises

LOOK_EVERY: Final = timedelta(seconds=1)
AT_ONCE: Final = 8  # acts of one kind under way at one time, each about another thing
BATCH: Final = 50  # promises kept in one transaction, at most
TOGETHER: Final = 4  # such transactions at one time
SHARES: Final = 4  # of the buckets, in a crowd: while one waits for its claim another is kept

T = TypeVar("T")

log = structlog.get_logger()


class Looked(NamedTuple):
    """The result of one look: how many were claimed, and how many of them begun."""

    claimed: int
    begun: int


class PromiseKeeper:
    """Keeps the promises of the buckets it holds."""

    def __init__(
        self,
        database: Database,
        promises: MongoPromises,
        keepers: Mapping[str, Keeper],
        leases: Leases,
        clock: Clock,
    ) -> None:
        self._promises = promises
        self._keeping = Keeping(database, promises, keepers, leases, clock)
        self._is_inside = self._keeping.is_inside
        self._leases = leases
        self._pace = Pace({kind: keeper.a_second for kind, keeper in keepers.items()})
        self._woken = asyncio.Event()
        self._at_once = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(AT_ONCE))
        self._together = asyncio.Semaphore(TOGETHER)
        self._is_crowded = False
        self._batch = BATCH  # fewer after a transaction that came to no end in its time
        # Lines that no look waits for and that have not come to their end, by what each is about.
        self._under_way: set[str] = set()
        self._acts: set[asyncio.Task[None]] = set()
        # One of these kept all of its transaction from its end. Which one is found by trying.
        self._suspects: set[str] = set()
        self._of_kind = Counter[str]()

    def wake(self) -> None:
        """Look now. Only a hint."""
        self._woken.set()

    async def run(self) -> None:
        """Keep promises until cancelled; what has begun then has a while to end, and the leases are
        given back."""
        try:
            async with TaskGroup() as acts:
                await self._keep_for_ever(acts)
        finally:
            await self._leases.release()

    async def keep_due(self) -> int:
        """One round: claim what is due and bring each to an end, or put it off. How many it was."""
        async with TaskGroup() as acts:  # those that have begun end, whatever befalls the look
            [begun] = await asyncio.gather(self._look(acts), return_exceptions=True)
        return _or_raised(begun)

    async def _keep_for_ever(self, acts: TaskGroup) -> None:
        try:
            while True:
                if not await to_its_end(self._keep_or_pause(acts)):
                    await self._wait()
        except asyncio.CancelledError:  # somebody outside may have it, and nobody has noted that
            if self._acts:
                await asyncio.wait(self._acts, timeout=ENDS_WITHIN.total_seconds())
            raise

    async def _look(self, acts: TaskGroup) -> int:
        """Claim what is due; what is inside is at its end then, acts outside have begun."""
        held = await self._leases.hold()
        reach(Failpoint.PROMISE_AFTER_LEASE)
        shares = _shares(held) if self._is_crowded else [held]
        looks = (self._keep_due_in(share, acts) for share in shares)
        # Each to its end, whatever befalls another: a letter that is handed over is not cut off.
        looked = await asyncio.gather(*looks, return_exceptions=True)
        found = [_or_raised(look) for look in looked]
        self._is_crowded = any(look.claimed == CLAIM_AT_MOST for look in found)
        return sum(look.begun for look in found)

    async def _keep_due_in(self, buckets: Iterable[int], acts: TaskGroup) -> Looked:
        # Of what may not be begun now, none is claimed: it would hide what is due behind it.
        busy = self._busy()
        claimed = await self._promises.claim(
            buckets,
            but_not=[*self._pace.spent(), *(kind for kind in busy if not self._is_inside(kind))],
            not_again=[kind for kind in busy if self._is_inside(kind)],
            not_about=self._under_way,
        )
        if claimed:
            reach(Failpoint.PROMISE_AFTER_CLAIM)
        chosen = [self._pace.lets(row["kind"]) for row in claimed]
        rows = list(compress(claimed, chosen))
        if len(rows) < len(claimed):
            kept_back = [row for row, is_let in zip(claimed, chosen, strict=True) if not is_let]
            await self._promises.release(kept_back)
        await self._keep(rows, acts)
        return Looked(len(claimed), len(rows))

    def _busy(self) -> list[str]:
        """The kinds of which as much is under way alone as there may be."""
        return [kind for kind, lines in self._of_kind.items() if lines >= AT_ONCE]

    async def _keep(self, rows: Sequence[Document], acts: TaskGroup) -> None:
        """Promises about one thing are begun in their order, and no thing waits for another.

        Nor does a promise for an earlier one that failed, is put off or has no pace left: an alarm
        about a session is not held up by the session's letter.
        """
        lines: dict[str, list[Document]] = defaultdict(list)
        for row in rows:
            lines[row["about"]].append(row)
        awaited: list[list[Document]] = []
        for line in lines.values():
            if kinds := {row["kind"] for row in line if self._may_be_long(row)}:
                self._begin(line, kinds, acts)
            else:
                awaited.append(line)
        async with TaskGroup() as group:
            for batch in _batches(awaited, self._batch):
                group.create_task(self._keep_batch(batch))

    def _may_be_long(self, row: Document) -> bool:
        """Whether no look may wait for it: its act is outside, or it failed or is a suspect."""
        is_doubtful = row["attempts"] > 0 or row["_id"] in self._suspects
        return is_doubtful or not self._is_inside(row["kind"])

    async def _keep_batch(self, batch: Sequence[Document]) -> None:
        async with self._together:
            try:
                await self._keeping.keep_together(batch)
                self._batch = min(self._batch * 2, BATCH)
            # One of them may be it that takes too long, or the machine be too busy for so many at
            # once: together they would come to no end again, and so for ever.
            except Unavailable as error:
                log.warning("promises_paused", error=type(error).__name__, count=len(batch))
                self._batch = max(1, len(batch) // 2)
                self._suspects.update(row["_id"] for row in batch)
                with suppress(Unavailable):  # then the claim runs out, and they are due again
                    await self._promises.release(batch)

    async def _keep_line(self, line: Sequence[Document], kinds: Collection[str]) -> None:
        try:
            for row in line:
                async with self._at_once[row["kind"]]:
                    await self._keeping.keep(row)
        finally:
            self._end(line, kinds)

    def _begin(self, line: Sequence[Document], kinds: Collection[str], acts: TaskGroup) -> None:
        """By itself: `kinds` are those of it that may be long."""
        act = acts.create_task(self._keep_line(line, kinds))
        self._acts.add(act)
        act.add_done_callback(self._acts.discard)
        self._suspects.difference_update(row["_id"] for row in line)
        self._under_way.add(line[0]["about"])
        self._of_kind.update(kinds)

    def _end(self, line: Sequence[Document], kinds: Collection[str]) -> None:
        """Where a kind was busy, more of it may be due."""
        busy = self._busy()
        self._under_way.discard(line[0]["about"])
        self._of_kind.subtract(kinds)
        if busy != self._busy():
            self.wake()

    async def _keep_or_pause(self, acts: TaskGroup) -> int:
        try:
            return await self._look(acts)
        except Unavailable as error:
            log.warning("promises_paused", error=type(error).__name__)
        return 0

    async def _wait(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY.total_seconds()):
                await self._woken.wait()
        self._woken.clear()


def _batches(lines: Sequence[Sequence[Document]], at_least: int) -> Iterator[list[Document]]:
    """A line is never divided: what is about one thing keeps its order."""
    batch: list[Document] = []
    for line in lines:
        batch.extend(line)
        if len(batch) >= at_least:
            yield batch
            batch = []
    if batch:
        yield batch


def _shares(buckets: Iterable[int]) -> list[list[int]]:
    """Promises about one thing are in one bucket, so that they keep their order here, too."""
    ordered = sorted(buckets)
    return [share for n in range(SHARES) if (share := ordered[n::SHARES])]


def _or_raised(found: T | BaseException) -> T:
    if isinstance(found, BaseException):
        raise found
    return found
