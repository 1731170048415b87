"""Slots: what is free in four weeks at a full location, beside reading what is busy and no more."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from datetime import time as clock
from statistics import median
from typing import Any, Final

from benchmarks.clinic import a_client
from benchmarks.measure import Bar, Contender, Ground
from benchmarks.service import a_database
from clinic_platform.mongo import Mongo
from clinic_platform.promises import MongoPromises
from clinic_platform.testing import FixedClock, InMemoryOutbox, caller_of
from clinic_sessions.app import build
from clinic_sessions.domain.booking.asks import asks_of
from clinic_sessions.domain.booking.seating import visit_of
from clinic_sessions.domain.facts import Booked
from clinic_sessions.domain.places.hours import Hours
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.places.resources import Chair
from clinic_sessions.domain.places.staff import Member
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers import Handlers
from clinic_sessions.store import documents
from tests.support.sessions import NOON, a_location, a_plan, a_protocol
from tests.support.sessions_ports import KEYS

UNIT: Final = "ms"
CHAIRS: Final = 10
PEOPLE: Final = 20
BOOKINGS: Final = 2_000
A_DAY: Final = 7  # and the next day's first 45 are of the fifth week
ASKED: Final = 15
WEEK: Final = timedelta(days=7)
PROTOCOL: Final = a_protocol()
FIRST: Final = datetime.fromisoformat("2030-01-08T06:00:00-06:00")
BY: Final = caller_of("front_desk", "loc_sample")


def place() -> Location:
    """Open long enough that so many visits find a chair: fifteen hours a day."""
    location = a_location(closed_on="nobody")
    hours = Hours(opens=clock(6), closes=clock(21))
    details = replace(
        location.details,
        hours=dict.fromkeys(location.details.hours, hours),
        chairs=tuple(Chair(name=f"chair_{n}", room="room_1") for n in range(CHAIRS)),
        staff=tuple(Member(name=f"nurse_{n}", roles=("nurse",)) for n in range(PEOPLE)),
    )
    return replace(location, details=details)


def bookings() -> list[dict[str, Any]]:
    """One after another in each chair, with somebody of their own: seven a day and chair."""
    location = place()
    asks = asks_of(PROTOCOL, location)
    rows = []
    for number in range(BOOKINGS):
        chair, turn = number % CHAIRS, number // CHAIRS
        starts_at = FIRST + turn // A_DAY * WEEK / 7 + turn % A_DAY * PROTOCOL.visit_lasts
        names = {"place": f"chair_{chair}", "person": f"nurse_{chair}"}
        chosen = [(ask, names[ask.kind], False) for ask in asks]
        visit = visit_of(PROTOCOL, f"pat_{number}", starts_at, chosen, None)
        session = Session(
            id=f"ses_{number}",
            patient_id=f"pat_{number}",
            location_id="loc_sample",
            plan_id=f"pln_{number}",
            infusion_number=1,
        )
        rows.append(documents.of_session(session.after(Booked(visit))))
    return rows


@asynccontextmanager
async def a_full_place(ground: Ground) -> AsyncIterator[tuple[Mongo, Handlers]]:
    async with a_database(ground.mongo) as database:
        handlers = await build(
            database,
            InMemoryOutbox(),
            MongoPromises(database, FixedClock(NOON)),
            KEYS,
            FixedClock(NOON),
        )
        details = place().details
        by = caller_of("location_admin", "loc_sample")
        await handlers.describe_location(by, "loc_sample", details, expected=None)
        await handlers.plans.open(replace(a_plan(), id="pln_mine", patient_id="pat_mine"))
        await database.collection("sessions").insert_many(bookings())
        yield database, handlers


def slots(weeks: int) -> Contender:
    async def measure(ground: Ground) -> float:
        async with a_full_place(ground) as (_, handlers):

            async def ask() -> None:
                until = FIRST + weeks * WEEK
                offers, _ = await handlers.list_slots(BY, "pln_mine", since=FIRST, until=until)
                assert len(offers) > weeks * 7 * 29, "Every half hour is answered."

            return await timed(ask)

    return measure


async def bare(ground: Ground) -> float:
    """The limit: the plain driver reads the same busy times, and looks at none of them."""
    async with a_full_place(ground) as (database, _), a_client(ground) as client:
        rows = client[database._database.name]["sessions"]

        async def read() -> None:
            where = {"location_id": "loc_sample", "starts_at": {"$gte": FIRST - WEEK / 7}}
            assert len(await rows.find(where, {"taken": 1}).to_list()) == BOOKINGS

        return await timed(read)


async def timed(ask: Any) -> float:
    """The median of some, in ms."""
    await ask()
    took = []
    for _ in range(ASKED):
        began = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - began) * 1e3)
    return median(took)


CONTENDERS: Final = {
    "four weeks": slots(4),
    "two weeks": slots(2),
    "one week": slots(1),
    "bare read": bare,
}
BARS: Final = (
    Bar("four weeks", "bare read", at_most=4),
    Bar("four weeks", "two weeks", at_most=2.2),
    Bar("two weeks", "one week", at_most=2.2),
)
