"""Workers: many messages in one transaction, and no key waits for another key's failure."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from clinic_events import SessionCancelled, SessionCompleted, on, on_many
from clinic_events.delivery import Delivery, Outcome
from clinic_events.errors import OutOfTime, Park, Unavailable
from clinic_events.lanes import Assignment
from clinic_events.memory import MemoryBroker, MemoryConsumer
from clinic_events.ports import Message
from clinic_events.retry import Retry
from clinic_events.testing import example, message_of
from clinic_events.workers import ALONE, Workers
from tests.support.events import Listener
from tests.support.eventually import eventually

FOR_EVER = Retry(attempts=1_000_000, first=timedelta(hours=1), cap=timedelta(hours=1))


@asynccontextmanager
async def at_work(
    delivery: Delivery, *, batch: int = 50, workers: int = 4
) -> AsyncIterator[Workers[str]]:
    at_work: Workers[str] = Workers(delivery, batch=batch, workers=workers)
    at_work.start()
    try:
        yield at_work
    finally:
        await at_work.stop()


async def nobody_works(workers: Workers[str]) -> bool:
    return not workers._lanes._lanes and not workers._trying


def put(
    workers: Workers[str], assignment: Assignment[str], patient: str, number: int, offset: int
) -> None:
    session_id = f"{patient}/{number}"
    event = example(SessionCompleted, patient_id=patient, session_id=session_id)
    message = message_of(event, event_id=f"evt_{session_id}")
    at = Message(
        message.topic, message.key, message.value, message.headers, partition=0, offset=offset
    )
    workers.put(assignment, "p0", [at], at=0.0)


async def test_everything_ends_and_each_key_in_its_order() -> None:
    listener = Listener()

    async def handle(event: SessionCompleted) -> None:
        listener.effects.done.append(event.session_id)

    assignment = Assignment(["p0"])
    async with at_work(listener.delivery(on(SessionCompleted, handle)), batch=7) as workers:
        for offset in range(100):
            put(workers, assignment, f"pat_{offset % 9}", offset // 9, offset)
        await eventually(lambda: is_done(assignment))

    assert assignment.to_commit() == {"p0": 100}
    for patient in range(9):
        handled = [s for s in listener.effects.done if s.startswith(f"pat_{patient}/")]
        assert handled == [f"pat_{patient}/{n}" for n in range(len(handled))]
    assert len(listener.effects.done) == 100


async def is_done(assignment: Assignment[str], but: int = 0) -> bool:
    return assignment.outstanding == but


async def test_while_one_event_is_tried_again_only_its_own_key_waits() -> None:
    listener = Listener(retry=FOR_EVER)

    async def handle(event: SessionCompleted) -> None:
        if event.session_id == "pat_0/0":
            raise ValueError("not yet")
        listener.effects.done.append(event.session_id)

    assignment = Assignment(["p0"])
    async with at_work(listener.delivery(on(SessionCompleted, handle))) as workers:
        for offset in range(30):
            put(workers, assignment, f"pat_{offset % 3}", offset // 3, offset)
        await eventually(lambda: is_done(assignment, but=10))

    assert not [s for s in listener.effects.done if s.startswith("pat_0/")]
    assert len(listener.effects.done) == 20
    assert assignment.reached("p0") == 0


async def test_a_message_of_a_closed_assignment_is_dropped_and_moves_no_offset() -> None:
    listener = Listener()

    async def handle(event: SessionCompleted) -> None:
        listener.effects.done.append(event.session_id)

    closed, still_open = Assignment(["p0"]), Assignment(["p0"])
    closed.close()
    async with at_work(listener.delivery(on(SessionCompleted, handle))) as workers:
        put(workers, closed, "pat_1", 1, 0)
        put(workers, still_open, "pat_1", 2, 1)
        await eventually(lambda: is_done(still_open))

    assert listener.effects.done == ["pat_1/2"]
    assert closed.to_commit() == {"p0": 0}


async def test_when_partitions_are_revoked_only_handled_messages_are_committed() -> None:
    listener, goes_on = Listener(), asyncio.Event()

    async def handle(event: SessionCompleted) -> None:
        await goes_on.wait()
        listener.effects.done.append(event.session_id)

    assignment = Assignment(["p0"])
    delivery = listener.delivery(on(SessionCompleted, handle))
    async with at_work(delivery, batch=1, workers=1) as workers:
        for number in range(5):
            put(workers, assignment, f"pat_{number}", 1, number)
        await asyncio.sleep(0)  # the first is begun
        assignment.close()
        goes_on.set()
        await eventually(lambda: nobody_works(workers))

    assert listener.effects.done == ["pat_0/1"]
    assert assignment.to_commit() == {"p0": 1}


async def test_a_message_being_retried_when_partitions_are_revoked_is_not_committed() -> None:
    listener, assignment = Listener(), Assignment(["p0"])

    async def fail(_: SessionCompleted) -> None:
        assignment.close()
        raise ValueError("again")

    async with at_work(listener.delivery(on(SessionCompleted, fail))) as workers:
        put(workers, assignment, "pat_1", 1, 0)
        await eventually(lambda: nobody_works(workers))

    assert assignment.to_commit() == {"p0": 0}
    assert await listener.dead_letters.waiting() == 0


async def test_an_outage_parks_nothing_and_work_goes_on_after_it() -> None:
    listener = Listener()
    refused = asyncio.Event()

    async def handle(event: SessionCompleted) -> None:
        if not refused.is_set():
            refused.set()
            raise Unavailable("away")
        listener.effects.done.append(event.session_id)

    assignment = Assignment(["p0"])
    async with at_work(listener.delivery(on(SessionCompleted, handle))) as workers:
        for offset in range(3):
            put(workers, assignment, "pat_1", offset, offset)
        await eventually(lambda: is_done(assignment))

    assert refused.is_set()
    assert listener.effects.done == ["pat_1/0", "pat_1/1", "pat_1/2"]
    assert await listener.dead_letters.waiting() == 0


async def test_a_batch_too_large_for_a_transactions_time_is_handled_in_smaller_ones() -> None:
    listener, tried = Listener(), list[int]()

    async def handle(events: Sequence[SessionCompleted]) -> None:
        tried.append(len(events))
        if len(events) > 2:
            raise Unavailable("too slow for so many")
        listener.effects.done.extend(event.session_id for event in events)

    assignment = Assignment(["p0"])
    delivery = listener.delivery(on_many(SessionCompleted, handle))
    async with at_work(delivery, batch=8, workers=1) as workers:
        for offset in range(8):
            put(workers, assignment, f"pat_{offset % 2}", offset // 2, offset)
        await eventually(lambda: is_done(assignment))

    assert tried[:3] == [8, 4, 2]
    for patient in ("pat_0", "pat_1"):
        of_one = [done for done in listener.effects.done if done.startswith(patient)]
        assert of_one == [f"{patient}/{number}" for number in range(4)]
    assert sorted({*listener.effects.done}) == sorted(listener.effects.done)


async def test_a_message_that_pauses_before_a_retry_is_not_waited_for() -> None:
    listener, attempts = Listener(retry=FOR_EVER), list[str]()

    async def fail(event: SessionCompleted) -> None:
        attempts.append(event.session_id)
        raise ValueError("again")

    async def was_tried_alone() -> bool:
        return len(attempts) == 2

    assignment = Assignment(["p0"])
    async with at_work(listener.delivery(on(SessionCompleted, fail))) as workers:
        put(workers, assignment, "pat_1", 1, 0)
        await eventually(was_tried_alone)
        async with asyncio.timeout(5):
            assert await workers.under_way(within=3_600)
    assert assignment.to_commit() == {"p0": 0}


async def test_a_message_that_pauses_before_a_retry_takes_no_room_from_others() -> None:
    """More than may be tried at one time wait for an hour; one of another kind is parked."""
    listener, failed = Listener(retry=FOR_EVER), set[str]()

    async def fail(event: SessionCompleted) -> None:
        failed.add(event.session_id)
        raise ValueError("again")

    async def refuse(_: SessionCancelled) -> None:
        raise Park("never")

    async def all_have_failed() -> bool:
        return len(failed) == ALONE + 1 and workers._under_way == 0

    assignment = Assignment(["p0"])
    delivery = listener.delivery(on(SessionCompleted, fail), on(SessionCancelled, refuse))
    async with at_work(delivery) as workers:
        for offset in range(ALONE + 1):
            put(workers, assignment, f"pat_{offset}", 1, offset)
        await eventually(all_have_failed)
        other = message_of(example(SessionCancelled, patient_id="pat_other"))
        workers.put(assignment, "p0", [other._replace(partition=0, offset=ALONE + 1)], at=0.0)
        await eventually(lambda: is_done(assignment, but=ALONE + 1))

    assert await listener.dead_letters.waiting() == 1


async def test_an_event_that_takes_a_transactions_time_again_and_again_is_parked() -> None:
    listener = Listener()

    async def handle(event: SessionCompleted) -> None:
        if event.session_id == "pat_0/0":
            raise OutOfTime("too much")
        listener.effects.done.append(event.session_id)

    assignment = Assignment(["p0"])
    async with at_work(listener.delivery(on(SessionCompleted, handle)), batch=8) as workers:
        for offset in range(8):
            put(workers, assignment, f"pat_{offset}", 0, offset)
        await eventually(lambda: is_done(assignment), within=30)

    assert len(listener.effects.done) == 7
    [parked] = await listener.dead_letters.list()
    assert (parked.event_id, parked.error) == ("evt_pat_0/0", "OutOfTime")


class Breaks(Delivery):
    """With a fault of its own, which is no event's."""

    async def deliver_together(self, messages: Sequence[Message]) -> list[Outcome | None]:
        raise RuntimeError("A fault of ours.")


async def test_the_error_that_ended_a_worker_is_raised() -> None:
    listener = Listener()
    sound = listener.delivery(on(SessionCompleted, no_effect))
    broken = Breaks(sound._handling, listener.dead_letters)
    async with at_work(broken) as workers:
        workers.check()
        put(workers, Assignment(["p0"]), "pat_1", 1, 0)

        async def is_raised() -> bool:
            try:
                workers.check()
            except RuntimeError:
                return True
            return False

        await eventually(is_raised)


async def no_effect(_: SessionCompleted) -> None:
    pass


async def test_a_consumer_whose_worker_has_died_ends() -> None:
    listener, broker = Listener(), MemoryBroker()
    sound = listener.delivery(on(SessionCompleted, no_effect))
    broken = Breaks(sound._handling, listener.dead_letters)
    await broker.publish([message_of(example(SessionCompleted))])

    consumer = MemoryConsumer(broken, broker, group="g", topics=broken.topics)
    with pytest.raises(RuntimeError, match="of ours"):
        async with asyncio.timeout(30):
            await consumer.run()
