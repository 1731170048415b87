"""A stalled consumer is distinguished from one that waits for messages."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from clinic_events.kafka import KafkaConsumer
from clinic_events.kafka.consumer import ENDS_WITHIN
from clinic_events.kafka.pulse import Pulse
from clinic_events.lanes import Assignment
from tests.support.events import Listener
from tests.support.eventually import eventually

PARTITION = TopicPartition("t", 0)


class Steady:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def a_pulse() -> tuple[Pulse, Steady]:
    steady = Steady()
    return Pulse(steady, after=timedelta(seconds=60)), steady


def test_a_consumer_that_polls_and_has_its_partitions_has_not_stalled() -> None:
    pulse, steady = a_pulse()
    pulse.joined()
    for _ in range(10):
        steady.now += 50
        pulse.polled()
    assert pulse.stalled is None


def test_a_consumer_that_polls_no_longer_has_stalled() -> None:
    pulse, steady = a_pulse()
    pulse.joined()
    steady.now += 61
    assert pulse.stalled == "polling"


def test_a_consumer_never_assigned_its_partitions_has_stalled_however_it_polls() -> None:
    pulse, steady = a_pulse()
    for _ in range(2):
        steady.now += 31
        pulse.polled()
    assert pulse.stalled == "joining"


def test_waiting_begins_with_each_rebalance() -> None:
    pulse, steady = a_pulse()
    steady.now += 50
    pulse.joined()
    steady.now += 50
    pulse.joining()
    steady.now += 50
    pulse.polled()
    assert pulse.stalled is None
    steady.now += 11
    pulse.polled()
    assert pulse.stalled == "joining"


def test_a_partition_that_brought_nothing_for_long_is_quiet() -> None:
    pulse, steady = a_pulse()
    steady.now += 100
    assert not pulse.is_quiet("p0")
    pulse.joined()
    steady.now += 61
    assert pulse.is_quiet("p0")
    pulse.fetched("p0")
    assert not pulse.is_quiet("p0")
    assert pulse.is_quiet("p1")


def test_a_new_consumer_has_all_its_time_to_join_again() -> None:
    pulse, steady = a_pulse()
    steady.now += 61
    pulse.polled()
    assert pulse.stalled == "joining"
    pulse.restart()
    steady.now += 59
    pulse.polled()
    assert pulse.stalled is None


def test_to_be_asked_again_to_join_gives_no_more_time() -> None:
    pulse, steady = a_pulse()
    pulse.joined()
    for _ in range(2):
        pulse.joining()
        steady.now += 31
        pulse.polled()
    assert pulse.stalled == "joining"


@pytest.fixture
async def consumer() -> AsyncIterator[tuple[KafkaConsumer, Steady]]:
    """One whose broker cannot be reached, on a clock that is moved."""
    steady = Steady()
    consumer = KafkaConsumer(
        Listener().delivery(),
        bootstrap_servers="127.0.0.1:1",
        group="g",
        topics=["t"],
        security={},
    )
    consumer._pulse = Pulse(steady, after=timedelta(seconds=60))
    yield consumer, steady
    await consumer._ends.close()


async def test_a_consumer_made_anew_after_a_stall_is_not_ended_at_the_next_look(
    consumer: tuple[KafkaConsumer, Steady],
) -> None:
    kafka, steady = consumer
    steady.now += 61
    assert await kafka._stalled() == "polling"
    life = asyncio.create_task(kafka._run_one())
    await asyncio.sleep(0)
    try:
        assert await kafka._stalled() is None
    finally:
        life.cancel()
        await asyncio.wait([life])


async def test_a_consumer_without_a_broker_is_given_its_time_once_there_is_one(
    consumer: tuple[KafkaConsumer, Steady],
) -> None:
    kafka, steady = consumer
    life = asyncio.create_task(kafka._run_one())
    await asyncio.sleep(0)
    steady.now += 61

    async def is_well() -> bool:
        return await kafka._stalled() is None

    try:
        await eventually(is_well)
    finally:
        life.cancel()
        await asyncio.wait([life])


def test_a_consumer_that_holds_what_does_not_end_is_not_healthy(
    consumer: tuple[KafkaConsumer, Steady],
) -> None:
    kafka, _ = consumer
    kafka._pulse.joined()
    kafka._assignment = Assignment([PARTITION])
    kafka._assignment.begin(PARTITION, [0], time.monotonic())
    assert kafka.is_healthy()
    kafka._assignment = Assignment([PARTITION])
    kafka._assignment.begin(PARTITION, [0], time.monotonic() - ENDS_WITHIN.total_seconds())
    assert not kafka.is_healthy()
    kafka._assignment.end(PARTITION, [0])
    assert kafka.is_healthy()


async def test_a_consumer_assigned_no_partition_is_healthy_and_one_not_assigned_yet_is_not(
    consumer: tuple[KafkaConsumer, Steady],
) -> None:
    kafka, _ = consumer
    assert not kafka.is_healthy()
    await kafka.on_partitions_assigned([])
    assert kafka.is_healthy()
    await kafka.on_partitions_revoked([])
    assert not kafka.is_healthy()


async def test_a_poll_that_fails_is_no_sign_of_health(
    consumer: tuple[KafkaConsumer, Steady],
) -> None:
    kafka, steady = consumer
    await kafka.on_partitions_assigned([PARTITION])
    steady.now += 31
    await kafka._poll(AIOKafkaConsumer())  # never started: it has nobody to ask
    assert not kafka.is_healthy()
