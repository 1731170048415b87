"""Booking: a visit chosen, checked, seated and announced, beside as many documents just written."""

import time
from dataclasses import replace
from datetime import timedelta
from statistics import median
from typing import Any, Final

from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern
from ulid import ULID

from benchmarks.clinic import a_client
from benchmarks.measure import Bar, Ground
from benchmarks.questions.slots import BY, FIRST, place
from benchmarks.service import a_database
from clinic_events.outbox import MongoOutbox
from clinic_platform.clock import utc_now
from clinic_platform.promises import MongoPromises
from clinic_platform.testing import FixedClock, caller_of
from clinic_sessions.app import build
from tests.support.sessions import NOON, a_plan
from tests.support.sessions_ports import KEYS

UNIT: Final = "ms"
BOOKED: Final = 60
# The visit's rows, its session, its event, and the row at which bookings of a plan queue.
DOCUMENTS: Final = 57 + 3


async def ours(ground: Ground) -> float:
    """One transaction each, of one patient after another, at a place with ten chairs."""
    async with a_database(ground.mongo) as database:
        outbox = MongoOutbox(database, source="bench", clock=utc_now)
        await outbox.prepare()
        handlers = await build(
            database, outbox, MongoPromises(database, FixedClock(NOON)), KEYS, FixedClock(NOON)
        )
        admin = caller_of("location_admin", "loc_sample")
        await handlers.describe_location(admin, "loc_sample", place().details, expected=None)
        for number in range(BOOKED):
            plan = replace(a_plan(), id=f"pln_{number}", patient_id=f"pat_{number}")
            await handlers.plans.open(plan)

        async def book(number: int) -> None:
            day, turn = divmod(number // 5, 7)
            at = FIRST + day * timedelta(days=1) + turn * timedelta(hours=2)
            await database.transaction(
                lambda: handlers.book_session(BY, f"pln_{number}", starts_at=at)
            )

        took = await timed(book)
        rows = await database.collection("taken_slots").count({})
        assert rows == BOOKED * (DOCUMENTS - 3), "As many rows as the limit writes."
        return took


async def bare(ground: Ground) -> float:
    """The limit: the plain driver writes as many documents of that size in one transaction."""
    name = f"bench_{ULID()}"
    async with a_client(ground) as client:
        database: Any = client[name]
        await database.seats.create_index("by.of")

        async def write(number: int) -> None:
            async with client.start_session() as session:
                begun = await session.start_transaction(
                    read_concern=ReadConcern("snapshot"),
                    write_concern=WriteConcern(w="majority", j=True),
                )
                async with begun:
                    seats = [
                        {
                            "_id": {"resource": f"loc_sample/place/chair_{number}", "at": at},
                            "by": [{"of": f"ses_{number}", "at_most": 1}],
                            "there": 1,
                            "room": 0,
                        }
                        for at in range(DOCUMENTS - 3)
                    ]
                    await database.seats.insert_many(seats, session=session)
                    for collection in ("sessions", "outbox", "queues"):
                        row = {"_id": number, "about": f"ses_{number}"}
                        await database[collection].insert_one(row, session=session)

        for collection in ("seats", "sessions", "outbox", "queues"):
            await database[collection].insert_one({"_id": "there"})
        try:
            return await timed(write)
        finally:
            await client.drop_database(name)


async def timed(once: Any) -> float:
    took = []
    for number in range(BOOKED):
        began = time.perf_counter()
        await once(number)
        took.append((time.perf_counter() - began) * 1e3)
    return median(took)


CONTENDERS: Final = {"ours": ours, "bare": bare}
BARS: Final = (Bar("ours", "bare", at_most=2),)
