"""Latency: from the answer to "complete" to the rows of both listeners, at fifty a second."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Mapping
from statistics import quantiles
from typing import Any, Final, TypeAlias

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from ulid import ULID

from benchmarks.clinic import a_client, a_clinic, forget_the_clinic, patients_who_may_leave
from benchmarks.measure import Bar, Ground
from clinic_ctl.demo.treatment import HOME
from clinic_ctl.stack.topics import provision
from clinic_events import SessionCompleted
from clinic_events.testing import example
from clinic_events.topics import Topic

UNIT: Final = "ms"
A_SECOND: Final = 50
WARM: Final = 100  # the first two seconds are not counted
MEASURED: Final = 500
LISTENERS: Final = ("notifications", "outcomes")
ROWS: Final = {"notifications": 6, "outcomes": 3}  # what a completed session is promised
SETTLED_WITHIN: Final = 30

Act: TypeAlias = Callable[[str], Coroutine[Any, Any, float]]

_last: dict[str, Mapping[int, float]] = {}


class Watch:
    """When the last listener had committed the first row about each session: the server's time."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[str, float]] = {}

    async def follow(self, database: Any, listener: str) -> None:
        inserts = [{"$match": {"operationType": "insert"}}]
        async with await database["promises"].watch(inserts) as stream:
            async for change in stream:
                about = change["fullDocument"]["about"]
                at = change["wallTime"].timestamp()
                self._seen.setdefault(about, {}).setdefault(listener, at)

    async def all_seen(self, sessions: Mapping[str, float]) -> dict[str, float]:
        """Seconds from each session's answer to the last listener's commit."""
        deadline = time.monotonic() + SETTLED_WITHIN
        while any(len(self._seen.get(one, ())) < len(LISTENERS) for one in sessions):
            assert time.monotonic() < deadline, "The listeners did not come to an end."
            await asyncio.sleep(0.1)
        return {one: max(self._seen[one].values()) - at for one, at in sessions.items()}


async def paced(sessions: list[str], act: Act) -> dict[str, float]:
    """Each begun at its time, whatever became of those before; what `act` answered, by session."""
    began, acting = time.monotonic(), []
    for number, session in enumerate(sessions):
        await asyncio.sleep(max(0.0, began + number / A_SECOND - time.monotonic()))
        acting.append(asyncio.create_task(act(session)))
    answered = await asyncio.gather(*acting)
    return dict(list(zip(sessions, answered, strict=True))[WARM:])


async def measured(
    name: str, ground: Ground, databases: Mapping[str, str], sessions: list[str], act: Act
) -> None:
    watch = Watch()
    async with a_client(ground) as client:
        following = [
            asyncio.create_task(watch.follow(client[database], listener))
            for listener, database in databases.items()
        ]
        await asyncio.sleep(1)  # so that they are there when it begins
        seconds = await watch.all_seen(await paced(sessions, act))
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
    parts = quantiles(seconds.values(), n=100)
    _last[name] = {50: parts[49] * 1000, 99: parts[98] * 1000}


async def ours(ground: Ground) -> float:
    """Four services as processes: a token, a command, events, two listeners."""
    with a_clinic(ground) as stack:
        place, sessions = await patients_who_may_leave(stack, ground, WARM + MEASURED)
        token = stack.issuer.mint("nurse", [place])
        async with httpx.AsyncClient(base_url=stack.url("sessions"), timeout=30) as client:

            async def complete(session: str) -> float:
                headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(ULID())}
                answer = await client.post(
                    f"/v1/sessions/{session}/complete", json=HOME, headers=headers
                )
                answer.raise_for_status()
                return time.time()

            databases = {name: name for name in LISTENERS}
            await measured("ours", ground, databases, sessions, complete)
    await forget_the_clinic(ground)
    return _last["ours"][99]


async def bare(ground: Ground) -> float:
    """The limit: produce, and two plain consumers that write as many rows in a transaction each."""
    topic = f"bench.{ULID()}"
    await provision(ground.kafka, [Topic(topic)])
    databases = {name: f"bench_{ULID()}" for name in LISTENERS}
    consumers = [
        asyncio.create_task(consume(ground, topic, databases[name], ROWS[name]))
        for name in LISTENERS
    ]
    producer = AIOKafkaProducer(bootstrap_servers=ground.kafka, acks="all", enable_idempotence=True)
    await producer.start()

    async def produce(session: str) -> float:
        event = example(SessionCompleted, session_id=session)
        at = time.time()
        await producer.send_and_wait(topic, event.model_dump_json().encode(), session.encode())
        return at

    sessions = [f"ses_{n}" for n in range(WARM + MEASURED)]
    await measured("bare", ground, databases, sessions, produce)
    await producer.stop()
    for task in consumers:
        task.cancel()
    await asyncio.gather(*consumers, return_exceptions=True)
    async with a_client(ground) as client:
        for name in databases.values():
            await client.drop_database(name)
    return _last["bare"][99]


async def consume(ground: Ground, topic: str, database: str, rows: int) -> None:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=ground.kafka,
        group_id=database,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    async with a_client(ground) as client:
        promises = client[database]["promises"]
        await promises.create_index("about")
        await consumer.start()
        try:
            async for record in consumer:
                about = json.loads(record.value)["session_id"]

                async def write(session: Any, about: str = about) -> None:
                    made = [{"about": about, "number": number} for number in range(rows)]
                    await promises.insert_many(made, session=session)

                async with client.start_session() as session:
                    await session.with_transaction(write)
        finally:
            await consumer.stop()


async def ours_median(_: Ground) -> float:
    return _last["ours"][50]


async def bare_median(_: Ground) -> float:
    return _last["bare"][50]


CONTENDERS: Final = {
    "ours, p99": ours,
    "ours, p50": ours_median,
    "bare, p99": bare,
    "bare, p50": bare_median,
}
BARS: Final = (
    Bar("ours, p99", "bare, p99", at_most=2.5),
    Bar("ours, p50", at_most=30),
)
