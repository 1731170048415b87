"""Keeping promises: claim what is due, decide again with today's facts, act, and write the end."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeAlias, TypeVar, assert_never

import structlog

from clinic_events import tracing
from clinic_events.errors import Unavailable
from clinic_events.failpoints import Failpoint, reach
from clinic_events.leases import Leases
from clinic_events.ports import Database, Document
from clinic_platform.clock import Clock
from clinic_platform.promises.model import Due, Ending, Kept, Lapsed, Later, State, Withdrawn
from clinic_platform.promises.store import CLAIM_FOR, LostClaim, MongoPromises, promise_in

LOOK_EVERY: Final = timedelta(seconds=1)
PAUSE_AT_MOST: Final = timedelta(seconds=60)
AT_ONCE: Final = 8  # promises kept at one time, each about another thing
TOO_LATE: Final = "too_late"
ACT_WITHIN: Final = CLAIM_FOR * 2 / 3  # an act ends before its claim, so that no other begins it

T = TypeVar("T")
R = TypeVar("R")
OnLapse: TypeAlias = Callable[[Due, str], Awaitable[None]]

log = structlog.get_logger()


class UnknownKind(Exception):
    """No keeper here keeps promises of this kind: tried again, since a newer worker may."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """How promises of one kind are kept. Made by `inside` or `outside`.

    `decide` answers an ending, or what to do; `act` does it; `settle` answers the ending.
    """

    decide: Callable[[Due], Awaitable[Any]]
    act: Callable[[Due, Any], Awaitable[Any]] | None
    settle: Callable[[Due, Any], Awaitable[Ending]]
    on_lapse: OnLapse | None


def inside(keep: Callable[[Due], Awaitable[Ending]], *, on_lapse: OnLapse | None = None) -> Keeper:
    """Everything happens in this service's database: `keep` runs in the transaction of the end."""

    async def settle(due: Due, _: object) -> Ending:
        return await keep(due)

    async def decide(due: Due) -> None:
        return None

    return Keeper(decide, None, settle, on_lapse)


def outside(
    decide: Callable[[Due], Awaitable[T | Ending]],
    act: Callable[[Due, T], Awaitable[R]],
    settle: Callable[[Due, R], Awaitable[Ending]],
    *,
    on_lapse: OnLapse | None = None,
) -> Keeper:
    """Something happens outside, where no transaction reaches.

    `decide` only reads: it answers what to send, or an ending. `act` does it, at least once: after
    a crash it may do it again, and is told so by `due.uncertain`. `settle` runs in the transaction
    of the end. `on_lapse` runs there too, when the promise's time has passed.
    """
    return Keeper(decide, act, settle, on_lapse)


class PromiseKeeper:
    """The worker that keeps the promises of the buckets it holds."""

    def __init__(
        self,
        database: Database,
        promises: MongoPromises,
        keepers: Mapping[str, Keeper],
        leases: Leases,
        clock: Clock,
    ) -> None:
        self._database = database
        self._promises = promises
        self._keepers = dict(keepers)
        self._leases = leases
        self._clock = clock
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look now. Only a hint."""
        self._woken.set()

    async def run(self) -> None:
        """Keep promises until cancelled; then give the leases back."""
        try:
            while True:
                if not await self._keep_or_pause():
                    await self._wait()
        finally:
            await self._leases.release()

    async def keep_due(self) -> int:
        """One round: claim what is due and bring each to an end, or put it off. How many it was."""
        rows = await self._promises.claim(await self._leases.hold())
        lines: dict[str, list[Document]] = defaultdict(list)
        for row in rows:
            lines[row["about"]].append(row)
        room = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for line in lines.values():
                group.create_task(self._keep_line(line, room))
        return len(rows)

    async def _keep_or_pause(self) -> int:
        try:
            return await self.keep_due()
        except Unavailable as error:
            log.warning("promises_paused", error=type(error).__name__)
        return 0

    async def _keep_line(self, rows: list[Document], room: asyncio.Semaphore) -> None:
        async with room:
            for row in rows:
                await self._keep(row)

    async def _keep(self, row: Document) -> None:
        promise = promise_in(row)
        due = Due(
            promise=promise,
            now=self._clock(),
            attempt=row["attempts"] + 1,
            uncertain=row["acting"],
        )
        with tracing.caused_by(tracing.Cause(id=promise.why, correlation_id=promise.why)):
            try:
                await self._to_an_end(row, due)
            except LostClaim:
                log.info("promise_claim_lost", promise=promise.key)
            # One promise that fails must not keep the others from being kept.
            except Exception as error:
                await self._note_failure(row, due, error)

    async def _to_an_end(self, row: Document, due: Due) -> None:
        if due.now > due.promise.useful_until:
            await self._lapse(row, due, TOO_LATE)
            return
        keeper = self._keepers.get(due.promise.kind)
        if keeper is None:
            raise UnknownKind(due.promise.kind)
        decided = await keeper.decide(due)
        if isinstance(decided, Kept | Lapsed | Withdrawn | Later):
            await self._database.transaction(lambda: self._end(row, due, decided))
            return
        if keeper.act is not None:
            await self._promises.begin_act(row)
            async with asyncio.timeout(ACT_WITHIN.total_seconds()):
                decided = await keeper.act(due, decided)
            reach(Failpoint.PROMISE_AFTER_ACT)

        async def settled() -> None:
            await self._end(row, due, await keeper.settle(due, decided))

        await self._database.transaction(settled)

    async def _end(self, row: Document, due: Due, ending: Ending) -> None:
        match ending:
            case Kept():
                await self._promises.end(row, State.KEPT, None)
            case Withdrawn(reason):
                await self._promises.end(row, State.WITHDRAWN, reason)
            case Lapsed(reason):
                await self._end_lapsed(row, due, reason)
            case Later(at, reason) if at <= due.promise.useful_until:
                await self._promises.put_off(row, at, reason)
            case Later():
                await self._end_lapsed(row, due, TOO_LATE)
            case _:
                assert_never(ending)

    async def _lapse(self, row: Document, due: Due, reason: str) -> None:
        await self._database.transaction(lambda: self._end_lapsed(row, due, reason))

    async def _end_lapsed(self, row: Document, due: Due, reason: str) -> None:
        await self._promises.end(row, State.LAPSED, reason)
        keeper = self._keepers.get(due.promise.kind)
        if keeper is not None and keeper.on_lapse is not None:
            await keeper.on_lapse(due, reason)

    async def _note_failure(self, row: Document, due: Due, error: Exception) -> None:
        pause = min(PAUSE_AT_MOST, timedelta(seconds=1) * (1 << min(due.attempt - 1, 6)))
        log.warning(
            "promise_failed",
            promise=due.promise.key,
            error=type(error).__name__,
            attempt=due.attempt,
            exc_info=True,
        )
        # Where the database is away, the claim that runs out says the same a little later.
        with suppress(Unavailable):
            await self._promises.failed(row, type(error).__name__, pause)

    async def _wait(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY.total_seconds()):
                await self._woken.wait()
        self._woken.clear()
