"""Promises in MongoDB: planning them, claiming what is due, ending them by the claim's token.

Due times follow the business clock; how long a claim lasts follows the database's own, so that a
moved clock neither loosens nor doubles one.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import uuid4
from zlib import crc32

import structlog

from clinic_events.ports import Database, Document
from clinic_platform import metrics
from clinic_platform.clock import Clock
from clinic_platform.promises.model import Promise, PromiseRow, State

BUCKETS: Final = 16
# A claim outlives the lease of its bucket (10 s), and no more: what a worker that was killed had
# claimed and not begun waits that long. Nobody else can have begun it: that needs its token.
CLAIM_FOR: Final = timedelta(seconds=15)
ACT_FOR: Final = timedelta(seconds=24)  # anew, once an act outside begins, which may be slow
CLAIM_AT_MOST: Final = 200
PENDING: Final[Document] = {"state": State.PENDING}

_FREE: Final[Document] = {"$lte": ["$claimed_until", "$$NOW"]}  # null sorts below every date


log = structlog.get_logger()


class LostClaim(Exception):
    """The promise was moved, withdrawn or claimed by another meanwhile: this attempt is void."""


class MongoPromises:
    """The port `Promises`, in the collections `promises` and `promise_plans`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._rows = database.collection("promises")
        self._plans = database.collection("promise_plans")
        self._clock = clock
        self.on_due: Callable[[], None] | None = None

    async def prepare(self) -> None:
        """Create the indexes. Those for claims hold only what is pending, however much ended. The
        second passes by a kind of which none is claimed, however much of it is due."""
        await self._rows.create_index([("bucket", 1), ("due_at", 1)], partial=PENDING)
        by_kind = [("kind", 1), ("bucket", 1), ("due_at", 1)]
        await self._rows.create_index(by_kind, partial=PENDING)
        await self._rows.create_index([("about", 1)])
        await self._rows.create_index([("person", 1), ("due_at", 1)])

    async def plan(
        self, about: str, version: int, promises: Sequence[Promise], *, reason: str
    ) -> bool:
        return await self._database.transaction(
            lambda: self._plan(about, version, promises, reason)
        )

    async def make(self, *promises: Promise) -> int:
        wanted = {promise.key: promise for promise in promises}

        async def once() -> int:  # of two that make one at once, the later one runs again
            known = await self._known({"_id": {"$in": list(wanted)}})
            return await self._add([wanted[key] for key in wanted if key not in known])

        return await self._database.transaction(once)

    async def withdraw(self, *keys: str, reason: str) -> None:
        await self._withdraw({"_id": {"$in": list(keys)}}, reason)

    async def of_person(self, person: str, *, until: datetime | None = None) -> list[PromiseRow]:
        where: Document = {"person": person}
        if until is not None:
            where["due_at"] = {"$lte": until}
        return [_row(found) for found in await self._rows.find(where, sort=[("due_at", 1)])]

    async def overdue(self) -> int:
        return await self._rows.count({**_IN_ALL_BUCKETS, "due_at": {"$lte": self._clock()}})

    async def next_due_at(self) -> datetime | None:
        found = await self._rows.find(
            _IN_ALL_BUCKETS, sort=[("due_at", 1)], limit=1, fields=["due_at"]
        )
        return found[0]["due_at"] if found else None

    async def claim(
        self,
        buckets: Iterable[int],
        *,
        but_not: Collection[str] = (),
        not_again: Collection[str] = (),
        not_about: Collection[str] = (),
    ) -> list[Document]:
        """Claim what is due and free, oldest first, under a fresh token of these rows alone.

        No more than `CLAIM_AT_MOST`, none of the kinds in `but_not`, none of those in `not_again`
        that has failed before, and nothing `not_about`.
        """
        again: Document = {"kind": {"$in": list(not_again)}, "attempts": {"$gt": 0}}
        due = {
            **PENDING,
            "bucket": {"$in": sorted(buckets)},
            "due_at": {"$lte": self._clock()},
            "$expr": _FREE,
            **({"kind": {"$nin": list(but_not)}} if but_not else {}),
            **({"$nor": [again]} if not_again else {}),
            **({"about": {"$nin": list(not_about)}} if not_about else {}),
        }
        found = await self._rows.find(
            due, sort=[("due_at", 1)], limit=CLAIM_AT_MOST, fields=["_id"]
        )
        if not found:
            return []
        token = uuid4().hex
        chosen: Document = {"_id": {"$in": [row["_id"] for row in found]}}
        claimed = {"token": token, **_claimed_for(CLAIM_FOR)}
        # In one commit, which is half the database's work of a commit for each row.
        await self._database.transaction(
            lambda: self._rows.update_many({**due, **chosen}, [{"$set": claimed}])
        )
        return await self._rows.find({**chosen, "token": token}, sort=[("due_at", 1)])

    async def release(self, rows: Sequence[Document]) -> None:
        """Give back what was claimed and not tried."""
        ids = [row["_id"] for row in rows]
        where = {"_id": {"$in": ids}, "token": rows[0]["token"], **PENDING}
        await self._rows.update_many(where, {"$set": _UNCLAIMED})

    async def begin_act(self, row: Document) -> None:
        """Note, before an act outside, that it may happen from here on. LostClaim when not ours."""
        await self._by_token(row, [{"$set": {"acting": True, **_claimed_for(ACT_FOR)}}])

    async def end(self, row: Document, state: State, reason: str | None, at: datetime) -> None:
        """In the act's transaction. LostClaim, which undoes it, when the claim is not ours."""
        ended = {"state": state, "reason": reason, "ended_at": at, "token": None}
        change = {"$set": ended, "$inc": {"attempts": 1}}
        await self._rows.update_later(_own(row), change, otherwise=LostClaim())
        ended_so = metrics.PROMISES_ENDED.labels(row["kind"], state)
        self._database.after_commit(ended_so.inc)

    async def put_off(self, row: Document, until: datetime, reason: str) -> None:
        # What an earlier attempt may have done outside stays noted; this one did nothing.
        later = {"due_at": until, "reason": reason, "acting": row["acting"]}
        change = {"$set": {**later, **_UNCLAIMED}}
        await self._rows.update_later(_own(row), change, otherwise=LostClaim())

    async def failed(self, row: Document, error: str, pause: timedelta) -> None:
        """Let it be claimed again after `pause`. What may have happened outside stays noted."""
        failure = {"token": None, "last_error": error, "attempts": {"$add": ["$attempts", 1]}}
        await self._rows.update_one(_own(row), [{"$set": {**failure, **_claimed_for(pause)}}])

    async def _plan(
        self, about: str, version: int, promises: Sequence[Promise], reason: str
    ) -> bool:
        # Asked and written in one, so that two plans of one thing cannot pass each other unseen.
        planned = await self._plans.find_one_and_update(
            {"_id": about}, {"$max": {"version": version}}, upsert=True, before=True
        )
        if planned is not None and planned["version"] >= version:
            return False
        wanted = {promise.key: promise for promise in promises}
        known = set() if planned is None else await self._plan_anew(about, wanted, reason)
        await self._add([wanted[key] for key in wanted if key not in known])
        self._wake_if_due(promises)
        return True

    async def _plan_anew(self, about: str, wanted: Mapping[str, Promise], reason: str) -> set[str]:
        """The keys that are there already: those still wanted are moved, the others withdrawn."""
        rows = await self._rows.find({"about": about}, fields=["_id", "state"])
        known = {row["_id"] for row in rows}
        for key in known & wanted.keys():
            await self._move_if_other(wanted[key])
        if known - wanted.keys():
            await self._withdraw({"about": about, "_id": {"$nin": list(wanted)}}, reason)
        self._note_ended(wanted, {row["_id"]: State(row["state"]) for row in rows})
        return known

    def _note_ended(self, wanted: Mapping[str, Promise], states: Mapping[str, State]) -> None:
        """A kept one that is planned again was done. One that was to be done again, and has a key
        that an earlier one had, would be missed in silence: it is counted, and logged."""
        ended = [(wanted[key], state) for key, state in states.items() if key in wanted]
        if ended := [(one, state) for one, state in ended if state is not State.PENDING]:
            self._database.after_commit(partial(_count_ended, ended))

    async def _known(self, where: Document) -> set[str]:
        return {row["_id"] for row in await self._rows.find(where, fields=["_id"])}

    async def _add(self, new: Sequence[Promise]) -> int:
        if new:
            await self._rows.insert_later([_document(one, self._clock()) for one in new])
        self._wake_if_due(new)
        return len(new)

    def _wake_if_due(self, promises: Iterable[Promise]) -> None:
        """Once committed. Only a hint: a keeper in this process need not wait for its next look."""
        now = self._clock()
        if self.on_due is not None and any(promise.due_at <= now for promise in promises):
            self._database.after_commit(self.on_due)

    async def _move_if_other(self, promise: Promise) -> None:
        """To what is planned now, if it is pending. A claim under way loses it, and reads it
        afresh: so what is planned just as before stays, or its letter would go out twice."""
        planned = _planned(promise)
        moved = {**planned, "due_at": promise.due_at, "why": promise.why, **_UNCLAIMED}
        other = {"_id": promise.key, **PENDING, "$nor": [planned]}
        await self._rows.update_one(other, {"$set": moved})

    async def _withdraw(self, where: Document, reason: str) -> None:
        ended = {"state": State.WITHDRAWN, "reason": reason, "ended_at": self._clock()}
        await self._rows.update_many_later({**where, **PENDING}, {"$set": {**ended, "token": None}})

    async def _by_token(self, row: Document, change: Document | list[Document]) -> None:
        if not await self._rows.update_one(_own(row), change):
            raise LostClaim


def _count_ended(ended: Sequence[tuple[Promise, State]]) -> None:
    for promise, state in ended:
        metrics.PROMISES_ENDED_BEFORE.labels(promise.kind, state).inc()
        log.info("promise_ended_before", promise=promise.key, reason=state)


# Named one by one, the index gives what is due without looking at what is not.
_IN_ALL_BUCKETS: Final[Document] = {**PENDING, "bucket": {"$in": list(range(BUCKETS))}}
_UNCLAIMED: Final[Document] = {"token": None, "claimed_until": None}


def _own(row: Document) -> Document:
    return {"_id": row["_id"], "token": row["token"], **PENDING}


def _claimed_for(time: timedelta) -> Document:
    milliseconds = int(time.total_seconds() * 1000)
    until = {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": milliseconds}}
    return {"claimed_until": until}


def _document(promise: Promise, now: datetime) -> Document:
    return {
        "_id": promise.key,
        # Rows of one `about` share a bucket, so that one worker keeps them in their order.
        "bucket": crc32(promise.about.encode()) % BUCKETS,
        "kind": promise.kind,
        "about": promise.about,
        "person": promise.person,
        "why": promise.why,
        "due_at": promise.due_at,
        **_planned(promise),
        "state": State.PENDING,
        "reason": None,
        "attempts": 0,
        "acting": False,
        "made_at": now,
        "ended_at": None,
        **_UNCLAIMED,
    }


def _planned(promise: Promise) -> Document:
    """The part a plan determines. `due_at` may be put off later; `planned_for` is not."""
    return {
        "planned_for": promise.due_at,
        "useful_until": promise.useful_until,
        "rule": promise.rule,
        "facts": dict(promise.facts),
    }


def promise_in(row: Document) -> Promise:
    return Promise(
        key=row["_id"],
        kind=row["kind"],
        about=row["about"],
        person=row["person"],
        rule=row["rule"],
        why=row["why"],
        due_at=row["due_at"],
        useful_until=row["useful_until"],
        facts=row["facts"],
    )


def _row(row: Document) -> PromiseRow:
    promise = promise_in(row)
    return PromiseRow(
        **{name: getattr(promise, name) for name in Promise.__slots__},
        state=State(row["state"]),
        reason=row["reason"],
        attempts=row["attempts"],
        ended_at=row["ended_at"],
    )
