"""The broker goes away with a batch on its way: bounded in time, not known, and nothing lost."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from ulid import ULID

from clinic_ctl.stack import kafka
from clinic_ctl.stack.kafka import Kafka
from clinic_ctl.stack.ports import free
from clinic_ctl.stack.topics import provision
from clinic_events.errors import Unavailable
from clinic_events.kafka import KafkaPublisher
from clinic_events.kafka.driver import STOP_WITHIN
from clinic_events.kafka.publisher import PUBLISH_WITHIN
from clinic_events.ports import Message
from clinic_events.topics import Topic
from tests.support.eventually import eventually
from tests.support.proxy import Mode, Proxy
from tests.support.records import all_of
from tests.support.stack import ROOT

A_LITTLE = 3.0  # seconds, for a machine with other work


@pytest.fixture(scope="module")
async def proxy(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Proxy]:
    """In front of a broker of its own, which advertises this address to its clients."""
    port = free()
    proxy = Proxy(port)
    jars = kafka.jars(ROOT / "deploy/local/kafka/pom.xml", ROOT / ".clinic")
    broker = Kafka(jars, tmp_path_factory.mktemp("kafka"), port=port, seen_at=proxy.port)
    broker.start()
    proxy.start()
    yield proxy
    await asyncio.to_thread(proxy.stop)
    await asyncio.to_thread(broker.stop)


async def became(proxy: Proxy, mode: Mode) -> None:
    await asyncio.to_thread(setattr, proxy, "mode", mode)


async def test_a_batch_on_its_way_is_not_known_in_time_and_not_lost(proxy: Proxy) -> None:
    topic = Topic(f"test.{ULID()}", partitions=1)
    await provision(proxy.address, [topic])
    publisher = KafkaPublisher(proxy.address, security={})
    await publisher.publish([Message(topic.name, b"k", b"before")])
    await became(proxy, Mode.DEAF)  # it arrives, and is not acknowledged

    began = time.monotonic()
    with pytest.raises(Unavailable):
        await publisher.publish([Message(topic.name, b"k", b"on its way")])
    assert time.monotonic() - began < (PUBLISH_WITHIN + STOP_WITHIN).total_seconds() + A_LITTLE

    await became(proxy, Mode.PASS)

    async def is_taken() -> bool:  # as the relay does
        with suppress(Unavailable):
            await publisher.publish([Message(topic.name, b"k", b"on its way")])
            return True
        return False

    await eventually(is_taken, within=30)
    await publisher.close()
    values = [message.value for message in await all_of(proxy.address, [topic])]
    assert values[0] == b"before"
    assert set(values[1:]) == {b"on its way"}


async def test_stopping_is_bounded_while_a_batch_is_on_its_way(proxy: Proxy) -> None:
    topic = Topic(f"test.{ULID()}", partitions=1)
    await provision(proxy.address, [topic])
    before = asyncio.all_tasks()
    publisher = KafkaPublisher(proxy.address, security={})
    await publisher.publish([Message(topic.name, b"k", b"before")])
    driver: Any = publisher._producer
    await became(proxy, Mode.DEAF)
    publishing = asyncio.create_task(publisher.publish([Message(topic.name, b"k", b"on its way")]))
    await asyncio.wait([publishing], timeout=1)
    assert not publishing.done()

    began = time.monotonic()
    publishing.cancel()
    await asyncio.wait([publishing])
    await publisher.close()
    assert time.monotonic() - began < STOP_WITHIN.total_seconds() + A_LITTLE
    connections = list(driver.client._conns.values())
    assert connections
    assert not any(connection.connected() for connection in connections)
    await asyncio.sleep(0)  # tasks that were just cancelled
    assert asyncio.all_tasks() <= before
    await became(proxy, Mode.PASS)
