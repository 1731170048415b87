"""Promises: due ones handled, with 300,000 others waiting."""

import asyncio
import json
import subprocess
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from shutil import copyfile, which
from typing import Final

from ulid import ULID

from benchmarks.measure import Bar, CannotBeMeasured, Ground
from benchmarks.service import a_database
from clinic_events.leases import Leases
from clinic_platform.clock import utc_now
from clinic_platform.mongo import Mongo
from clinic_platform.promises import (
    Due,
    Ending,
    Kept,
    MongoPromises,
    Promise,
    PromiseKeeper,
    inside,
)
from clinic_platform.promises.store import BUCKETS

UNIT: Final = "promises/s"
WAITING: Final = 300_000
DUE: Final = 6_000
PEERS_DUE: Final = 1_000  # a slower peer shows its rate with fewer
AT_ONCE: Final = 16
RENEWED_WITHIN: Final = 4  # seconds: a third of a lease, and a little
GIVE_UP_AFTER: Final = 240
PEER: Final = Path(__file__).parents[1] / "peers/agenda/agenda.mjs"
PEER_INSTALLED: Final = Path(__file__).parents[2] / ".clinic/peers-node"


def a_promise(number: int, due_in: timedelta) -> Promise:
    due_at = utc_now() + due_in
    return Promise(
        key=f"bench/{number}",
        kind="note",
        about=f"ses_{number}",
        person=f"pat_{number % 1_000}",
        rule="plan@1/note",
        why="evt_bench",
        due_at=due_at,
        useful_until=due_at + timedelta(days=30),
    )


async def waiting(database: Mongo, due: int, others: int = WAITING) -> MongoPromises:
    """A store with so many that are due and so many that are not."""
    promises = MongoPromises(database, utc_now)
    await promises.prepare()
    made = [
        *(a_promise(number, timedelta(days=1, seconds=number)) for number in range(others)),
        *(a_promise(others + number, timedelta(minutes=-1)) for number in range(due)),
    ]
    for start in range(0, len(made), 5_000):
        await promises.plan(f"bench/{start}", 1, made[start : start + 5_000], reason="bench")
    return promises


async def kept_by(ground: Ground, workers: int) -> float:
    async with a_database(ground.mongo) as database:
        promises = await waiting(database, DUE)
        done = database.collection("done")
        await done.insert_one({"_id": "made"})

        async def note(due: Due) -> Ending:
            await done.insert_later([{"key": due.promise.key}])
            return Kept()

        rows = database.collection("leases")
        leases = [
            Leases(rows, name="p", buckets=BUCKETS, owner=f"worker_{n}") for n in range(workers)
        ]
        keepers = [
            PromiseKeeper(database, promises, {"note": inside(note)}, lease, utc_now)
            for lease in leases
        ]
        await each_has_its_share(leases)
        began = time.perf_counter()
        await asyncio.gather(*(until_nothing_is_due(keeper, promises) for keeper in keepers))
        took = time.perf_counter() - began
        assert await done.count({}) == DUE + 1, "Each is kept once."
        return DUE / took


async def each_has_its_share(leases: Sequence[Leases]) -> None:
    """As after a start: the first takes everything, and gives back when it renews."""
    for _ in range(2):
        held = [await lease.hold() for lease in leases]
        await asyncio.sleep(RENEWED_WITHIN)
    assert all(len(buckets) == BUCKETS // len(leases) for buckets in held)


async def until_nothing_is_due(keeper: PromiseKeeper, promises: MongoPromises) -> None:
    while await keeper.keep_due() or await promises.overdue():
        pass


async def one_worker(ground: Ground) -> float:
    return await kept_by(ground, 1)


async def four_workers(ground: Ground) -> float:
    return await kept_by(ground, 4)


async def one_by_one(ground: Ground) -> float:
    """The usual way: find one and claim it, do it, mark it; sixteen tasks at once."""
    async with a_database(ground.mongo) as database:
        await waiting(database, DUE)
        rows, done = database.collection("promises"), database.collection("done")
        await done.insert_one({"_id": "made"})

        async def work() -> None:
            due = {"state": "pending", "due_at": {"$lte": utc_now()}}
            while row := await rows.find_one_and_update(due, {"$set": {"state": "claimed"}}):
                await done.insert_one({"key": row["_id"]})
                await rows.update_one({"_id": row["_id"]}, {"$set": {"state": "kept"}})

        await rows.create_index([("state", 1), ("due_at", 1)])
        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        return DUE / (time.perf_counter() - began)


async def agenda(ground: Ground) -> float:
    """The scheduler most used with MongoDB, on the same database."""
    if not (PEER_INSTALLED / "node_modules").exists() or which("node") is None:
        raise CannotBeMeasured("`make bench` installs it, where there is npm.")
    copyfile(PEER, PEER_INSTALLED / PEER.name)  # it finds its packages from where it lies
    options = {
        "url": ground.mongo,
        "database": f"bench_{ULID()}",
        "due": PEERS_DUE,
        "waiting": WAITING,
    }
    peer = await asyncio.create_subprocess_exec(
        "node",
        PEER.name,
        json.dumps(options),
        cwd=PEER_INSTALLED,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(GIVE_UP_AFTER):
            out, _ = await peer.communicate()
    except TimeoutError:
        peer.kill()
        await peer.wait()
        raise CannotBeMeasured(f"It did not end within {GIVE_UP_AFTER} s.") from None
    if peer.returncode:
        raise CannotBeMeasured("It failed.")
    return float(out)


CONTENDERS: Final = {
    "1 worker": one_worker,
    "4 workers": four_workers,
    "one by one": one_by_one,
    "agenda": agenda,
}
BARS: Final = (
    Bar("1 worker", "one by one", at_least=8),
    Bar("4 workers", "one by one", at_least=8),
    Bar("1 worker", "agenda", at_least=8),
    Bar("4 workers", "agenda", at_least=8),
)
