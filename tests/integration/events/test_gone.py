"""Events deleted before their group received them are logged and counted; a new group lost none."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import KafkaTimeoutError
from prometheus_client import REGISTRY
from structlog.testing import capture_logs
from ulid import ULID

from clinic_ctl.stack.topics import provision
from clinic_events import SessionCompleted, on
from clinic_events.kafka import KafkaConsumer, KafkaPublisher, gone
from clinic_events.testing import example, message_of
from clinic_events.topics import Topic
from tests.support.events import Listener
from tests.support.eventually import eventually

Line = MutableMapping[str, Any]


class Group:
    """A topic of one partition, its group, and what that has handled."""

    def __init__(self, bootstrap: str, publisher: KafkaPublisher) -> None:
        self.topic = f"test.{ULID()}"
        self.partition = TopicPartition(self.topic, 0)
        self.listener = Listener()
        self._bootstrap = bootstrap
        self._publisher = publisher

    async def publish(self, *names: str) -> None:
        for name in names:
            event = example(SessionCompleted, session_id=name)
            message = message_of(event, event_id=f"evt_{name}")._replace(topic=self.topic)
            await self._publisher.publish([message])

    async def delete_before(self, offset: int) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        await admin.start()
        await admin.delete_records({self.partition: RecordsToDelete(before_offset=offset)})
        await admin.close()

    async def has_handled(self, *names: str) -> bool:
        return self.listener.effects.done == [*names]

    @asynccontextmanager
    async def consuming(self) -> AsyncIterator[KafkaConsumer]:
        consumer = KafkaConsumer(
            self.listener.delivery(on(SessionCompleted, self._handle)),
            bootstrap_servers=self._bootstrap,
            group=self.topic,
            topics=[self.topic],
            security={},
        )
        running = asyncio.create_task(consumer.run())
        try:
            yield consumer
        finally:
            running.cancel()
            await asyncio.wait([running])

    async def consume(self, *names: str) -> list[Line]:
        """What is logged until the group has handled these in all, and left."""
        with capture_logs() as lines:
            async with self.consuming():
                await eventually(lambda: self.has_handled(*names), within=30)
        return lines

    async def _handle(self, event: SessionCompleted) -> None:
        self.listener.effects.done.append(event.session_id)


@pytest.fixture
async def group(kafka_bootstrap: str) -> AsyncIterator[Group]:
    publisher = KafkaPublisher(kafka_bootstrap, security={})
    group = Group(kafka_bootstrap, publisher)
    await provision(kafka_bootstrap, [Topic(group.topic, partitions=1)])
    yield group
    await publisher.close()


def counted() -> float:
    value = REGISTRY.get_sample_value("events_gone_total")
    assert value is not None
    return value


def told(lines: list[Line]) -> list[Line]:
    return [line for line in lines if "gone" in line["event"]]


async def test_events_deleted_while_a_group_was_away_are_told_and_the_rest_is_handled_once(
    group: Group,
) -> None:
    await group.publish("ses_1", "ses_2")
    assert told(await group.consume("ses_1", "ses_2")) == []
    await group.publish("ses_3", "ses_4", "ses_5", "ses_6")
    await group.delete_before(5)
    before = counted()

    lines = await group.consume("ses_1", "ses_2", "ses_6")

    assert told(lines) == [
        {
            "event": "events_gone",
            "log_level": "error",
            "topic": group.topic,
            "partition": 0,
            "count": 3,
        }
    ]
    assert counted() - before == 3
    await group.publish("ses_7")
    assert told(await group.consume("ses_1", "ses_2", "ses_6", "ses_7")) == []


async def test_what_was_deleted_after_the_group_had_handled_it_is_no_loss(group: Group) -> None:
    await group.publish("ses_1", "ses_2")
    await group.consume("ses_1", "ses_2")
    await group.delete_before(2)
    await group.publish("ses_3")
    before = counted()

    assert told(await group.consume("ses_1", "ses_2", "ses_3")) == []
    assert counted() == before


async def test_a_new_group_begins_at_the_first_event_there_is_and_has_lost_none(
    group: Group,
) -> None:
    await group.publish("ses_1", "ses_2", "ses_3")
    await group.delete_before(2)
    before = counted()

    assert told(await group.consume("ses_3")) == []
    assert counted() == before


async def test_a_gap_with_nothing_behind_it_is_told_once_however_often_it_is_assigned(
    group: Group,
) -> None:
    await group.publish("ses_1")
    await group.consume("ses_1")
    await group.publish("ses_2", "ses_3")
    await group.delete_before(3)
    before = counted()

    async def found() -> bool:
        return bool(told(lines))

    async def is_assigned_again() -> bool:
        return [line["event"] for line in lines].count("partitions_assigned") > assigned

    with capture_logs() as lines:
        async with group.consuming() as consumer:
            await eventually(found, within=30)
            assigned = [line["event"] for line in lines].count("partitions_assigned")
            driver: Any = consumer._consumer
            driver._coordinator.request_rejoin()
            await eventually(is_assigned_again, within=30)
            await group.publish("ses_4")
            await eventually(lambda: group.has_handled("ses_1", "ses_4"), within=30)

    assert [line["count"] for line in told(lines)] == [2]
    assert counted() - before == 2


@pytest.mark.parametrize("answer", ["refused", "none"])
async def test_a_broker_that_does_not_say_where_a_partition_begins_holds_up_no_event(
    group: Group, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def asked(*_: object) -> None:
        if answer == "none":
            await asyncio.Event().wait()
        raise KafkaTimeoutError

    monkeypatch.setattr(AIOKafkaConsumer, "beginning_offsets", asked)
    monkeypatch.setattr(gone, "ANSWER_WITHIN", timedelta(seconds=1))
    await group.publish("ses_1")
    with capture_logs() as lines:
        async with group.consuming():
            await eventually(lambda: group.has_handled("ses_1"), within=30)
            await eventually(lambda: has_said(lines, "gone_not_checked"), within=30)
            await group.publish("ses_2")
            await eventually(lambda: group.has_handled("ses_1", "ses_2"), within=30)

    error = {"none": "TimeoutError", "refused": "KafkaTimeoutError"}[answer]
    assert [line["error"] for line in told(lines)] == [error]


async def has_said(lines: list[Line], event: str) -> bool:
    return any(line["event"] == event for line in lines)
