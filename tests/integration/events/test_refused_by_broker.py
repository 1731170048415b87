"""Events that one partition refuses hold up their own keys, and nothing else."""

import asyncio
import itertools
from collections.abc import Sequence
from functools import partial

from clinic_events import SessionCompleted
from clinic_events.errors import NotAllTaken
from clinic_events.leases import Leases
from clinic_events.memory import REFUSED_FOR, MemoryBroker, partition_of
from clinic_events.outbox import BUCKETS, PAUSE_AFTER_FAILURE, Relay
from clinic_events.ports import Message
from clinic_events.testing import example
from clinic_platform.mongo import Mongo
from tests.support.eventually import eventually
from tests.support.outbox import a_relay, an_outbox, nothing_waits, published


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


async def test_a_refusing_partition_holds_up_nothing_else_and_keeps_its_order(
    database: Mongo,
) -> None:
    """More of it than a batch holds waits in front of all others."""
    outbox, broker = await an_outbox(database), MemoryBroker()
    sick, well = patients_of(partition=0, count=3), patients_of(partition=1, count=5)
    expected = {patient: [f"{patient}/{n}" for n in range(100)] for patient in [*sick, *well]}

    async def append(patients: Sequence[str]) -> None:
        for patient in patients:
            for session in expected[patient]:
                event = example(SessionCompleted, patient_id=patient, session_id=session)
                await outbox.append(event, sequence=1)

    for patients in (sick, well):
        await database.transaction(partial(append, patients))
    broker.refuses = {(SessionCompleted.topic.name, 0)}
    relay = a_relay(database, broker)
    running = asyncio.create_task(relay.run())

    async def others_are_published() -> bool:
        return await outbox.waiting() == 300

    await eventually(others_are_published)
    broker.refuses.clear()
    await eventually(lambda: nothing_waits(outbox), within=30)
    running.cancel()
    await asyncio.wait([running])
    for patient, sessions in expected.items():
        assert [one for one in published(broker) if one.startswith(f"{patient}/")] == sessions
    assert len(published(broker)) == 800, "Each once."


class TakesNothing(MemoryBroker):
    """It refuses all, and does not state for how long."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def publish(self, messages: Sequence[Message]) -> None:
        self.asked += 1
        raise NotAllTaken((), of=len(messages))


async def test_where_nothing_is_taken_and_nothing_rests_a_relay_pauses(database: Mongo) -> None:
    outbox, broker = await an_outbox(database), TakesNothing()
    await outbox.append(example(SessionCompleted), sequence=1)
    running = asyncio.create_task(a_relay(database, broker).run())
    await asyncio.sleep(4 * PAUSE_AFTER_FAILURE.total_seconds())
    running.cancel()
    await asyncio.wait([running])
    assert 1 <= broker.asked <= 5
    assert await outbox.waiting() == 1


async def test_a_partition_that_no_relay_can_reach_moves_no_lease(database: Mongo) -> None:
    outbox, broker = await an_outbox(database), MemoryBroker()
    [sick], [well] = patients_of(partition=0, count=1), patients_of(partition=1, count=1)
    broker.refuses = {(SessionCompleted.topic.name, 0)}
    leases = CountingLeases(database)
    relay = Relay(database, broker, leases)
    for patient in (sick, well):
        await outbox.append(example(SessionCompleted, patient_id=patient), sequence=1)
    await relay.publish_waiting()
    assert (leases.successes, leases.failures) == (1, 0)
    await asyncio.sleep(REFUSED_FOR * 1.1)
    await relay.publish_waiting()
    assert (leases.successes, leases.failures) == (1, 1), "Nothing at all was taken."
