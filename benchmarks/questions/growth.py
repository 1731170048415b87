"""Growth: what a claim and a relay's batch cost when a hundred times as much is waiting."""

import time
from collections.abc import Sequence
from typing import Final

from benchmarks.measure import Bar, Contender, Ground
from benchmarks.questions.promises import waiting
from benchmarks.service import IN_TURN, a_database, patient
from clinic_events.leases import Leases
from clinic_events.outbox import BUCKETS, MongoOutbox, Relay
from clinic_events.ports import Message
from clinic_platform.clock import utc_now
from clinic_platform.promises.store import BUCKETS as PROMISE_BUCKETS

UNIT: Final = "µs a row"
SIZES: Final = {"10k": 10_000, "100k": 100_000, "1M": 1_000_000}
TURNS: Final = 20


def claim(size: int) -> Contender:
    async def measure(ground: Ground) -> float:
        async with a_database(ground.mongo) as database:
            promises = await waiting(database, TURNS * 200, size)
            began, claimed = time.perf_counter(), 0
            for _ in range(TURNS):
                claimed += len(await promises.claim(range(PROMISE_BUCKETS)))
            return (time.perf_counter() - began) / claimed * 1e6

    return measure


class Nowhere:
    """A broker that takes everything at once: what is left is the database's share."""

    async def publish(self, messages: Sequence[Message]) -> None:
        return None


def relay(size: int) -> Contender:
    async def measure(ground: Ground) -> float:
        async with a_database(ground.mongo) as database:
            outbox = MongoOutbox(database, source="bench", clock=utc_now)
            await outbox.prepare()
            for start in range(0, size, 2_000):

                async def append(start: int = start) -> None:
                    for number in range(start, start + 2_000):
                        event = IN_TURN.model_copy(update={"patient_id": patient(number)})
                        await outbox.append(event, sequence=number + 1)

                await database.transaction(append)
            rows = database.collection("leases")
            leases = Leases(rows, name="b", buckets=BUCKETS, owner="bench")
            relaying = Relay(database, Nowhere(), leases)
            await leases.hold()
            began, published = time.perf_counter(), 0
            for _ in range(TURNS):
                published += await relaying.publish_waiting()
            return (time.perf_counter() - began) / published * 1e6

    return measure


CONTENDERS: Final = {
    **{f"claim, {name}": claim(size) for name, size in SIZES.items()},
    **{f"relay, {name}": relay(size) for name, size in SIZES.items()},
}
BARS: Final = tuple(
    Bar(f"{what}, {name}", f"{what}, 10k", at_most=1.2)
    for what in ("claim", "relay")
    for name in ("100k", "1M")
)
