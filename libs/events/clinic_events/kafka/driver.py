"""What producer and consumer share of the driver."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from datetime import timedelta
from typing import Final, TypeVar

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from clinic_events.kafka import names
from clinic_events.ports import Message

names.let_any_be_read()

STOP_WITHIN: Final = timedelta(seconds=5)
LEAVE_WITHIN: Final = timedelta(seconds=3)

T = TypeVar("T")


async def within(limit: timedelta, work: Awaitable[T]) -> T:
    """The driver's calls may wait without end. TimeoutError after `limit`."""
    return await asyncio.wait_for(work, limit.total_seconds())


async def stopped(consumer: AIOKafkaConsumer) -> None:
    with suppress(KafkaError, TimeoutError):
        await within(LEAVE_WITHIN, consumer.stop())


def message_in(record: ConsumerRecord) -> Message:
    headers = {name: value or b"" for name, value in record.headers}
    return Message._make(
        (record.topic, record.key, record.value, headers, record.partition, record.offset)
    )
