"""Leases: which worker may work on which buckets of rows, until when, by the database's clock.

Each worker holds a fair share of the buckets for a few seconds at a time; what a dead worker held
is free when its lease runs out. A lease cannot exclude two workers for certain (a process may be
stopped and go on), so work done under one must tolerate that: the relay publishes in order and is
deduplicated, a promise ends by its token.

A worker that reaches the database, but not the broker or other system its work needs, would hold
its share for ever. It marks its row as failing, and after a lease's length of failures gives its
buckets up, if there is another worker that is not failing.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

import structlog

from clinic_events import metrics
from clinic_events.errors import Unavailable
from clinic_events.ports import Collection, Document

# Work stops this far before the lease does: the rest is for the write that is under way.
SAFE_SHARE: Final = 0.7
RENEWALS_PER_LEASE: Final = 3
# So many leases without a failure, and the next one counts as the first: longer than the longest
# pause between two failing tries, and the try.
FORGETS_AFTER: Final = 12
RELEASE_WITHIN: Final = timedelta(seconds=2)  # at the end of a process that has more to end
ASIDE_MOST: Final = 5  # doublings: with a lease of ten seconds it comes back after five minutes

log = structlog.get_logger()


class Leases:
    """The buckets of `name` that `owner` holds, out of `buckets`."""

    def __init__(
        self,
        collection: Collection,
        *,
        name: str,
        buckets: int,
        owner: str,
        lease: timedelta = timedelta(seconds=10),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rows = collection
        self._name = name
        self._ids = {f"{name}/{n}": n for n in range(buckets)}
        self._owner = owner
        self._lease = lease
        self._monotonic = monotonic
        self._prepared = False
        self._held: frozenset[int] = frozenset()
        self._renew_at = 0.0
        self._safe_until = 0.0
        self._changing = asyncio.Lock()  # held, given back, left to others: one after another
        self._failing_since: float | None = None
        self._failed_at = 0.0
        self._aside_until = 0.0
        self._look_again_at = 0.0
        self._times_aside = 0

    async def hold(self) -> frozenset[int]:
        """The buckets held now. Renews them, and takes or gives back some, when it is time to."""
        async with self._changing:
            if await self._stands_aside():
                return frozenset()
            if self._monotonic() >= min(self._renew_at, self._safe_until):
                await self._renew()
            return self._held

    @property
    def is_safe(self) -> bool:
        """Whether the leases last renewed still hold, by this machine's steady clock."""
        return self._monotonic() < self._safe_until

    @property
    def is_left_to_others(self) -> bool:
        """Whether the work is left to other workers for now: see `note_failure`."""
        return self._monotonic() < self._aside_until

    def note_success(self) -> None:
        """The work under these leases can be done here."""
        self._forget_failures()

    def _forget_failures(self) -> None:
        self._failing_since = None
        self._times_aside = 0

    async def note_failure(self) -> None:
        """A system the work needs did not answer. Where that goes on for as long as a lease and
        another worker lives, everything is given back and nothing taken for as long again; for
        twice as long each time after that, until work succeeds here."""
        async with self._changing:
            now, seconds = self._monotonic(), self._lease.total_seconds()
            self._count_failure(now)
            is_enough = self._has_failed_for_a_lease and now >= self._aside_until
            if is_enough and await self._leave_to_others():
                log.warning("leases_left_to_others", task=self._name)
                self._aside_until = now + seconds * 2**self._times_aside
                self._look_again_at = now + seconds
                self._times_aside = min(self._times_aside + 1, ASIDE_MOST)

    def _count_failure(self, now: float) -> None:
        last = max(self._failed_at, self._aside_until)
        if now - last > self._lease.total_seconds() * FORGETS_AFTER:
            self._forget_failures()
        if self._failing_since is None:
            self._failing_since = now
        self._failed_at = now

    @property
    def _has_failed_for_a_lease(self) -> bool:
        since = self._failing_since
        return since is not None and self._failed_at - since >= self._lease.total_seconds()

    async def _leave_to_others(self) -> bool:
        """Where several leave at once the last to look finds nobody else, and stays."""
        await self._rows.delete_one({"_id": self._member})
        self._renew_at = 0.0  # where it stays, it is a member again at once
        if not await self._others_that_can():
            return False
        await self._release()
        return True

    async def _stands_aside(self) -> bool:
        """Only while another worker can do the work: that is checked once a lease."""
        now = self._monotonic()
        if self._look_again_at <= now < self._aside_until:
            self._look_again_at = now + self._lease.total_seconds()
            if not await self._others_that_can():
                self._aside_until = now
        return now < self._aside_until

    async def release(self) -> None:
        """Give everything back at the end, so that another may take over at once. Where the
        database does not answer, they run out by themselves, and the process ends all the same."""
        try:
            async with asyncio.timeout(RELEASE_WITHIN.total_seconds()), self._changing:
                await self._release()
        except (Unavailable, TimeoutError) as error:
            log.warning("leases_not_released", task=self._name, error=type(error).__name__)
        finally:
            self._hold_nothing()

    async def _release(self) -> None:
        await self._rows.update_many(
            {"_id": {"$in": list(self._ids)}, "owner": self._owner}, _ends_now(owner=None)
        )
        await self._rows.delete_one({"_id": self._member})
        self._hold_nothing()

    def _hold_nothing(self) -> None:
        self._held = frozenset()
        metrics.LEASES.labels(self._name).set(0)
        self._renew_at = self._safe_until = 0.0

    @property
    def _member(self) -> str:
        return f"{self._name}/member/{self._owner}"

    async def _renew(self) -> None:
        await self._prepare()
        await self._rows.update_one(
            {"_id": self._member},
            self._extended({"member_of": self._name, "fails": self._has_failed_for_a_lease}),
            upsert=True,
        )
        share = await self._fair_share()
        # The leases begin in the database after this instant, by its clock: what came before was
        # waiting for a slow one, and takes nothing off them.
        began = self._monotonic()
        mine = await self._renewed()
        await self._give_back(mine[share:])
        if not mine:
            began = self._monotonic()
        taken = await self._take(share - len(mine))
        self._held = frozenset(self._ids[i] for i in [*mine[:share], *taken])
        metrics.LEASES.labels(self._name).set(len(self._held))
        seconds = self._lease.total_seconds()
        self._renew_at = began + seconds / RENEWALS_PER_LEASE
        self._safe_until = began + seconds * SAFE_SHARE

    async def _prepare(self) -> None:
        if self._prepared:
            return
        rows = await self._rows.find({"bucket_of": self._name}, fields=["_id"])
        there = {row["_id"] for row in rows}
        dead: Document = {"member_of": self._name, "$expr": {"$not": _LIVES}}
        await self._rows.delete_many(dead)  # each that was killed left one behind
        for row_id in [one for one in self._ids if one not in there]:
            fresh = {"$setOnInsert": {"owner": None, "until": None, "bucket_of": self._name}}
            await self._rows.update_one({"_id": row_id}, fresh, upsert=True)
        self._prepared = True

    async def _renewed(self) -> list[str]:
        mine: Document = {"_id": {"$in": list(self._ids)}, "owner": self._owner}
        await self._rows.update_many(mine, self._extended({}))
        return sorted(str(row["_id"]) for row in await self._rows.find(mine, fields=["_id"]))

    async def _fair_share(self) -> int:
        return -(-len(self._ids) // max(await self._alive(), 1))

    async def _alive(self) -> int:
        return await self._rows.count({"member_of": self._name, "$expr": _LIVES})

    async def _others_that_can(self) -> int:
        """How many other workers live and are not marked as failing."""
        others: Document = {"_id": {"$nin": [self._member]}, "fails": {"$nin": [True]}}
        return await self._rows.count(others | {"member_of": self._name, "$expr": _LIVES})

    async def _give_back(self, ids: Sequence[str]) -> None:
        if ids:
            await self._rows.update_many(
                {"_id": {"$in": list(ids)}, "owner": self._owner}, _ends_now(owner=None)
            )

    async def _take(self, wanted: int) -> list[str]:
        free: Document = {"bucket_of": self._name, "$expr": {"$not": _LIVES}}
        taken: list[str] = []
        while len(taken) < wanted:
            rows = await self._rows.find(free, limit=wanted - len(taken), fields=["_id"])
            if not rows:
                break
            chosen: Document = {"_id": {"$in": [row["_id"] for row in rows]}}
            await self._rows.update_many(free | chosen, self._extended({"owner": self._owner}))
            won = await self._rows.find(chosen | {"owner": self._owner}, fields=["_id"])
            taken += [str(row["_id"]) for row in won]  # the others are somebody else's by now
        return taken

    def _extended(self, fields: Document) -> list[Document]:
        milliseconds = int(self._lease.total_seconds() * 1000)
        until = {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": milliseconds}}
        return [{"$set": {**fields, "until": until}}]


# A missing or null date sorts below every date: never live.
_LIVES: Final[Document] = {"$gt": ["$until", "$$NOW"]}


def _ends_now(*, owner: str | None) -> list[Document]:
    return [{"$set": {"owner": owner, "until": "$$NOW"}}]
