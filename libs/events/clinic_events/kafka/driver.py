"""What producer and consumer share: time limits on driver calls, closing, records as messages."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from datetime import timedelta
from typing import Final, TypeVar

from aiokafka import AIOKafkaConsumer
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import KafkaError
from aiokafka.protocol.group import LeaveGroupRequest
from aiokafka.structs import ConsumerRecord

from clinic_events.kafka import names
from clinic_events.ports import Message

names.accept_any_header_name()

STOP_WITHIN: Final = timedelta(seconds=5)
# A consumer that a rebalance keeps from stopping by itself within this time is closed forcibly.
STOPS_BY_ITSELF_WITHIN: Final = timedelta(seconds=1.5)
LEAVE_WITHIN: Final = timedelta(seconds=3)

T = TypeVar("T")


async def within(limit: timedelta, work: Awaitable[T]) -> T:
    """The driver's calls may wait without end. TimeoutError after `limit`."""
    async with asyncio.timeout(limit.total_seconds()):
        return await work


async def stop(consumer: AIOKafkaConsumer) -> None:
    """Stop it within LEAVE_WITHIN: out of its group, no task or connection left."""
    try:
        await within(STOPS_BY_ITSELF_WITHIN, consumer.stop())
    except (KafkaError, TimeoutError):
        with suppress(TimeoutError):
            await within(LEAVE_WITHIN - STOPS_BY_ITSELF_WITHIN, _close_forcibly(consumer))


async def _close_forcibly(consumer: AIOKafkaConsumer) -> None:
    """Close what an interrupted stop has left open. The driver's stop ends its parts in turn, the
    first waits for a rebalance, and a second call of it does nothing."""
    try:
        if isinstance(consumer._coordinator, GroupCoordinator):
            await _leave(consumer._client, consumer._coordinator)
    finally:
        fetching = [consumer._fetcher.close()] if consumer._fetcher is not None else []
        await asyncio.gather(*fetching, consumer._client.close(), return_exceptions=True)


async def _leave(client: AIOKafkaClient, coordinator: GroupCoordinator) -> None:
    """Leave the group by the data connection: on the group's, a join waits for its answer."""
    tasks = [
        task
        for task in (
            coordinator._coordination_task,
            coordinator._heartbeat_task,
            coordinator._commit_refresh_task,
        )
        if task is not None
    ]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    node, member = coordinator.coordinator_id, coordinator.member_id
    if node is None or not member or coordinator._group_instance_id is not None:
        return  # it is no member, or one that keeps its place while it is away
    with suppress(KafkaError, TimeoutError):
        leaving = client.send(node, LeaveGroupRequest(coordinator.group_id, member))
        await within((LEAVE_WITHIN - STOPS_BY_ITSELF_WITHIN) / 2, leaving)


def message_in(record: ConsumerRecord) -> Message:
    headers = {name: value or b"" for name, value in record.headers}
    return Message._make(
        (record.topic, record.key, record.value, headers, record.partition, record.offset)
    )
