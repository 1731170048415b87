"""Engines with one fault each, of the kind that a careless change would make.

They reach into the parts they spoil, as a change of these would.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from clinic_events.dead_letters import MongoDeadLetters
from clinic_events.envelope import Event
from clinic_events.inbox import MongoInbox
from clinic_events.memory import MemoryConsumer
from clinic_events.outbox import BATCH, MongoOutbox, Relay, _message_in
from clinic_events.ports import Document
from clinic_platform.promises import MongoPromises, State
from tests.simulation.services import Parts


class DeletesFirst(Relay):
    """Takes the rows out before they are on their topic."""

    async def publish_waiting(self) -> int:
        held = await self._leases.hold()
        rows = await self._rows.find(
            {"bucket": {"$in": sorted(held)}}, sort=[("at", 1)], limit=BATCH, snapshot=True
        )
        await self._rows.delete_many({"_id": {"$in": [row["_id"] for row in rows]}})
        if rows:
            await self._publisher.publish([_message_in(row) for row in rows])
        return len(rows)


class NewestFirst(Relay):
    """Publishes what is waiting in no order that anybody gave it."""

    async def publish_waiting(self) -> int:
        held = await self._leases.hold()
        rows = await self._rows.find({"bucket": {"$in": sorted(held)}}, sort=[("at", -1)])
        if rows:
            await self._publisher.publish([_message_in(row) for row in rows])
            await self._rows.delete_many({"_id": {"$in": [row["_id"] for row in rows]}})
        return len(rows)


class AppendsAfterTheCommit(MongoOutbox):
    """Keeps an event only once the change is committed."""

    async def append(self, *events: Event, sequence: int) -> None:
        async def append() -> None:
            await MongoOutbox.append(self, *events, sequence=sequence)

        tasks: list[asyncio.Task[None]] = []
        self._database.after_commit(lambda: tasks.append(asyncio.create_task(append())))


class CommitsOnArrival(MemoryConsumer):
    """Commits what it was given, not what has ended."""

    async def _commit(self) -> None:
        await self._broker.commit(self._group, self._fetched)


class CommitsWhatItDropped(MemoryConsumer):
    """At its end commits whatever it had, as if what was dropped had ended."""

    async def _commit(self) -> None:
        if self._assignment.is_open:
            await super()._commit()
        else:
            await self._broker.commit(self._group, self._fetched)


class ForgetsWhatItHandled(MongoInbox):
    async def add(self, *event_ids: str) -> None:
        pass


class LeavesTheLaneOpen(MongoDeadLetters):
    """Parks, and lets later events of the key pass."""

    async def blocked(self, keys: Iterable[str]) -> set[str]:
        return set()


class EndsWithoutItsToken(MongoPromises):
    """Whoever comes last writes the end, whoever has the claim."""

    async def end(self, row: Document, state: State, reason: str | None, at: datetime) -> None:
        ended = {"state": state, "reason": reason, "ended_at": at, "token": None}
        await self._rows.update_one({"_id": row["_id"]}, {"$set": ended})


class ActsUnannounced(MongoPromises):
    """Does not note that an act outside has begun."""

    async def begin_act(self, row: Document) -> None:
        pass


PLANTED: Final[Mapping[str, Parts]] = {
    "delete before publishing": Parts(relay=DeletesFirst),
    "publish in any order": Parts(relay=NewestFirst),
    "append after the commit": Parts(outbox=AppendsAfterTheCommit),
    "commit offsets on arrival": Parts(consumer=CommitsOnArrival),
    "commit what was dropped": Parts(consumer=CommitsWhatItDropped),
    "no inbox row": Parts(inbox=ForgetsWhatItHandled),
    "park without closing the lane": Parts(dead_letters=LeavesTheLaneOpen),
    "end a promise without its token": Parts(promises=EndsWithoutItsToken),
    "act outside unannounced": Parts(promises=ActsUnannounced),
    "wait for a handler without end": Parts(handled_within=timedelta(days=1)),
}
