"""Events are published if and only if their transaction commits: once, and in order."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
from prometheus_client import REGISTRY

from clinic_events import SessionCompleted, tracing
from clinic_events.codec import decode
from clinic_events.memory import MemoryBroker
from clinic_events.outbox import (
    BATCH,
    POLL_EVERY,
    EventTooLarge,
    MongoOutbox,
    Relay,
)
from clinic_events.ports import Message
from clinic_events.testing import A_MOMENT, example
from clinic_platform.clock import utc_now
from clinic_platform.mongo import Mongo
from tests.support.eventually import eventually
from tests.support.outbox import a_lease, a_relay, an_outbox, nothing_waits, published

APPENDED = "events_appended_total"


class AttentiveRelay(Relay):
    """Something is appended once it has looked for the first time. It notes when each of its looks
    begins and ends, in seconds."""

    def __init__(
        self, database: Mongo, broker: MemoryBroker, append: Callable[[], Awaitable[None]]
    ) -> None:
        super().__init__(database, broker, a_lease(database, "relay_1"))
        self._append = append
        self.looks: list[tuple[float, float]] = []

    async def publish_waiting(self) -> int:
        begun = time.monotonic()
        published = await super().publish_waiting()
        if not self.looks:
            await self._append()
        self.looks.append((begun, time.monotonic()))
        return published


async def append(outbox: MongoOutbox, count: int) -> None:
    for number in range(count):
        await outbox.append(example(SessionCompleted, session_id=f"ses_{number}"), sequence=1)


async def is_so(answer: bool) -> bool:
    return answer


class SlowBroker(MemoryBroker):
    """It takes a batch when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.has_begun, self.may_go = asyncio.Event(), asyncio.Event()

    async def publish(self, messages: Sequence[Message]) -> None:
        self.has_begun.set()
        await self.may_go.wait()
        await super().publish(messages)


async def test_nothing_is_published_when_the_transaction_fails(database: Mongo) -> None:
    outbox = await an_outbox(database)

    async def work() -> None:
        await outbox.append(example(SessionCompleted), sequence=1)
        raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        await database.transaction(work)
    assert await outbox.waiting() == 0


async def test_only_what_was_committed_is_counted_as_appended(database: Mongo) -> None:
    outbox, before = await an_outbox(database), REGISTRY.get_sample_value(APPENDED)
    attempts: list[int] = []

    async def work() -> None:
        await outbox.append(example(SessionCompleted), sequence=1)
        attempts.append(1)
        if len(attempts) == 1:
            raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        await database.transaction(work)
    assert REGISTRY.get_sample_value(APPENDED) == before
    await database.transaction(work)
    assert REGISTRY.get_sample_value(APPENDED) == (before or 0) + 1


async def test_the_relay_publishes_waiting_events_and_then_deletes_their_rows(
    database: Mongo,
) -> None:
    outbox, broker = await an_outbox(database), MemoryBroker()
    for number in range(1, 4):
        await outbox.append(example(SessionCompleted, session_id=f"ses_{number}"), sequence=number)

    assert await a_relay(database, broker).publish_waiting() == 3
    assert published(broker) == ["ses_1", "ses_2", "ses_3"]
    assert await outbox.waiting() == 0


async def test_how_long_the_oldest_has_waited_is_known(database: Mongo) -> None:
    outbox = await an_outbox(database)
    assert await outbox.oldest_at() is None
    before = utc_now() - timedelta(seconds=2)  # the stamp has whole seconds
    await outbox.append(example(SessionCompleted), sequence=1)
    oldest_at = await outbox.oldest_at()
    assert oldest_at is not None
    assert before < oldest_at < utc_now() + timedelta(seconds=2)


async def test_while_the_broker_is_away_everything_is_kept_in_order(database: Mongo) -> None:
    outbox, broker = await an_outbox(database), MemoryBroker()
    relay = a_relay(database, broker)
    broker.is_away = True
    running = asyncio.create_task(relay.run())
    for number in range(5):
        await outbox.append(example(SessionCompleted, session_id=f"ses_{number}"), sequence=1)
        relay.wake()
    assert await outbox.waiting() == 5

    broker.is_away = False
    await eventually(lambda: nothing_waits(outbox))
    running.cancel()
    await asyncio.wait([running])

    assert published(broker) == [f"ses_{number}" for number in range(5)]


async def test_an_older_transaction_that_commits_later_is_not_passed_over(database: Mongo) -> None:
    outbox, broker = await an_outbox(database), MemoryBroker()
    relay = a_relay(database, broker)
    inserted, may_commit = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        await outbox.append(example(SessionCompleted, session_id="ses_slow"), sequence=1)
        inserted.set()
        await may_commit.wait()

    slow_one = asyncio.create_task(database.transaction(slow))
    await inserted.wait()
    await outbox.append(example(SessionCompleted, session_id="ses_quick"), sequence=1)
    assert await relay.publish_waiting() == 1

    may_commit.set()
    await slow_one
    assert await relay.publish_waiting() == 1
    assert published(broker) == ["ses_quick", "ses_slow"]


async def test_a_second_relay_waits_for_the_first_ones_leases(database: Mongo) -> None:
    outbox, broker = await an_outbox(database), MemoryBroker()
    first = a_relay(database, broker, "relay_1")
    second = a_relay(database, broker, "relay_2")
    await first.publish_waiting()
    await outbox.append(example(SessionCompleted), sequence=1)

    assert await second.publish_waiting() == 0
    assert await first.publish_waiting() == 1


async def test_what_a_relay_cannot_publish_another_that_reaches_the_broker_publishes(
    database: Mongo,
) -> None:
    outbox, broker, cut_off = await an_outbox(database), MemoryBroker(), MemoryBroker()
    cut_off.is_away = True
    leases = [a_lease(database, owner, timedelta(seconds=2)) for owner in ("relay_1", "relay_2")]
    relays = [
        Relay(database, reached, held)
        for reached, held in zip((cut_off, broker), leases, strict=True)
    ]
    running = [asyncio.create_task(relay.run()) for relay in relays]

    async def both_hold_some() -> bool:
        return all([await held.hold() for held in leases])

    await eventually(both_hold_some)
    await append(outbox, 40)  # in all of the buckets
    await eventually(lambda: nothing_waits(outbox))
    for task in running:
        task.cancel()
    await asyncio.wait(running)
    assert sorted(published(broker)) == sorted(f"ses_{number}" for number in range(40))


async def test_an_event_carries_its_cause_and_the_step_it_belongs_to(database: Mongo) -> None:
    outbox, broker = await an_outbox(database), MemoryBroker()
    with tracing.caused_by(tracing.Cause(id="req_1", correlation_id="cor_1")):
        await outbox.append(example(SessionCompleted), sequence=7)
    await a_relay(database, broker).publish_waiting()

    [message] = [m for log in broker.logs.values() for m in log]
    envelope = decode(message).envelope
    assert (envelope.causation_id, envelope.correlation_id) == ("req_1", "cor_1")
    assert (envelope.sequence, envelope.source, envelope.time) == (7, "sessions", A_MOMENT)


async def test_an_event_too_large_for_a_topic_is_refused_where_it_is_made(database: Mongo) -> None:
    outbox = await an_outbox(database)
    with pytest.raises(EventTooLarge):
        await outbox.append(example(SessionCompleted, protocol="x" * 300_000), sequence=1)
    assert await outbox.waiting() == 0


async def test_a_batch_under_way_when_the_service_is_asked_to_stop_is_published_once(
    database: Mongo,
) -> None:
    outbox, broker = await an_outbox(database), SlowBroker()
    await outbox.append(example(SessionCompleted), sequence=1)
    relay = asyncio.create_task(a_relay(database, broker).run())
    await broker.has_begun.wait()
    relay.cancel()
    broker.may_go.set()
    await asyncio.wait([relay])
    assert len(published(broker)) == 1
    assert await outbox.waiting() == 0


@pytest.mark.parametrize(
    ("is_woken", "appended", "pauses"),
    [(True, 1, [True]), (True, BATCH + 1, [False, True]), (False, 1, [False, True])],
    ids=["woken", "woken for more than a batch", "polling"],
)
async def test_a_relay_looks_again_at_once_only_where_more_may_wait(
    database: Mongo, is_woken: bool, appended: int, pauses: list[bool]
) -> None:
    outbox, broker = await an_outbox(database), MemoryBroker()

    async def meanwhile() -> None:
        await database.transaction(lambda: append(outbox, appended))
        if is_woken:
            relay.wake()

    relay = AttentiveRelay(database, broker, meanwhile)
    running = asyncio.create_task(relay.run())
    await eventually(lambda: is_so(len(relay.looks) > 1 + len(pauses)))
    running.cancel()
    await asyncio.wait([running])

    looks = relay.looks[1 : len(pauses) + 2]
    between = [begun - ended for (_, ended), (begun, _) in pairwise(looks)]
    assert [seconds > POLL_EVERY.total_seconds() * 0.9 for seconds in between] == pauses
    assert len(published(broker)) == appended
