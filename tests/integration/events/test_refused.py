"""One topic or one partition takes nothing: all else is said, and its events keep their order."""

import asyncio
import itertools
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from ulid import ULID

from clinic_ctl.stack.topics import provision
from clinic_events import SessionCompleted
from clinic_events.codec import decode
from clinic_events.kafka import KafkaPublisher
from clinic_events.leases import Leases
from clinic_events.memory import MemoryBroker, partition_of
from clinic_events.outbox import BUCKETS, KEY_RESTS, MongoOutbox, Relay, _row
from clinic_events.ports import Message
from clinic_events.testing import A_MOMENT, example
from clinic_events.topics import Topic
from clinic_platform.mongo import Mongo
from tests.support.eventually import eventually
from tests.support.records import all_of

A_WAIT = timedelta(seconds=3)


def an_outbox(database: Mongo) -> MongoOutbox:
    return MongoOutbox(database, source="sessions", clock=lambda: A_MOMENT)


async def has_waiting(outbox: MongoOutbox, count: int) -> bool:
    return await outbox.waiting() == count


def said(broker: MemoryBroker) -> list[str]:
    return [decode(m).event.subject for log in broker.logs.values() for m in log]


def patients_of(*, partition: int, count: int) -> list[str]:
    """Whose events lie there, in the broker in memory."""
    patients = (f"pat_{number}" for number in itertools.count())
    of_it = (p for p in patients if partition_of(Message("", p.encode(), None)) == partition)
    return list(itertools.islice(of_it, count))


class CountingLeases(Leases):
    def __init__(self, database: Mongo) -> None:
        super().__init__(
            database.collection("leases"), name="relay", buckets=BUCKETS, owner="relay_1"
        )
        self.successes = self.failures = 0

    def note_success(self) -> None:
        self.successes += 1
        super().note_success()

    async def note_failure(self) -> None:
        self.failures += 1
        await super().note_failure()


async def test_what_one_partition_refuses_keeps_nothing_else_back_and_its_order(
    database: Mongo,
) -> None:
    """More of it than a batch holds waits in front of all others."""
    outbox, broker = an_outbox(database), MemoryBroker()
    sick, well = patients_of(partition=0, count=3), patients_of(partition=1, count=5)
    expected = {patient: [f"{patient}/{n}" for n in range(100)] for patient in [*sick, *well]}

    async def say(patients: Sequence[str]) -> None:
        for patient in patients:
            for session in expected[patient]:
                event = example(SessionCompleted, patient_id=patient, session_id=session)
                await outbox.append(event, sequence=1)

    for patients in (sick, well):
        await database.transaction(partial(say, patients))
    broker.refuses = {(SessionCompleted.topic.name, 0)}
    relay = Relay(database, broker, CountingLeases(database))
    running = asyncio.create_task(relay.run())

    await eventually(lambda: has_waiting(outbox, 300))
    broker.refuses.clear()
    await eventually(lambda: has_waiting(outbox, 0), within=30)
    running.cancel()
    await asyncio.wait([running])
    for patient, sessions in expected.items():
        assert [one for one in said(broker) if one.startswith(f"{patient}/")] == sessions
    assert len(said(broker)) == 800, "Each once."


async def test_a_partition_that_no_relay_can_reach_moves_no_lease(database: Mongo) -> None:
    outbox, broker = an_outbox(database), MemoryBroker()
    [sick], [well] = patients_of(partition=0, count=1), patients_of(partition=1, count=1)
    broker.refuses = {(SessionCompleted.topic.name, 0)}
    leases = CountingLeases(database)
    relay = Relay(database, broker, leases)
    for patient in (sick, well):
        await outbox.append(example(SessionCompleted, patient_id=patient), sequence=1)
    await relay.publish_waiting()
    assert (leases.successes, leases.failures) == (1, 0)
    await asyncio.sleep(KEY_RESTS.total_seconds() * 1.1)
    await relay.publish_waiting()
    assert (leases.successes, leases.failures) == (1, 1), "Nothing at all was taken."


async def test_while_one_topic_takes_nothing_a_relay_says_all_others_and_it_when_it_is_there(
    kafka_bootstrap: str, database: Mongo
) -> None:
    sick, well = f"test.{ULID()}", f"test.{ULID()}"
    await provision(kafka_bootstrap, [Topic(well, partitions=1)])
    publisher = KafkaPublisher(kafka_bootstrap, security={}, publish_within=A_WAIT)
    rows = database.collection("outbox")
    waiting = [
        _row(Message(topic, b"k%d" % (n % 7), b"%03d" % n, {"ce_id": f"{topic}{n}".encode()}))
        for n in range(250)
        for topic in (sick, well)
    ]
    await rows.insert_many(waiting, stamp="at")
    relay = Relay(database, publisher, CountingLeases(database))
    relaying = asyncio.create_task(relay.run())

    async def is_left(topic: str, count: int) -> bool:
        return await rows.count({"topic": topic}) == count

    await eventually(lambda: is_left(well, 0), within=30)
    assert await is_left(sick, 250)
    await provision(kafka_bootstrap, [Topic(sick, partitions=1)])
    await eventually(lambda: is_left(sick, 0), within=60)
    relaying.cancel()
    await asyncio.wait([relaying])
    await publisher.close()

    for topic in (sick, well):
        said = await all_values(topic, kafka_bootstrap)
        assert sorted(said) == [b"%03d" % n for n in range(250)], "Each once."
        by_key = [[value for value in said if int(value) % 7 == key] for key in range(7)]
        assert by_key == [sorted(values) for values in by_key]


async def all_values(topic: str, bootstrap: str) -> list[bytes]:
    return [m.value or b"" for m in await all_of(bootstrap, [Topic(topic, partitions=1)])]
