"""A process that does one thing for long and prints how much memory it holds, early and late.

python -m benchmarks.growing events
python -m benchmarks.growing idle <database url>
"""

import json
import sys
from pathlib import Path
from typing import Final

import uvloop

from benchmarks.service import a_database, messages, without_database
from clinic_events import SessionCompleted
from clinic_events.lanes import Assignment
from clinic_events.leases import Leases
from clinic_events.memory import MemoryBroker
from clinic_events.outbox import BUCKETS as OUTBOX_BUCKETS
from clinic_events.outbox import MongoOutbox, Relay
from clinic_events.ports import Message
from clinic_events.workers import Workers
from clinic_platform.clock import utc_now
from clinic_platform.promises import MongoPromises, PromiseKeeper
from clinic_platform.promises.store import BUCKETS as PROMISE_BUCKETS

EARLY: Final = 50_000
LATE: Final = 2_000_000
CHUNK: Final = 10_000
# Twelve hours, of which the relay looks twice in a second and the keeper once.
SECONDS: Final = 12 * 3600
EARLY_SECONDS: Final = 600


def resident() -> int:
    """KiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


async def events() -> tuple[int, int]:
    """Each event with an id, a key and an offset of its own."""
    early = 0

    async def ignore(_: SessionCompleted) -> None:
        return None

    workers: Workers[int] = Workers(without_database(ignore))
    assignment = Assignment([0])
    workers.start()
    for start in range(0, LATE, CHUNK):
        arriving = [numbered(m, number) for number, m in enumerate(messages(CHUNK), start)]
        workers.put(assignment, 0, arriving, at=0.0)
        while assignment.outstanding:
            await workers.progress(within=1)
        assignment.committed(assignment.to_commit())
        if start + CHUNK == EARLY:
            early = resident()
    await workers.stop()
    return early, resident()


def numbered(message: Message, number: int) -> Message:
    headers = {**message.headers, "ce_id": f"evt_{number}".encode()}
    return message._replace(headers=headers, offset=number)


async def idle(url: str) -> tuple[int, int]:
    """A relay and a keeper that look and find nothing, on a real database."""
    early = 0
    async with a_database(url) as database:
        outbox = MongoOutbox(database, source="bench", clock=utc_now)
        promises = MongoPromises(database, utc_now)
        await outbox.prepare()
        await promises.prepare()
        rows = database.collection("leases")
        of_outbox = Leases(rows, name="outbox", buckets=OUTBOX_BUCKETS, owner="bench")
        of_promises = Leases(rows, name="promises", buckets=PROMISE_BUCKETS, owner="bench")
        relay = Relay(database, MemoryBroker(), of_outbox)
        keeper = PromiseKeeper(database, promises, {}, of_promises, utc_now)
        for second in range(SECONDS):
            await relay.publish_waiting()
            await relay.publish_waiting()
            await keeper.keep_due()
            if second == EARLY_SECONDS:
                early = resident()
    return early, resident()


def main() -> None:
    what, *rest = sys.argv[1:]

    async def printed() -> None:
        print(json.dumps(await (events() if what == "events" else idle(*rest))))

    uvloop.run(printed())


if __name__ == "__main__":
    main()
