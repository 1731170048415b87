"""Whatever lies on a topic, it is set aside as it is, its key waits, and all others go on."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

import pytest
from aiokafka import AIOKafkaProducer

from clinic_ctl.sandbox import Sandbox
from clinic_ctl.stack.stack import Stack
from clinic_events import SessionBooked, topics
from clinic_events.dead_letters import MongoDeadLetters
from clinic_events.ports import Message, Parked, Which
from clinic_events.testing import example, message_of
from clinic_platform.clock import utc_now
from clinic_platform.ids import new_id
from clinic_platform.mongo import Mongo
from tests.support.plain import plain

# It listens to every kind of event that sessions publishes.
LISTENER: Final = "notifications"

Spoil = Callable[[Message], Message]


def with_header(name: str, value: bytes) -> Spoil:
    return lambda message: message._replace(headers={**message.headers, name: value})


def without_header(name: str) -> Spoil:
    return lambda m: m._replace(headers={k: v for k, v in m.headers.items() if k != name})


def with_value(value: bytes | None) -> Spoil:
    return lambda message: message._replace(value=value)


BAD: Final[Mapping[str, tuple[Spoil, str]]] = {
    "of a version nobody knows": (
        with_header("ce_type", b"sessions.session_booked.v99"),
        "unknown_version",
    ),
    "garbage": (with_value(b"\x00\xff\xfe garbage"), "undecodable"),
    "nothing": (with_value(b""), "undecodable"),
    "a tombstone": (with_value(None), "undecodable"),
    "not an object": (with_value(b"[1, 2, 3]"), "undecodable"),
    "another event's body": (with_value(b'{"patient_id": "pat_1"}'), "undecodable"),
    "not a number": (with_value(b'{"infusion_number": NaN}'), "undecodable"),
    "deep": (with_value(b"[" * 100_000), "undecodable"),
    "as large as the topic takes": (
        with_value(b"a" * (topics.MAX_MESSAGE_BYTES - 4096)),
        "undecodable",
    ),
    "no headers": (lambda message: message._replace(headers={}), "undecodable"),
    "no type": (without_header("ce_type"), "undecodable"),
    "no id": (without_header("ce_id"), "undecodable"),
    "a type that is no name": (with_header("ce_type", b"'; drop table"), "undecodable"),
    "headers that are no text": (with_header("ce_source", b"\xff\xfe"), "undecodable"),
    "a time that is none": (with_header("ce_time", b"yesterday"), "undecodable"),
    "a sequence that is no number": (with_header("ce_sequence", b"1e999"), "undecodable"),
    "the key of another": (with_header("ce_partitionkey", b"pat_another"), "undecodable"),
}


def booked(patient: str) -> Message:
    session = new_id("ses")
    event = example(SessionBooked, patient_id=patient, session_id=session)
    return message_of(event, event_id=f"evt_{session}")


@pytest.fixture(scope="module")
async def database(clinic: Stack) -> AsyncIterator[Mongo]:
    database = await Mongo.connect(clinic.part("mongo").addresses["url"], database=LISTENER)
    yield database
    await database.close()


@asynccontextmanager
async def a_producer(clinic: Stack) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        bootstrap_servers=clinic.part("kafka").addresses["bootstrap_servers"],
        max_request_size=topics.MAX_MESSAGE_BYTES,
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def publish(clinic: Stack, *messages: Message) -> None:
    """And wait until all four services have nothing left to do."""
    async with a_producer(clinic) as producer:
        for message in messages:
            await producer.send_and_wait(
                message.topic,
                key=message.key,
                value=message.value,
                headers=list(message.headers.items()),
                partition=0,  # all in one, as bad luck would have it
            )
    async with plain() as client:
        await Sandbox(clinic.management(), client).settle()


async def parked(database: Mongo, key: str) -> list[Parked]:
    letters = MongoDeadLetters(database, group=LISTENER, clock=utc_now)
    return await letters.list(Which(key=key))


async def promised(database: Mongo, patient: str) -> int:
    return await database.collection("promises").count({"person": patient})


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_message_is_set_aside_as_it_is_and_only_its_key_waits(
    clinic: Stack, database: Mongo, kind: str
) -> None:
    spoil, reason = BAD[kind]
    patient, other = new_id("pat"), new_id("pat")
    bad, later, elsewhere = spoil(booked(patient)), booked(patient), booked(other)

    await publish(clinic, bad, later, elsewhere)

    first, second = await parked(database, patient)
    assert (first.reason, second.reason) == (reason, "behind")
    assert (first.message.key, first.message.value) == (bad.key, bad.value)
    assert dict(first.message.headers) == dict(bad.headers)
    assert await promised(database, patient) == 0
    assert await promised(database, other) > 0


async def test_garbage_without_a_key_holds_up_nobody(clinic: Stack, database: Mongo) -> None:
    patient = new_id("pat")
    before = await database.collection("parked").count({})

    await publish(clinic, Message(topics.SESSIONS.name, None, b"\xff"), booked(patient))

    assert await database.collection("parked").count({}) == before + 1
    assert await promised(database, patient) > 0


async def test_no_service_has_ended_and_none_has_been_started_again(clinic: Stack) -> None:
    assert all(part.is_alive for part in clinic.status())
