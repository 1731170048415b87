"""The ports of sessions side by side: in memory, and over MongoDB."""

from dataclasses import dataclass

from clinic_platform.mongo import Mongo
from clinic_platform.testing import NOON, InMemoryOutbox
from clinic_sessions.ports import Calls, Locations, Plans, Readings, Sessions, Standings
from clinic_sessions.store import (
    MongoCalls,
    MongoLocations,
    MongoPlans,
    MongoReadings,
    MongoSessions,
    MongoStandings,
)
from tests.support.sessions_stores import (
    InMemoryCalls,
    InMemoryLocations,
    InMemoryPlans,
    InMemoryReadings,
    InMemorySessions,
    InMemoryStandings,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    locations: Locations
    plans: Plans
    sessions: Sessions
    standings: Standings
    readings: Readings
    calls: Calls
    outbox: InMemoryOutbox

    @property
    def said(self) -> list[str]:
        return [type(event).__name__ for event in self.outbox.said]


def in_memory() -> Ports:
    outbox = InMemoryOutbox()
    return Ports(
        locations=InMemoryLocations(outbox),
        plans=InMemoryPlans(outbox),
        sessions=InMemorySessions(outbox),
        standings=InMemoryStandings(),
        readings=InMemoryReadings(),
        calls=InMemoryCalls(outbox),
        outbox=outbox,
    )


async def in_mongo(database: Mongo) -> Ports:
    outbox = InMemoryOutbox()
    locations, plans = MongoLocations(database, outbox), MongoPlans(database, outbox)
    sessions, readings = MongoSessions(database, outbox, lambda: NOON), MongoReadings(database)
    calls = MongoCalls(database, outbox)
    for part in (locations, plans, sessions, readings, calls):
        await part.prepare()
    return Ports(
        locations=locations,
        plans=plans,
        sessions=sessions,
        standings=MongoStandings(database),
        readings=readings,
        calls=calls,
        outbox=outbox,
    )
