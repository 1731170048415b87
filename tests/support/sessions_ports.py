"""The ports of sessions side by side: in memory, and over MongoDB."""

from dataclasses import dataclass

from clinic_platform.mongo import Mongo
from clinic_platform.testing import NOON, InMemoryOutbox
from clinic_sessions.ports import Calls, Holds, Locations, Plans, Readings, Sessions, Standings
from clinic_sessions.store import (
    MongoCalls,
    MongoHolds,
    MongoLocations,
    MongoPlans,
    MongoReadings,
    MongoSessions,
    MongoStandings,
)
from tests.support.sessions_bookings import InMemoryHolds, InMemorySeats, InMemorySessions
from tests.support.sessions_stores import (
    InMemoryCalls,
    InMemoryLocations,
    InMemoryPlans,
    InMemoryReadings,
    InMemoryStandings,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    locations: Locations
    plans: Plans
    sessions: Sessions
    holds: Holds
    standings: Standings
    readings: Readings
    calls: Calls
    outbox: InMemoryOutbox

    @property
    def said(self) -> list[str]:
        return [type(event).__name__ for event in self.outbox.said]


def in_memory() -> Ports:
    outbox, seats = InMemoryOutbox(), InMemorySeats()
    holds = InMemoryHolds(seats)
    return Ports(
        locations=InMemoryLocations(outbox),
        plans=InMemoryPlans(outbox),
        sessions=InMemorySessions(outbox, seats, holds),
        holds=holds,
        standings=InMemoryStandings(),
        readings=InMemoryReadings(),
        calls=InMemoryCalls(outbox),
        outbox=outbox,
    )


async def in_mongo(database: Mongo) -> Ports:
    outbox = InMemoryOutbox(database)
    locations, plans = MongoLocations(database, outbox), MongoPlans(database, outbox)
    sessions, readings = MongoSessions(database, outbox, lambda: NOON), MongoReadings(database)
    calls, holds = MongoCalls(database, outbox), MongoHolds(database)
    for part in (locations, plans, sessions, holds, readings, calls):
        await part.prepare()
    return Ports(
        locations=locations,
        plans=plans,
        sessions=sessions,
        holds=holds,
        standings=MongoStandings(database),
        readings=readings,
        calls=calls,
        outbox=outbox,
    )
