"""Replays: of events that were missed, or of all, for a listener that is repeatable."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from ulid import ULID

from clinic_ctl.stack.topics import provision
from clinic_events import LocationPublished, SessionCompleted, Subscription, on, topics
from clinic_events.catalog import stem_of
from clinic_events.delivery import Outcome
from clinic_events.errors import CannotStart
from clinic_events.kafka import KafkaConsumer, KafkaPublisher
from clinic_events.kafka.history import RangeDeleted, replay_range
from clinic_events.metrics import ended
from clinic_events.replay import Replay
from clinic_events.testing import example, message_of
from clinic_events.topics import Topic
from tests.support.events import Listener
from tests.support.eventually import eventually

BEFORE = timedelta(hours=1)


@dataclass
class Past:
    """A topic of one's own that has three sessions of one patient on it."""

    bootstrap: str
    topic: str
    publisher: KafkaPublisher

    async def publish(self, *numbers: int) -> None:
        events = [example(SessionCompleted, session_id=f"ses_{n}") for n in numbers]
        messages = [message_of(event, event_id=f"evt_{event.session_id}") for event in events]
        await self.publisher.publish([m._replace(topic=self.topic) for m in messages])

    async def replay_range(
        self, listener: "Handled", *, since: datetime, is_again: bool = False
    ) -> int:
        return await replay_range(
            listener.delivery(on(SessionCompleted, listener.handle), is_again=is_again),
            bootstrap_servers=self.bootstrap,
            security={},
            topic=self.topic,
            since=since,
        )


class Handled(Listener):
    async def handle(self, event: SessionCompleted) -> None:
        self.effects.done.append(event.session_id)


@pytest.fixture
async def past(kafka_bootstrap: str) -> AsyncIterator[Past]:
    topic = f"test.{ULID()}"
    await provision(kafka_bootstrap, [Topic(topic, partitions=3)])
    publisher = KafkaPublisher(kafka_bootstrap, security={})
    past = Past(kafka_bootstrap, topic, publisher)
    await past.publish(1, 2, 3)
    yield past
    await publisher.close()


async def test_all_events_since_a_time_are_replayed_in_order(past: Past) -> None:
    listener = Handled()
    assert await past.replay_range(listener, since=datetime.now(UTC) - BEFORE) == 3
    assert listener.effects.done == ["ses_1", "ses_2", "ses_3"]


async def test_no_event_from_before_that_time_is_replayed(past: Past) -> None:
    listener = Handled()
    assert await past.replay_range(listener, since=datetime.now(UTC) + BEFORE) == 0
    assert listener.effects.done == []


async def test_an_event_in_the_inbox_is_not_handled_again(past: Past) -> None:
    listener = Handled()
    listener.inbox.handled.add("evt_ses_2")
    assert await past.replay_range(listener, since=datetime.now(UTC) - BEFORE) == 3
    assert listener.effects.done == ["ses_1", "ses_3"]


async def test_what_an_older_release_skipped_is_handled_by_a_replay_of_the_newer_one(
    past: Past,
) -> None:
    """Two members of one group while a deployment rolls: only the second knows this listener."""
    group, began = Handled(), datetime.now(UTC) - BEFORE
    older = group.delivery(on(LocationPublished, never))
    newer = group.delivery(on(SessionCompleted, group.handle))
    published = [(example(SessionCompleted, session_id=f"ses_{n}"), f"evt_ses_{n}") for n in (1, 2)]
    first, second = (message_of(event, event_id=event_id) for event, event_id in published)
    assert await older.deliver(first) is Outcome.SKIPPED
    assert await newer.deliver(second) is Outcome.HANDLED

    await past.replay_range(group, since=began)

    assert group.effects.done == ["ses_2", "ses_1", "ses_3"]


async def test_a_piece_with_a_parked_event_in_it_comes_to_its_end_and_leaves_that_key(
    past: Past,
) -> None:
    listener, event = Handled(), example(SessionCompleted, session_id="ses_2")
    await listener.dead_letters.park(
        message_of(event, event_id="evt_ses_2"),
        event_id="evt_ses_2",
        key=event.key,
        reason="failed",
        error="ValueError",
        attempts=5,
    )
    left = ended(Outcome.LEFT)

    async with asyncio.timeout(60):
        count = await past.replay_range(listener, since=datetime.now(UTC) - BEFORE, is_again=True)

    assert count == 3
    assert ended(Outcome.LEFT) - left == 3
    assert listener.effects.done == []
    assert [one.event_id for one in await listener.dead_letters.list()] == ["evt_ses_2"]


async def test_a_replay_ends_where_the_topic_ended_when_it_began(past: Past) -> None:
    class PublishesMore(Handled):
        async def handle(self, event: SessionCompleted) -> None:
            await super().handle(event)
            await past.publish(4)

    listener = PublishesMore()
    assert await past.replay_range(listener, since=datetime.now(UTC) - BEFORE) == 3
    assert "ses_4" not in listener.effects.done


async def test_the_live_groups_offsets_are_not_touched(past: Past) -> None:
    live = Handled()
    consumer = KafkaConsumer(
        live.delivery(on(SessionCompleted, live.handle)),
        bootstrap_servers=past.bootstrap,
        group=past.topic,
        topics=[past.topic],
        security={},
    )
    running = asyncio.create_task(consumer.run())

    async def all_handled() -> bool:
        return len(live.effects.done) == 3

    await eventually(all_handled)
    running.cancel()
    await asyncio.wait([running])
    before = await committed(past)

    await past.replay_range(Handled(), since=datetime.now(UTC) - BEFORE)

    assert sum(before) == 3
    assert await committed(past) == before


async def committed(past: Past) -> list[int]:
    asker = AIOKafkaConsumer(bootstrap_servers=past.bootstrap, group_id=past.topic)
    await asker.start()
    offsets = [await asker.committed(TopicPartition(past.topic, n)) for n in range(3)]
    await asker.stop()
    return [offset or 0 for offset in offsets]


async def never(_: object) -> None:
    raise AssertionError("Only chosen, never called.")


COMPLETED = on(SessionCompleted, never)
PUBLISHED = on(LocationPublished, never, repeatable=True)
SINCE = datetime(2030, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("topic", "kind", "again", "chosen"),
    [
        (topics.SESSIONS, None, False, [COMPLETED]),
        (topics.SESSIONS, stem_of(SessionCompleted.name), False, [COMPLETED]),
        (topics.LOCATIONS, stem_of(LocationPublished.name), True, [PUBLISHED]),
    ],
)
def test_a_replay_calls_the_listeners_it_concerns(
    topic: Topic, kind: str | None, again: bool, chosen: list[Subscription]
) -> None:
    replay = Replay(topic=topic.name, since=SINCE, kind=kind, again=again)
    assert replay.listeners([COMPLETED, PUBLISHED]) == chosen


@pytest.mark.parametrize(
    ("topic", "kind", "again", "why"),
    [
        (topics.INTAKE, None, False, "Nothing here listens"),
        (topics.SESSIONS, "sessions.session_imagined", False, "Nothing here listens"),
        (topics.LOCATIONS, None, True, "needs a kind"),
        (topics.SESSIONS, stem_of(SessionCompleted.name), True, "cannot be handled again"),
    ],
)
def test_a_replay_without_a_listener_a_kind_or_repeatability_is_refused(
    topic: Topic, kind: str | None, again: bool, why: str
) -> None:
    replay = Replay(topic=topic.name, since=SINCE, kind=kind, again=again)
    with pytest.raises(CannotStart, match=why):
        replay.listeners([COMPLETED, PUBLISHED])


async def test_messages_deleted_before_they_are_replayed_are_reported_and_not_skipped(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = AIOKafkaConsumer.offsets_for_times

    async def found_and_deleted(consumer: AIOKafkaConsumer, at: Any) -> Any:
        offsets = await found(consumer, at)
        await delete_all(past)
        return offsets

    monkeypatch.setattr(AIOKafkaConsumer, "offsets_for_times", found_and_deleted)
    with pytest.raises(RangeDeleted):
        async with asyncio.timeout(60):
            await past.replay_range(Handled(), since=datetime.now(UTC) - BEFORE)


async def delete_all(past: Past) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=past.bootstrap)
    await admin.start()
    partitions = [TopicPartition(past.topic, number) for number in range(3)]
    await admin.delete_records(dict.fromkeys(partitions, RecordsToDelete(before_offset=-1)))
    await admin.close()
