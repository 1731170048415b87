"""The ports of sessions side by side: in memory, and over MongoDB."""

from dataclasses import dataclass

from clinic_platform.mongo import Mongo
from clinic_platform.testing import InMemoryOutbox
from clinic_sessions.ports import (
    Alarms,
    Calls,
    Locations,
    Plans,
    Readings,
    Sessions,
    Standings,
    Watches,
)
from clinic_sessions.store import (
    MongoAlarms,
    MongoCalls,
    MongoLocations,
    MongoPlans,
    MongoReadings,
    MongoSessions,
    MongoStandings,
    MongoWatches,
)
from tests.support.sessions_stores import (
    InMemoryLocations,
    InMemoryPlans,
    InMemorySessions,
    InMemoryStandings,
)
from tests.support.watch_stores import (
    InMemoryAlarms,
    InMemoryCalls,
    InMemoryReadings,
    InMemoryWatches,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    locations: Locations
    plans: Plans
    sessions: Sessions
    standings: Standings
    readings: Readings
    calls: Calls
    watches: Watches
    alarms: Alarms
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
        watches=InMemoryWatches(),
        alarms=InMemoryAlarms(outbox),
        outbox=outbox,
    )


async def in_mongo(database: Mongo) -> Ports:
    outbox = InMemoryOutbox()
    locations, plans = MongoLocations(database, outbox), MongoPlans(database, outbox)
    sessions, readings = MongoSessions(database, outbox), MongoReadings(database)
    calls, alarms = MongoCalls(database, outbox), MongoAlarms(database, outbox)
    for part in (locations, plans, sessions, readings, calls, alarms):
        await part.prepare()
    return Ports(
        locations=locations,
        plans=plans,
        sessions=sessions,
        standings=MongoStandings(database),
        readings=readings,
        calls=calls,
        watches=MongoWatches(database),
        alarms=alarms,
        outbox=outbox,
    )
