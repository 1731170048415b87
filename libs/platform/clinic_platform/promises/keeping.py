"""Bringing claimed promises to their ends: many in one transaction, or one with its act outside."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, assert_never

import structlog

from clinic_events import tracing
from clinic_events.errors import Unavailable
from clinic_events.failpoints import Failpoint, reach
from clinic_events.leases import Leases
from clinic_events.ports import Database, Document
from clinic_platform.clock import Clock
from clinic_platform.promises.kinds import Keeper, NoAct
from clinic_platform.promises.model import Due, Ending, Kept, Lapsed, Later, State, Withdrawn
from clinic_platform.promises.store import ACT_FOR, LostClaim, MongoPromises, promise_in

PAUSE_AT_MOST: Final = timedelta(seconds=60)
TOO_LATE: Final = "too_late"
ACT_WITHIN: Final = ACT_FOR * 2 / 3  # an act ends before its claim, so that no other begins it

log = structlog.get_logger()


class UnknownKind(Exception):
    """No keeper here keeps promises of this kind: tried again, since a newer worker may."""


class Keeping:
    def __init__(
        self,
        database: Database,
        promises: MongoPromises,
        keepers: Mapping[str, Keeper],
        leases: Leases,
        clock: Clock,
    ) -> None:
        self._database = database
        self._leases = leases
        self._promises = promises
        self._keepers = keepers
        self._clock = clock

    def is_inside(self, kind: str) -> bool:
        """Whether all that is to be done happens in this service's database."""
        keeper = self._keepers.get(kind)
        return keeper is not None and keeper.act is None

    async def keep_together(self, rows: Sequence[Document]) -> None:
        """Those kept inside, in their order and in one transaction; in halves when one fails.

        Raises Unavailable, which may be the database's fault, or that of one that takes longer than
        a transaction may: those that have not ended are still claimed.
        """
        try:
            await self._database.transaction(lambda: self._all_of(rows))
        except Unavailable:
            raise
        # One promise's error must not keep the others from being kept; below, too.
        except Exception:
            half = len(rows) // 2
            for part in (rows[:half], rows[half:]) if half else ():
                await self.keep_together(part)
            if not half:
                await self.keep(rows[0])

    async def keep(self, row: Document) -> None:
        """One promise, whatever it takes; its failure is noted, and it is tried again."""
        due = self._due(row, self._clock())
        with tracing.caused_by(_cause_of(due)):
            try:
                await self._to_an_end(row, due)
            except LostClaim:
                log.info("promise_claim_lost", promise=due.promise.key)
            except Exception as error:
                await self._note_failure(row, due, error)

    async def _all_of(self, rows: Sequence[Document]) -> None:
        now = self._clock()  # a transaction is one moment: what ends alike is written as one
        for row in rows:
            due = self._due(row, now)
            with tracing.caused_by(_cause_of(due)):
                await self._to_an_end_inside(row, due)

    def _due(self, row: Document, now: datetime) -> Due:
        return Due(
            promise=promise_in(row),
            now=now,
            attempt=row["attempts"] + 1,
            uncertain=row["acting"],
        )

    async def _to_an_end_inside(self, row: Document, due: Due) -> None:
        if due.now > due.promise.useful_until:
            await self._end_lapsed(row, due, TOO_LATE, due.now)
        else:
            keeper = self._keepers[due.promise.kind]
            await self._end(row, due, await keeper.settle(due, None), due.now)

    async def _to_an_end(self, row: Document, due: Due) -> None:
        if due.now > due.promise.useful_until:
            await self._database.transaction(lambda: self._end_lapsed(row, due, TOO_LATE, due.now))
            return
        keeper = self._keepers.get(due.promise.kind)
        if keeper is None:
            raise UnknownKind(due.promise.kind)
        decided = await keeper.decide(due)
        if isinstance(decided, Kept | Lapsed | Withdrawn | Later):
            await self._database.transaction(lambda: self._end(row, due, decided, due.now))
            return
        if isinstance(decided, NoAct):
            decided = decided.outcome
        elif keeper.act is not None:
            await self._promises.begin_act(row)
            decided = await self._acted(keeper.act(due, decided))
            reach(Failpoint.PROMISE_AFTER_ACT)

        async def settled() -> None:
            await self._end(row, due, await keeper.settle(due, decided), self._clock())

        await self._database.transaction(settled)
        reach(Failpoint.PROMISE_AFTER_END)

    async def _acted(self, act: Awaitable[Any]) -> Any:
        """One that cannot reach whoever is outside leaves it to one that may."""
        try:
            async with asyncio.timeout(ACT_WITHIN.total_seconds()):
                done = await act
        except Exception:
            await self._leases.note_failure()
            raise
        self._leases.note_success()
        return done

    async def _end(self, row: Document, due: Due, ending: Ending, now: datetime) -> None:
        match ending:
            case Kept():
                await self._promises.end(row, State.KEPT, None, now)
            case Withdrawn(reason):
                await self._promises.end(row, State.WITHDRAWN, reason, now)
            case Lapsed(reason):
                await self._end_lapsed(row, due, reason, now)
            case Later(at, reason) if at <= due.promise.useful_until:
                await self._promises.put_off(row, at, reason)
            case Later():
                await self._end_lapsed(row, due, TOO_LATE, now)
            case _:
                assert_never(ending)

    async def _end_lapsed(self, row: Document, due: Due, reason: str, now: datetime) -> None:
        await self._promises.end(row, State.LAPSED, reason, now)
        keeper = self._keepers.get(due.promise.kind)
        if keeper is not None and keeper.on_lapse is not None:
            await keeper.on_lapse(due, reason)

    async def _note_failure(self, row: Document, due: Due, error: Exception) -> None:
        """With a trace once, and with none where somebody does not answer: the name is enough."""
        pause = min(PAUSE_AT_MOST, timedelta(seconds=1) * (1 << min(due.attempt - 1, 6)))
        if self._leases.is_left_to_others:
            pause = timedelta()  # the other need not wait: it is not known to fail there
        log.warning(
            "promise_failed",
            promise=due.promise.key,
            error=type(error).__name__,
            attempt=due.attempt,
            exc_info=due.attempt == 1 and not isinstance(error, Unavailable | OSError),
        )
        # Where the database is away, the claim that runs out has the same effect a little later.
        with suppress(Unavailable):
            await self._promises.failed(row, type(error).__name__, pause)


def _cause_of(due: Due) -> tracing.Cause:
    return tracing.Cause(id=due.promise.why, correlation_id=due.promise.why)
