"""Effects: inbox, an update and an event in turn, for each event, by a handler of single events."""

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from typing import Any, Final
from zlib import crc32

from bson import Timestamp
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import InsertOne, UpdateOne
from ulid import ULID

from benchmarks.measure import Bar, Ground
from benchmarks.service import IN_TURN, PATIENTS, a_service, messages, patient
from clinic_events.codec import Decoded, decode
from clinic_events.lanes import Assignment
from clinic_events.outbox import BUCKETS
from clinic_events.ports import Message
from clinic_events.testing import message_of
from clinic_events.workers import BATCH, WORKERS, Workers
from clinic_platform.clock import utc_now

UNIT: Final = "events/s"
EVENTS: Final = 4_000
AT_ONCE: Final = 16


async def ours(ground: Ground) -> float:
    """A service's work on what arrives."""
    async with a_service(ground.mongo) as service:
        workers: Workers[int] = Workers(service.delivery)
        assignment = Assignment([0])
        arriving = messages(EVENTS)
        workers.start()
        began = time.perf_counter()
        workers.put(assignment, 0, arriving, at=began)
        while assignment.outstanding:
            await workers.progress(within=1)
        seconds = time.perf_counter() - began
        await workers.stop()
    return EVENTS / seconds


def shared_by_key(count: int) -> list[list[Message]]:
    """The messages in `count` shares: those of one key in one of them, in their order."""
    shares: list[list[Message]] = [[] for _ in range(count)]
    for message in messages(EVENTS):
        shares[crc32(message.key or b"") % count].append(message)
    return shares


async def one_by_one(ground: Ground) -> float:
    """The same handler, one transaction for each event, sixteen lanes at once."""
    async with a_service(ground.mongo) as service:
        lanes = shared_by_key(AT_ONCE)

        async def work(lane: list[Message]) -> None:
            for message in lane:
                await service.delivery.deliver(message)

        began = time.perf_counter()
        await asyncio.gather(*map(work, lanes))
        return EVENTS / (time.perf_counter() - began)


def row_of(message: Message) -> dict[str, object]:
    """A row of the outbox, as the relay needs it."""
    return {
        "_id": message.headers["ce_id"].decode(),
        "bucket": crc32(message.key or b"") % BUCKETS,
        "topic": message.topic,
        "key": message.key,
        "value": message.value,
        "headers": dict(message.headers),
        "at": Timestamp(0, 0),
    }


async def write(database: Any, events: Sequence[Decoded], session: Any) -> None:
    """The same documents as ours. What was handled before is refused as a duplicate, at the end."""
    ids = [{"group": "bench", "event": event.id} for event in events]
    keys = [event.key for event in events]
    in_turn = [
        message_of(IN_TURN.model_copy(update={"patient_id": key}), event_id=f"evt_{ULID()}")
        for key in keys
    ]
    updates = [UpdateOne({"_id": key}, {"$inc": {"sessions": 1}}) for key in keys]
    await database.aggregates.bulk_write(updates, session=session)
    rows = [InsertOne(row_of(message)) for message in in_turn]
    await database.outbox.bulk_write(rows, session=session)
    handled = [{"_id": one, "heard_at": utc_now()} for one in ids]
    await database.inbox.insert_many(handled, session=session)


async def by_hand(ground: Ground) -> float:
    """The limit: batches written for this one purpose, on the driver, four transactions at once.

    Each of the four has keys of its own: were a batch taken by whoever is free, one that is tried
    again after a conflict could be overtaken by a later one of the same key.
    """
    client: Any = AsyncIOMotorClient(ground.mongo, w="majority", journal=True)
    database = client[f"bench_{ULID()}"]
    await database.inbox.create_index([("heard_at", 1)])
    await database.outbox.create_index([("bucket", 1), ("at", 1)])
    await database.aggregates.insert_many([{"_id": patient(n)} for n in range(PATIENTS)])
    shares = shared_by_key(WORKERS)

    async def work(share: Sequence[Message]) -> None:
        for n in range(0, len(share), BATCH):
            events = [decode(message) for message in share[n : n + BATCH]]
            async with await client.start_session() as session:
                await session.with_transaction(partial(write, database, events))

    began = time.perf_counter()
    await asyncio.gather(*map(work, shares))
    seconds = time.perf_counter() - began
    await client.drop_database(database.name)
    client.close()
    return EVENTS / seconds


CONTENDERS: Final = {"ours": ours, "one by one": one_by_one, "by hand": by_hand}
BARS: Final = (
    Bar("ours", "one by one", at_least=8),
    Bar("ours", "by hand", at_least=0.7),
)
