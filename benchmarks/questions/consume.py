"""Consume: from the broker to a handler that does nothing, decoded, in order, offsets committed."""

import asyncio
import json
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaConsumer
from ulid import ULID

from benchmarks.measure import Bar, CannotBeMeasured, Ground
from benchmarks.service import messages, without_database
from clinic_ctl.stack.topics import provision
from clinic_events import SessionCompleted
from clinic_events.kafka import KafkaConsumer, KafkaPublisher
from clinic_events.ports import Message
from clinic_events.topics import Topic

UNIT: Final = "events/s"
EVENTS: Final = 50_000
PARTITIONS: Final = 6
FIRST: Final = 500  # whoever has handled so many is under way: from here on it is measured
PEERS: Final = Path(__file__).parents[1] / "peers"
PEERS_PYTHON: Final = Path(__file__).parents[2] / ".clinic/peers/bin/python"

_topics: dict[str, str] = {}


async def the_topic(ground: Ground) -> str:
    """One topic for all, filled once."""
    if ground.kafka not in _topics:
        topic = f"bench.{ULID()}"
        await provision(ground.kafka, [Topic(topic, partitions=PARTITIONS)])
        publisher = KafkaPublisher(ground.kafka, security={})
        arriving = messages(EVENTS)
        for start in range(0, EVENTS, 1_000):
            await publisher.publish([on(topic, m) for m in arriving[start : start + 1_000]])
        await publisher.close()
        _topics[ground.kafka] = topic
    return _topics[ground.kafka]


def on(topic: str, message: Message) -> Message:
    return message._replace(topic=topic)


class Meter:
    """The rate between the first events and the last."""

    def __init__(self) -> None:
        self.count = 0
        self.began = 0.0
        self.done = asyncio.Event()

    def tick(self) -> None:
        self.count += 1
        if self.count == FIRST:
            self.began = time.perf_counter()
        elif self.count == EVENTS:
            self.seconds = time.perf_counter() - self.began
            self.done.set()

    @property
    def rate(self) -> float:
        return (EVENTS - FIRST) / self.seconds


async def ours(ground: Ground) -> float:
    """Everything but the database: lanes, batches, inbox and offsets as in a service."""
    topic, meter = await the_topic(ground), Meter()

    async def handle(_: SessionCompleted) -> None:
        meter.tick()

    consumer = KafkaConsumer(
        without_database(handle),
        bootstrap_servers=ground.kafka,
        group=f"bench.{ULID()}",
        topics=[topic],
        security={},
    )
    running = asyncio.create_task(consumer.run())
    await meter.done.wait()
    running.cancel()
    await asyncio.wait([running])
    return meter.rate


async def bare(ground: Ground) -> float:
    """The limit: the driver's own batches and the same model, without order, retries or offsets."""
    topic, meter = await the_topic(ground), Meter()
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=ground.kafka,
        group_id=f"bench.{ULID()}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    while not meter.done.is_set():
        for records in (await consumer.getmany(timeout_ms=250, max_records=500)).values():
            for record in records:
                SessionCompleted.model_validate_json(record.value)
                meter.tick()
    await consumer.stop()
    return meter.rate


async def faststream(ground: Ground, policy: str) -> float:
    topic = await the_topic(ground)
    if not PEERS_PYTHON.exists():
        raise CannotBeMeasured("`make bench` installs it.")
    options: Mapping[str, object] = {
        "kafka": ground.kafka,
        "topic": topic,
        "group": f"bench.{ULID()}",
        "events": EVENTS,
        "first": FIRST,
        "policy": policy,
    }
    peer = await asyncio.create_subprocess_exec(
        str(PEERS_PYTHON),
        str(PEERS / "faststream_consume.py"),
        json.dumps(options),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    out, _ = await peer.communicate()
    if peer.returncode:
        raise CannotBeMeasured("It failed.")
    return float(out)


async def faststream_default(ground: Ground) -> float:
    return await faststream(ground, "default")


async def faststream_manual(ground: Ground) -> float:
    return await faststream(ground, "manual")


CONTENDERS: Final = {
    "ours": ours,
    "bare driver": bare,
    "FastStream": faststream_default,
    "FastStream, acknowledging": faststream_manual,
}
BARS: Final = (
    Bar("ours", "bare driver", at_least=0.6),
    Bar("ours", "FastStream", at_least=8),
    Bar("ours", "FastStream, acknowledging", at_least=8),
)
