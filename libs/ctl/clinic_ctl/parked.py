"""What an operator may do with events that were set aside: look, ask again, give up. Audited."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from clinic_events.dead_letters import MongoDeadLetters
from clinic_events.ports import Parked, Which
from clinic_platform.audit import Audit, AuditOutcome, Entry
from clinic_platform.clock import utc_now
from clinic_platform.ids import new_id
from clinic_platform.mongo import Mongo


@dataclass(frozen=True, slots=True)
class Operator:
    """Who does it and why, in their own words. Both are kept in the service's audit."""

    name: str
    why: str


class ParkedEvents:
    """Those of one service, in its database."""

    def __init__(self, database: Mongo, service: str) -> None:
        self._database = database
        self._letters = MongoDeadLetters(database, group=service, clock=utc_now)
        self._audit = Audit(database.collection("audit"))

    async def list(self, which: Which, *, limit: int) -> list[Parked]:
        return await self._letters.list(which, limit=limit)

    async def get(self, event_id: str) -> Parked:
        """Raises NotParked."""
        return await self._letters.get(event_id)

    async def read(self, event_id: str, by: Operator) -> Parked:
        """To see its body, which is about a patient: noted before it is shown. Raises NotParked."""
        parked = await self.get(event_id)
        await self._note("read_parked_event", event_id, by, AuditOutcome.READ)
        return parked

    async def keys(self, which: Which, *, limit: int) -> dict[str, int]:
        """The keys that have such an event, and how many of its events would be handled again."""
        return await self._letters.keys(which, limit=limit)

    async def redrive(self, key: str, by: Operator) -> bool:
        """Have the service handle the key's events again, in order. False when none are left."""

        async def asked() -> bool:
            if not await self._letters.redrive(key):
                return False
            await self._note("redrive_parked_events", key, by)
            return True

        return await self._database.transaction(asked)

    async def in_turn(self, event_id: str, *, out_of_turn: bool) -> Parked:
        """What `discard` would give up. Raises NotParked, NotFirst."""
        return await self._letters.in_turn(event_id, out_of_turn=out_of_turn)

    async def discard(self, event_id: str, by: Operator, *, out_of_turn: bool) -> Parked:
        """Give it up for good. Raises NotParked, NotFirst."""

        async def given_up() -> Parked:
            parked = await self._letters.discard(event_id, out_of_turn=out_of_turn)
            await self._note("discard_parked_event", event_id, by)
            return parked

        return await self._database.transaction(given_up)

    async def _note(
        self, action: str, about: str, by: Operator, outcome: AuditOutcome = AuditOutcome.DONE
    ) -> None:
        await self._audit.record(
            Entry(
                id=new_id("aud"),
                at=utc_now(),
                actor=by.name,
                roles=("operator",),
                action=action,
                outcome=outcome,
                object_id=about,
                location_id=None,
                reason=by.why,
                request_id=new_id("req"),
            )
        )


@asynccontextmanager
async def parked_events(url: str, service: str) -> AsyncIterator[ParkedEvents]:
    database = await Mongo.connect(url, database=service)
    try:
        yield ParkedEvents(database, service)
    finally:
        await database.close()
