"""The ports of sessions side by side: in memory, and over MongoDB."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from clinic_platform.mongo import Mongo
from clinic_platform.sealing import KeyRing
from clinic_platform.testing import NOON, InMemoryOutbox
from clinic_sessions.app import waiting_room
from clinic_sessions.domain.booking.visit import Visit
from clinic_sessions.domain.facts import Booked
from clinic_sessions.domain.session import Session
from clinic_sessions.ports import (
    Alarms,
    Calls,
    Holds,
    Locations,
    Notes,
    Plans,
    Readings,
    Sessions,
    Standings,
    WaitingRoom,
    Watches,
)
from clinic_sessions.store import (
    MongoAlarms,
    MongoCalls,
    MongoHolds,
    MongoLocations,
    MongoNotes,
    MongoPlans,
    MongoReadings,
    MongoSessions,
    MongoStandings,
    MongoWatches,
)
from tests.support.databases import connected
from tests.support.sessions_bookings import InMemoryHolds, InMemorySessions
from tests.support.sessions_seats import InMemorySeats
from tests.support.sessions_stores import (
    InMemoryLocations,
    InMemoryNotes,
    InMemoryPlans,
    InMemoryStandings,
)
from tests.support.waiting_stores import waiting_in_memory
from tests.support.watch_stores import (
    InMemoryAlarms,
    InMemoryCalls,
    InMemoryReadings,
    InMemoryWatches,
)

KINDS = ("in_memory", "motor", "pymongo")
KEYS = KeyRing({"2030a": bytes(range(32))})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    locations: Locations
    plans: Plans
    sessions: Sessions
    holds: Holds
    standings: Standings
    readings: Readings
    notes: Notes
    calls: Calls
    watches: Watches
    alarms: Alarms
    waiting: WaitingRoom
    outbox: InMemoryOutbox

    @property
    def published(self) -> list[str]:
        return [type(event).__name__ for event in self.outbox.published]


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
        notes=InMemoryNotes(),
        calls=InMemoryCalls(outbox),
        watches=InMemoryWatches(),
        alarms=InMemoryAlarms(outbox),
        waiting=waiting_in_memory(outbox),
        outbox=outbox,
    )


async def in_mongo(database: Mongo) -> Ports:
    outbox = InMemoryOutbox(database)
    locations = MongoLocations(database, outbox, lambda: NOON)
    plans = MongoPlans(database, outbox, lambda: NOON)
    sessions, readings = MongoSessions(database, outbox, lambda: NOON), MongoReadings(database)
    calls, alarms = MongoCalls(database, outbox), MongoAlarms(database, outbox)
    holds = MongoHolds(database)
    for part in (locations, plans, sessions, holds, readings, calls, alarms):
        await part.prepare()
    return Ports(
        locations=locations,
        plans=plans,
        sessions=sessions,
        holds=holds,
        standings=MongoStandings(database),
        readings=readings,
        notes=MongoNotes(database, KEYS),
        calls=calls,
        watches=MongoWatches(database),
        alarms=alarms,
        waiting=await waiting_room(database, outbox),
        outbox=outbox,
    )


@asynccontextmanager
async def the_ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    """Those that the fixture's parameter names: in memory, or in MongoDB by one of its drivers."""
    if request.param == "in_memory":
        yield in_memory()
        return
    url: str = request.getfixturevalue("mongo_url")
    async with connected(url, "sessions' ports", request.param) as database:
        yield await in_mongo(database)


def unbooked(number: int, *, location_id: str = "loc_sample") -> Session:
    return Session(
        id=f"ses_{number}",
        patient_id=f"pat_{number}",
        location_id=location_id,
        plan_id=f"pln_{number}",
        infusion_number=1,
    )


async def booked(ports: Ports, number: int, visit: Visit) -> Session:
    *things, who = visit.reservations
    who = replace(who, resource=f"pat_{number}")
    visit = replace(visit, reservations=(*things, who))
    return await ports.sessions.record(unbooked(number), Booked(visit))
