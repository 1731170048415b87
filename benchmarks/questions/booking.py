"""Booking: a visit chosen, checked, seated and announced, beside as many documents just written."""

import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from statistics import median
from typing import Any, Final

import bson
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern
from ulid import ULID

from benchmarks.clinic import a_client
from benchmarks.measure import Bar, Ground
from benchmarks.questions.slots import BY, FIRST, place
from benchmarks.service import a_database
from clinic_events.outbox import MongoOutbox
from clinic_platform.clock import utc_now
from clinic_platform.mongo import Mongo
from clinic_platform.promises import MongoPromises
from clinic_platform.testing import FixedClock, caller_of
from clinic_sessions.app import build
from tests.support.sessions import NOON, a_plan
from tests.support.sessions_ports import KEYS

UNIT: Final = "ms"
BOOKED: Final = 60
SLOT: Final = timedelta(minutes=5)
# What one booking writes: how many documents in each collection, and their size in bytes.
WRITTEN: Final = {
    "taken_slots": (57, 157),
    "plan_queues": (1, 31),
    "sessions": (1, 1_692),
    "outbox": (1, 808),
    "session_facts": (1, 2_708),
    "board_log": (1, 165),
}


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
        before = await stored(ground, database)

        async def book(number: int) -> None:
            day, turn = divmod(number // 5, 7)
            at = FIRST + day * timedelta(days=1) + turn * timedelta(hours=2)
            await database.transaction(
                lambda: handlers.book_session(BY, f"pln_{number}", starts_at=at)
            )

        took = await timed(book)
        only_so_much_is_written(before, await stored(ground, database))
        return took


async def stored(ground: Ground, database: Mongo) -> Counter[tuple[str, str]]:
    """How many documents each collection has, and how many bytes they are."""
    sums = {"_id": None, "rows": {"$sum": 1}, "bytes": {"$sum": {"$bsonSize": "$$ROOT"}}}
    found: Counter[tuple[str, str]] = Counter()
    async with a_client(ground) as client:
        for name in await client[database.name].list_collection_names():
            cursor = await client[database.name][name].aggregate([{"$group": sums}])
            for row in await cursor.to_list():
                found |= {(name, of): row[of] for of in ("rows", "bytes")}
    return found


def only_so_much_is_written(
    before: Counter[tuple[str, str]], after: Counter[tuple[str, str]]
) -> None:
    """The limit writes as many documents, and as large ones."""
    new = after - before
    assert {name for name, _ in new} == set(WRITTEN), "In the same collections."
    for name, (rows, size) in WRITTEN.items():
        assert new[name, "rows"] == BOOKED * rows, name
        assert abs(new[name, "bytes"] / new[name, "rows"] - size) < 0.03 * size, name


async def bare(ground: Ground) -> float:
    """The limit: the plain driver writes as many documents of that size in one transaction, into
    as many collections. Of the indexes there is only the one by which seats are given back."""
    name = f"bench_{ULID()}"
    async with a_client(ground) as client:
        database: Any = client[name]
        await database.taken_slots.create_index("by.of")

        async def write(number: int) -> None:
            async with client.start_session() as session:
                begun = await session.start_transaction(
                    read_concern=ReadConcern("snapshot"),
                    write_concern=WriteConcern(w="majority", j=True),
                )
                async with begun:
                    await database.taken_slots.insert_many(seats(number), session=session)
                    for name, (rows, size) in WRITTEN.items():
                        if rows == 1:
                            row = a_row(number, size)
                            await database[name].insert_one(row, session=session)

        for name in WRITTEN:
            await database[name].insert_one({"_id": "there"})
        try:
            return await timed(write)
        finally:
            await client.drop_database(name)


def seats(number: int) -> list[dict[str, Any]]:
    rows, _ = WRITTEN["taken_slots"]
    of = f"ses_{ULID()}"
    return [
        {
            "_id": {"resource": f"loc_sample/place/chair_{number:02}", "at": FIRST + turn * SLOT},
            "by": [{"of": of, "at_most": 1}],
            "there": 1,
            "room": 0,
        }
        for turn in range(rows)
    ]


def a_row(number: int, size: int) -> dict[str, Any]:
    """A document of so many bytes."""
    empty = {"_id": number, "rest": b""}
    return {"_id": number, "rest": bytes(size - len(bson.encode(empty)))}


async def timed(once: Any) -> float:
    took = []
    for number in range(BOOKED):
        began = time.perf_counter()
        await once(number)
        took.append((time.perf_counter() - began) * 1e3)
    return median(took)


CONTENDERS: Final = {"ours": ours, "bare": bare}
BARS: Final = (Bar("ours", "bare", at_most=2),)
