"""The check at start-up that the broker's topics are as declared."""

import asyncio
import time
from collections.abc import AsyncIterator, Container, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from types import MappingProxyType

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from structlog.testing import capture_logs
from ulid import ULID

from clinic_ctl.stack.topics import provision
from clinic_events import topics
from clinic_events.errors import CannotStart
from clinic_events.inbox import KEPT_FOR
from clinic_events.kafka import topic_check
from clinic_events.kafka.driver import STOP_WITHIN
from clinic_events.kafka.topic_check import check_topics, faults_of, is_on_one_replica
from clinic_events.topics import TIMESTAMP_TYPE, Topic
from tests.support.eventually import eventually


async def a_topic_as_they_were(
    bootstrap_servers: str,
    topic: Topic,
    others: Mapping[str, str] = MappingProxyType({}),
    *,
    without: Container[str] = (),
) -> None:
    settings = {name: one for name, one in topic.settings.items() if name not in without}
    made = NewTopic(topic.name, 1, 1, topic_configs={**settings, **others})
    async with an_admin(bootstrap_servers) as admin:
        await admin.create_topics([made])

        async def is_listed() -> bool:
            return topic.name in await admin.list_topics()

        await eventually(is_listed)


async def settings_of(bootstrap_servers: str, topic: Topic) -> dict[str, str]:
    async with an_admin(bootstrap_servers) as admin:
        asked = [ConfigResource(ConfigResourceType.TOPIC, topic.name)]
        [answer] = await admin.describe_configs(asked)
    [resource] = answer.resources
    return {entry[0]: entry[1] for entry in resource[4]}


@asynccontextmanager
async def an_admin(bootstrap_servers: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def test_topics_as_the_code_makes_them_have_no_fault(kafka_bootstrap: str) -> None:
    await check_topics(kafka_bootstrap, topics.ALL, security={})


async def test_a_topic_that_is_missing_is_named(kafka_bootstrap: str) -> None:
    with pytest.raises(CannotStart, match=r"no topic test\.never\.made"):
        await check_topics(kafka_bootstrap, [Topic("test.never.made")], security={})


@pytest.mark.parametrize("kept", [KEPT_FOR, timedelta(milliseconds=-1)], ids=["long", "for ever"])
async def test_a_topic_kept_longer_than_an_inbox_remembers_is_refused(
    kafka_bootstrap: str, kept: timedelta
) -> None:
    topic = Topic(f"test.{ULID()}", retention=kept)
    await provision(kafka_bootstrap, [topic])
    with pytest.raises(CannotStart, match=f"{topic.name} keeps messages longer"):
        await check_topics(kafka_bootstrap, [topic], security={})


async def test_a_topic_whose_segments_stay_open_longer_than_the_inbox_bears_is_refused_until_mended(
    kafka_bootstrap: str,
) -> None:
    """A broker's own segments are closed after a week: a message lives for 37 days then."""
    topic = Topic(f"test.{ULID()}")
    await a_topic_as_they_were(kafka_bootstrap, topic, without={"segment.ms"})
    with pytest.raises(CannotStart, match=f"{topic.name} keeps messages longer .*604800000"):
        await check_topics(kafka_bootstrap, [topic], security={})

    assert await provision(kafka_bootstrap, [topic]) == []
    await check_topics(kafka_bootstrap, [topic], security={})


async def test_a_topic_that_deletes_for_space_is_refused_until_it_is_mended(
    kafka_bootstrap: str,
) -> None:
    topic = Topic(f"test.{ULID()}")
    await a_topic_as_they_were(kafka_bootstrap, topic, {"retention.bytes": "1073741824"})
    with pytest.raises(CannotStart, match=f"{topic.name} deletes what is more"):
        await check_topics(kafka_bootstrap, [topic], security={})

    assert await provision(kafka_bootstrap, [topic]) == []
    await check_topics(kafka_bootstrap, [topic], security={})


async def test_a_topic_that_keeps_tombstones_for_less_than_declared_is_refused_until_it_is_mended(
    kafka_bootstrap: str,
) -> None:
    """A broker's own are gone a day after compaction: who reads on later keeps a card for ever."""
    topic = Topic(f"test.{ULID()}", retention=None)
    await a_topic_as_they_were(kafka_bootstrap, topic, without={"delete.retention.ms"})
    with pytest.raises(CannotStart, match=f"{topic.name} keeps tombstones for less time"):
        await check_topics(kafka_bootstrap, [topic], security={})

    assert await provision(kafka_bootstrap, [topic]) == []
    await check_topics(kafka_bootstrap, [topic], security={})


@pytest.mark.parametrize(
    ("made", "declared", "why"),
    [
        (timedelta(days=30), None, "cleaned up by delete, and is declared as compact"),
        (None, timedelta(days=30), "cleaned up by compact, and is declared as delete"),
        (timedelta(days=7), timedelta(days=30), r"for less time .* is declared \(30 days\)"),
    ],
)
async def test_a_topic_that_would_lose_what_is_declared_to_stay_is_refused(
    kafka_bootstrap: str, made: timedelta | None, declared: timedelta | None, why: str
) -> None:
    name = f"test.{ULID()}"
    await provision(kafka_bootstrap, [Topic(name, retention=made)])
    with pytest.raises(CannotStart, match=f"{name} .*{why}"):
        await check_topics(kafka_bootstrap, [Topic(name, retention=declared)], security={})


async def test_a_topic_with_producers_timestamps_is_refused_until_it_is_mended(
    kafka_bootstrap: str,
) -> None:
    topic, others = Topic(f"test.{ULID()}"), {"segment.bytes": "104857600"}
    await a_topic_as_they_were(kafka_bootstrap, topic, others, without={TIMESTAMP_TYPE})
    with pytest.raises(CannotStart, match=f"{topic.name} carries producers' timestamps"):
        await check_topics(kafka_bootstrap, [topic], security={})

    assert await provision(kafka_bootstrap, [topic]) == []
    await check_topics(kafka_bootstrap, [topic], security={})
    settings = await settings_of(kafka_bootstrap, topic)
    assert settings.items() >= (topic.settings | others).items()


async def test_a_message_of_a_machine_a_day_ahead_gets_the_brokers_time(
    kafka_bootstrap: str,
) -> None:
    topic = Topic(f"test.{ULID()}", partitions=1)
    await provision(kafka_bootstrap, [topic])
    before = int(time.time() * 1000)
    ahead = before + 24 * 3_600_000
    async with AIOKafkaProducer(bootstrap_servers=kafka_bootstrap) as producer:
        taken = await producer.send_and_wait(topic.name, b"sent", timestamp_ms=ahead)
    assert before <= taken.timestamp < ahead


@pytest.mark.parametrize("topic", topics.ALL, ids=lambda topic: str(topic.name))
def test_a_setting_the_broker_does_not_report_is_no_fault(topic: Topic) -> None:
    assert [*faults_of(topic, {})] == []
    assert [*faults_of(topic, topic.settings)] == []


@pytest.mark.parametrize(
    ("settings", "is_on_one"),
    [({"min.insync.replicas": "1"}, True), ({"min.insync.replicas": "2"}, False), ({}, False)],
)
def test_a_topic_is_on_one_replica_when_one_may_acknowledge_alone(
    settings: Mapping[str, str], is_on_one: bool
) -> None:
    assert is_on_one_replica(settings) is is_on_one


async def test_a_broker_of_one_replica_is_started_with_and_said_to_be_one(
    kafka_bootstrap: str,
) -> None:
    topic = Topic(f"test.{ULID()}")
    await provision(kafka_bootstrap, [topic])
    with capture_logs() as logs:
        await check_topics(kafka_bootstrap, [topic], security={})
    assert {
        "event": "topics_acknowledged_by_one_replica",
        "count": 1,
        "log_level": "warning",
    } in logs


class NeverCloses(AIOKafkaAdminClient):  # type: ignore[misc]  # the driver has no types
    async def close(self) -> None:
        await super().close()
        await asyncio.Event().wait()


async def test_closing_that_does_not_end_keeps_no_service_from_starting(
    kafka_bootstrap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topic_check, "AIOKafkaAdminClient", NeverCloses)
    async with asyncio.timeout(2 * STOP_WITHIN.total_seconds()):
        await check_topics(kafka_bootstrap, topics.ALL, security={})
