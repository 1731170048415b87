"""Many messages in one transaction, and the way back to single ones when one of them fails."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from clinic_events import SessionBooked, SessionCompleted, on, on_many, tracing
from clinic_events.delivery import Outcome
from clinic_events.errors import Park, Unavailable
from clinic_events.ports import Message
from clinic_events.testing import example, message_of
from tests.support.events import Listener


def completed(patient: str, number: int, *, partition: int = 0) -> Message:
    session_id = f"{patient}/{number}"
    event = example(SessionCompleted, patient_id=patient, session_id=session_id)
    message = message_of(event, event_id=f"evt_{session_id}")
    return Message(
        topic=message.topic,
        key=message.key,
        value=message.value,
        headers=message.headers,
        partition=partition,
        offset=number,
    )


class Handler:
    """Keeps what it handled; fails for the `failing` sessions."""

    def __init__(self, listener: Listener, *failing: str) -> None:
        self.effects = listener.effects
        self.failing = set(failing)
        self.portions: list[int] = []

    async def handle(self, event: SessionCompleted) -> None:
        self.effects.done.append(event.session_id)
        if event.session_id in self.failing:
            raise Park("never")

    async def handle_many(self, events: Sequence[SessionCompleted]) -> None:
        self.portions.append(len(events))
        for event in events:
            await self.handle(event)


async def test_messages_share_one_transaction_and_keep_their_order() -> None:
    listener = Listener()
    delivery = listener.delivery(on(SessionCompleted, Handler(listener).handle))
    messages = [completed("pat_1", 1), completed("pat_2", 1), completed("pat_1", 2)]

    assert await delivery.deliver_together(messages) == [Outcome.HANDLED] * 3
    assert listener.effects.done == ["pat_1/1", "pat_2/1", "pat_1/2"]


async def test_a_failing_message_and_later_ones_of_its_key_are_left_to_be_handled_alone() -> None:
    listener = Listener()
    delivery = listener.delivery(on(SessionCompleted, Handler(listener, "pat_3/1").handle))
    messages = [completed(f"pat_{p}", n) for n in (1, 2) for p in range(10)]

    outcomes = await delivery.deliver_together(messages)

    left = [m for m, outcome in zip(messages, outcomes, strict=True) if outcome is None]
    assert left == [messages[3], messages[13]]
    assert sorted(listener.effects.done) == sorted(
        f"pat_{p}/{n}" for n in (1, 2) for p in range(10) if p != 3
    )


async def test_a_message_that_is_twice_in_a_batch_is_handled_once() -> None:
    listener = Listener()
    delivery = listener.delivery(on(SessionCompleted, Handler(listener).handle))
    twice = [completed("pat_1", 1), completed("pat_1", 1)]

    assert await delivery.deliver_together(twice) == [Outcome.HANDLED, Outcome.DUPLICATE]
    assert await delivery.deliver_together(twice) == [Outcome.DUPLICATE] * 2
    assert listener.effects.done == ["pat_1/1"]


async def test_skipped_messages_and_messages_behind_a_parked_event_end_too() -> None:
    listener = Listener()
    delivery = listener.delivery(on(SessionCompleted, Handler(listener, "pat_1/1").handle))
    await delivery.deliver(completed("pat_1", 1))
    booked = message_of(example(SessionBooked), event_id="evt_booked")

    outcomes = await delivery.deliver_together(
        [completed("pat_1", 2), booked, completed("pat_2", 1)]
    )

    assert outcomes == [Outcome.PARKED, Outcome.SKIPPED, Outcome.HANDLED]


async def test_garbage_among_other_messages_is_left_to_be_handled_alone() -> None:
    listener = Listener()
    delivery = listener.delivery(on(SessionCompleted, Handler(listener).handle))
    garbage = Message(topic="t", key=None, value=b"\x00")

    outcomes = await delivery.deliver_together([completed("pat_1", 1), garbage, garbage])

    assert outcomes == [Outcome.HANDLED, None, None]


async def test_an_outage_is_not_the_fault_of_any_of_them() -> None:
    listener = Listener()

    async def away(_: SessionCompleted) -> None:
        raise Unavailable("away")

    delivery = listener.delivery(on(SessionCompleted, away))
    refused = False
    try:
        await delivery.deliver_together([completed("pat_1", 1), completed("pat_2", 1)])
    except Unavailable:
        refused = True
    assert refused


async def test_a_handler_of_many_gets_neighbours_of_one_partition_and_no_more_than_it_takes() -> (
    None
):
    listener = Listener()
    handler = Handler(listener)
    delivery = listener.delivery(on_many(SessionCompleted, handler.handle_many, most=2))
    first = [completed(f"pat_{n}", 1, partition=0) for n in range(3)]
    second = [completed(f"pat_{n}", 1, partition=1) for n in range(3, 5)]

    assert await delivery.deliver_together(first + second) == [Outcome.HANDLED] * 5
    assert handler.portions == [2, 1, 2]


async def test_a_handler_of_many_that_fails_is_tried_with_fewer_down_to_the_one() -> None:
    listener = Listener()
    handler = Handler(listener, "pat_2/1")
    delivery = listener.delivery(on_many(SessionCompleted, handler.handle_many))
    messages = [completed(f"pat_{n}", 1) for n in range(4)]

    outcomes = await delivery.deliver_together(messages)

    assert outcomes == [Outcome.HANDLED, Outcome.HANDLED, None, Outcome.HANDLED]
    assert handler.portions == [4, 2, 2, 1, 1]
    assert sorted(listener.effects.done) == ["pat_0/1", "pat_1/1", "pat_3/1"]


async def test_each_single_handler_knows_its_own_cause() -> None:
    listener = Listener()
    causes: list[str] = []

    async def note(_: SessionCompleted) -> None:
        cause = tracing.current()
        causes.append("" if cause is None else cause.id)

    delivery = listener.delivery(on(SessionCompleted, note))
    await delivery.deliver_together([completed("pat_1", 1), completed("pat_2", 1)])

    assert causes == ["evt_pat_1/1", "evt_pat_2/1"]


async def test_handled_events_are_found_before_any_handler_is_called() -> None:
    listener = Listener()
    called: list[str] = []

    async def note(event: SessionCompleted) -> None:
        called.append(event.session_id)  # not undone with the transaction

    delivery = listener.delivery(on(SessionCompleted, note))
    await delivery.deliver_together([completed("pat_1", 1)])
    both = [completed("pat_2", 1), completed("pat_1", 1)]

    assert await delivery.deliver_together(both) == [Outcome.HANDLED, Outcome.DUPLICATE]
    assert called == ["pat_1/1", "pat_2/1"]


async def test_where_one_hangs_its_neighbours_wait_for_it_once() -> None:
    listener = Listener()
    called: list[str] = []

    async def handle(event: SessionCompleted) -> None:
        called.append(event.session_id)
        if event.session_id == "pat_1/1":
            await asyncio.Event().wait()

    delivery = listener.delivery(on(SessionCompleted, handle), within=timedelta(milliseconds=20))
    messages = [completed(f"pat_{n}", 1) for n in range(8)]

    assert await delivery.deliver_together(messages) == [None] * 8
    assert called == ["pat_0/1", "pat_1/1"]
