"""What is asked of the broker before anything begins."""

from datetime import timedelta

import pytest
from ulid import ULID

from clinic_ctl.stack.topics import provision
from clinic_events import topics
from clinic_events.errors import CannotStart
from clinic_events.inbox import KEPT_FOR
from clinic_events.kafka.ground import check_topics, faults_of
from clinic_events.topics import Topic


async def test_the_topics_as_they_are_made_are_well(kafka_bootstrap: str) -> None:
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


@pytest.mark.parametrize("topic", topics.ALL, ids=lambda topic: str(topic.name))
def test_what_a_broker_does_not_tell_is_no_fault(topic: Topic) -> None:
    assert [*faults_of(topic, {})] == []
    assert [*faults_of(topic, topic.settings)] == []
