"""One message from its receipt to its outcome."""

import asyncio
from datetime import timedelta

from structlog.testing import capture_logs

from clinic_events import SessionBooked, SessionCompleted, on, tracing
from clinic_events.delivery import Outcome
from clinic_events.errors import Park, Unavailable
from clinic_events.ports import Message
from clinic_events.testing import example, message_of
from tests.support.events import Listener

COMPLETED = example(SessionCompleted)


class Handler:
    """Keeps what it handled; raises each of `failures` in turn, after having had an effect."""

    def __init__(self, listener: Listener, *failures: Exception) -> None:
        self.effects = listener.effects
        self.failures = list(failures)
        self.attempts = 0

    async def handle(self, completed: SessionCompleted) -> None:
        self.attempts += 1
        self.effects.done.append(completed.session_id)
        if self.failures:
            raise self.failures.pop(0)


async def test_an_event_is_handled_once_however_often_it_is_delivered() -> None:
    listener = Listener()
    delivery = listener.delivery(on(SessionCompleted, Handler(listener).handle))

    ends = [await delivery.deliver(message_of(COMPLETED)) for _ in range(3)]

    assert ends == [Outcome.HANDLED, Outcome.DUPLICATE, Outcome.DUPLICATE]
    assert listener.effects.done == [COMPLETED.session_id]


async def test_an_event_nobody_listens_to_is_skipped_unread() -> None:
    listener = Listener()
    delivery = listener.delivery(on(SessionBooked, lambda _: never()))
    unreadable = message_of(COMPLETED)._replace(value=b"\xff")

    assert await delivery.deliver(unreadable) is Outcome.SKIPPED
    assert not listener.inbox.handled


async def never() -> None:
    raise AssertionError("This handler is not to be called.")


async def test_what_a_failing_attempt_did_is_undone() -> None:
    listener = Listener()
    handler = Handler(listener, ValueError("no"), ValueError("no"))
    delivery = listener.delivery(on(SessionCompleted, handler.handle))

    assert await delivery.deliver(message_of(COMPLETED)) is Outcome.HANDLED
    assert handler.attempts == 3
    assert listener.effects.done == [COMPLETED.session_id]


async def test_an_event_that_keeps_failing_is_parked_without_its_effects() -> None:
    listener = Listener()
    handler = Handler(listener, *[ValueError("no")] * 99)
    delivery = listener.delivery(on(SessionCompleted, handler.handle))

    assert await delivery.deliver(message_of(COMPLETED)) is Outcome.PARKED
    [parked] = await listener.dead_letters.list()
    assert (parked.reason, parked.error, parked.attempts) == ("failed", "ValueError", 3)
    assert listener.effects.done == []


async def test_an_event_that_cannot_succeed_is_parked_at_once() -> None:
    listener = Listener()
    handler = Handler(listener, Park("never"))
    delivery = listener.delivery(on(SessionCompleted, handler.handle))

    assert await delivery.deliver(message_of(COMPLETED)) is Outcome.PARKED
    assert handler.attempts == 1


async def test_an_outage_uses_up_no_attempt() -> None:
    listener = Listener()
    away = [Unavailable("away")] * 50
    handler = Handler(listener, *away, ValueError("no"), ValueError("no"))
    delivery = listener.delivery(on(SessionCompleted, handler.handle))

    assert await delivery.deliver(message_of(COMPLETED)) is Outcome.HANDLED


async def test_garbage_is_parked_with_its_bytes_and_never_reaches_a_handler() -> None:
    listener = Listener()
    handler = Handler(listener)
    delivery = listener.delivery(on(SessionCompleted, handler.handle))
    garbage = Message(topic="sessions.events", key=b"\xff\x00", value=b"\x80", offset=7)

    assert await delivery.deliver(garbage) is Outcome.PARKED
    [parked] = await listener.dead_letters.list()
    assert (parked.reason, parked.message) == ("undecodable", garbage)
    assert handler.attempts == 0


async def test_a_version_that_is_not_known_is_parked_as_such() -> None:
    listener = Listener()
    delivery = listener.delivery(on(SessionCompleted, Handler(listener).handle))
    message = message_of(COMPLETED)
    headers = {**message.headers, "ce_type": b"sessions.session_completed.v9"}

    assert await delivery.deliver(message._replace(headers=headers)) is Outcome.PARKED
    [parked] = await listener.dead_letters.list()
    assert parked.reason == "unknown_version"


async def test_later_events_of_a_parked_key_wait_behind_it_and_other_keys_go_on() -> None:
    listener = Listener()
    handler = Handler(listener, Park("never"))
    delivery = listener.delivery(on(SessionCompleted, handler.handle))
    other = example(SessionCompleted, patient_id="pat_other", session_id="ses_other")

    await delivery.deliver(message_of(COMPLETED, event_id="evt_1"))
    assert await delivery.deliver(message_of(COMPLETED, event_id="evt_2")) is Outcome.PARKED
    assert await delivery.deliver(message_of(other, event_id="evt_3")) is Outcome.HANDLED

    parked = await listener.dead_letters.list()
    assert [(p.event_id, p.reason) for p in parked] == [("evt_1", "failed"), ("evt_2", "behind")]


async def test_a_parked_event_received_again_when_the_inbox_has_forgotten_it_waits_on() -> None:
    listener = Listener()
    delivery = listener.delivery(on(SessionCompleted, Handler(listener, Park("never")).handle))
    messages = [message_of(COMPLETED, event_id=f"evt_{n}") for n in (1, 2)]
    unreadable = message_of(COMPLETED, event_id="evt_3")._replace(value=b"{}")
    for message in (*messages, unreadable):
        assert await delivery.deliver(message) is Outcome.PARKED
    waiting = await listener.dead_letters.list()
    listener.inbox.handled.clear()

    assert await delivery.deliver_together(messages) == [Outcome.DUPLICATE] * 2
    assert await delivery.deliver(unreadable, pause=no_second_try) is Outcome.DUPLICATE
    assert await listener.dead_letters.list() == waiting
    assert listener.inbox.handled == {"evt_1", "evt_2", "evt_3"}


async def no_second_try(seconds: float) -> None:
    raise AssertionError("It has come to no end.")


async def test_a_parked_key_is_redriven_in_order_past_the_inbox() -> None:
    listener = Listener()
    delivery = listener.delivery(on(SessionCompleted, Handler(listener, Park("once")).handle))
    for number in (1, 2):
        event = example(SessionCompleted, session_id=f"ses_{number}")
        await delivery.deliver(message_of(event, event_id=f"evt_{number}"))

    for parked in await listener.dead_letters.list():
        assert await delivery.redeliver(parked) is Outcome.HANDLED

    assert listener.effects.done == ["ses_1", "ses_2"]
    assert await listener.dead_letters.waiting() == 0


async def test_a_redriven_event_that_fails_again_stays_parked() -> None:
    listener = Listener()
    handler = Handler(listener, Park("first"), ValueError("again"))
    delivery = listener.delivery(on(SessionCompleted, handler.handle))
    await delivery.deliver(message_of(COMPLETED))
    [parked] = await listener.dead_letters.list()

    assert await delivery.redeliver(parked) is Outcome.PARKED
    assert await listener.dead_letters.waiting() == 1
    assert listener.effects.done == []


async def test_a_redriven_event_without_a_listener_stays_parked() -> None:
    listener = Listener()
    before = listener.delivery(on(SessionCompleted, Handler(listener, Park("never")).handle))
    await before.deliver(message_of(COMPLETED))
    [parked] = await listener.dead_letters.list()
    await listener.dead_letters.redrive(parked.key)

    after = listener.delivery(on(SessionBooked, lambda _: never()))

    assert await after.redeliver(parked) is Outcome.PARKED
    assert await listener.dead_letters.list() == [parked]
    assert await listener.dead_letters.next_to_redrive() is None, "Or it is tried without end."
    without_listener = message_of(COMPLETED, event_id="evt_without_listener")
    assert await after.deliver(without_listener) is Outcome.SKIPPED, (
        "Nothing listens to it meanwhile."
    )


async def test_a_message_that_is_no_longer_ours_is_left_without_an_end() -> None:
    listener = Listener()
    delivery = listener.delivery(on(SessionCompleted, Handler(listener).handle))

    assert await delivery.deliver(message_of(COMPLETED), is_ours=lambda: False) is Outcome.ABANDONED
    assert not listener.inbox.handled


async def test_a_handler_knows_which_event_caused_its_work() -> None:
    listener = Listener()
    causes: list[tracing.Cause | None] = []

    async def note(_: SessionCompleted) -> None:
        causes.append(tracing.current())

    delivery = listener.delivery(on(SessionCompleted, note))
    await delivery.deliver(message_of(COMPLETED, event_id="evt_cause"))

    assert causes == [tracing.Cause(id="evt_cause", correlation_id="cor_example")]


async def test_a_handler_that_hangs_is_cut_off_tried_again_and_its_event_parked() -> None:
    listener = Listener()
    attempts: list[str] = []

    async def hang(completed: SessionCompleted) -> None:
        attempts.append(completed.session_id)
        listener.effects.done.append(completed.session_id)
        await asyncio.Event().wait()

    delivery = listener.delivery(on(SessionCompleted, hang), within=timedelta(milliseconds=20))

    assert await delivery.deliver(message_of(COMPLETED)) is Outcome.PARKED
    [parked] = await listener.dead_letters.list()
    assert (parked.reason, parked.error, parked.attempts) == ("failed", "TookTooLong", 3)
    assert len(attempts) == 3
    assert listener.effects.done == []


async def test_a_timeout_of_a_handlers_own_is_not_taken_for_ours() -> None:
    listener = Listener()
    delivery = listener.delivery(on(SessionCompleted, Handler(listener, TimeoutError()).handle))
    message = message_of(COMPLETED)

    assert await delivery.deliver_together([message]) == [None]
    listener = Listener()
    handler = Handler(listener, *[TimeoutError()] * 3)
    await listener.delivery(on(SessionCompleted, handler.handle)).deliver(message)
    [parked] = await listener.dead_letters.list()
    assert parked.error == "TimeoutError"


async def test_a_replay_leaves_a_parked_event_and_its_whole_key_as_they_are() -> None:
    listener = Listener()
    live = listener.delivery(on(SessionCompleted, Handler(listener, Park("once")).handle))
    older, parked = message_of(COMPLETED, event_id="evt_1"), message_of(COMPLETED, event_id="evt_2")
    other = message_of(example(SessionCompleted, patient_id="pat_other"), event_id="evt_3")
    listener.inbox.handled.add("evt_1")
    await live.deliver(parked)
    waiting = await listener.dead_letters.list()
    listener.inbox.handled.clear()  # as that of a replay is

    again = Handler(listener)
    delivery = listener.delivery(on(SessionCompleted, again.handle, repeatable=True), is_again=True)
    ends = await delivery.deliver_together([older, parked, other])

    assert ends == [Outcome.LEFT, Outcome.LEFT, Outcome.HANDLED]
    unreadable = message_of(COMPLETED, event_id="evt_4")._replace(value=b"{}")
    assert await delivery.deliver(unreadable) is Outcome.LEFT
    assert again.attempts == 1
    assert await listener.dead_letters.list() == waiting


async def test_an_event_that_fails_in_a_replay_is_left_and_never_parked() -> None:
    listener = Listener()
    handler = Handler(listener, *[ValueError("no")] * 3)
    delivery = listener.delivery(
        on(SessionCompleted, handler.handle, repeatable=True), is_again=True
    )

    assert await delivery.deliver(message_of(COMPLETED)) is Outcome.LEFT
    assert await listener.dead_letters.waiting() == 0
    assert not delivery.brake.counts


async def test_only_an_event_that_was_parked_is_logged_as_parked() -> None:
    listener, asked = Listener(), list[None]()
    handler = Handler(listener, Park("never"), Park("never"))
    delivery = listener.delivery(on(SessionCompleted, handler.handle))

    def another_is_faster() -> bool:
        asked.append(None)
        if len(asked) == 2:  # after it failed, before it is parked
            listener.inbox.handled.add("evt_1")
        return True

    with capture_logs() as lines:
        end = await delivery.deliver(
            message_of(COMPLETED, event_id="evt_1"), is_ours=another_is_faster
        )
        await delivery.deliver(message_of(COMPLETED, event_id="evt_2"))

    assert end is Outcome.DUPLICATE
    assert [line["event_id"] for line in lines if line["event"] == "event_parked"] == ["evt_2"]
