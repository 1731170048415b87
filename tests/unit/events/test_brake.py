"""Too many of one kind that fail in a row: they stay on their topic instead of being parked."""

import asyncio

from structlog.testing import capture_logs

from clinic_events import SessionBooked, SessionCompleted, SessionMissed, on
from clinic_events.brake import PARKED_IN_A_ROW, Brake
from clinic_events.delivery import Delivery, Outcome
from clinic_events.errors import Park
from clinic_events.lanes import Assignment
from clinic_events.ports import BEHIND, Message
from clinic_events.testing import example, message_of
from clinic_events.workers import Workers
from tests.support.events import InMemoryDeadLetters, Listener
from tests.support.eventually import eventually

COMPLETED = "sessions.session_completed"


class Release:
    """Handlers of a release that is broken, until it is mended."""

    def __init__(self, dead_letters: InMemoryDeadLetters | None = None) -> None:
        self.listener = Listener()
        self.listener.dead_letters = dead_letters or self.listener.dead_letters
        self.is_broken = True
        self.attempts = 0
        self.delivery: Delivery = self.listener.delivery(
            on(SessionCompleted, self.handle), on(SessionBooked, self.handle)
        )

    async def handle(self, event: SessionCompleted | SessionBooked) -> None:
        self.attempts += 1
        if self.is_broken and isinstance(event, SessionCompleted):
            raise Park("Broken.")
        self.listener.effects.done.append(event.session_id)

    async def was_tried_again(self) -> bool:
        return self.attempts > PARKED_IN_A_ROW + 2

    async def is_held(self) -> bool:
        return bool(self.delivery.brake.on)

    async def was_tried_more_than(self, attempts: int) -> bool:
        return self.attempts > attempts

    async def completed(self, number: int) -> Outcome:
        event = example(SessionCompleted, patient_id=f"pat_{number}", session_id=f"ses_{number}")
        return await self.delivery.deliver(message_of(event, event_id=f"evt_{number}"))


async def test_the_brake_holds_failing_events_until_their_handler_is_mended() -> None:
    release = Release()
    for number in range(PARKED_IN_A_ROW):
        assert await release.completed(number) is Outcome.PARKED

    assert release.delivery.brake.on == [COMPLETED]

    held = asyncio.create_task(release.completed(PARKED_IN_A_ROW))
    await eventually(release.was_tried_again)
    release.is_broken = False

    assert await held is Outcome.HANDLED
    assert release.delivery.brake.on == []
    assert await release.listener.dead_letters.waiting() == PARKED_IN_A_ROW


async def test_other_kinds_of_events_go_on() -> None:
    release = Release()
    for number in range(PARKED_IN_A_ROW):
        await release.completed(number)

    booked = message_of(example(SessionBooked), event_id="evt_booked")
    assert await release.delivery.deliver(booked) is Outcome.HANDLED


async def test_an_event_that_is_handled_begins_the_count_again() -> None:
    release = Release()
    for number in range(PARKED_IN_A_ROW - 1):
        await release.completed(number)
    release.is_broken = False
    await release.completed(100)
    release.is_broken = True

    assert await release.completed(101) is Outcome.PARKED


async def test_a_parked_event_that_is_redriven_and_handled_releases_the_brake() -> None:
    release = Release()
    for number in range(PARKED_IN_A_ROW):
        await release.completed(number)
    release.is_broken = False

    [first] = await release.listener.dead_letters.list(limit=1)
    assert await release.delivery.redeliver(first) is Outcome.HANDLED
    assert release.delivery.brake.on == []


async def test_garbage_that_names_no_kind_is_always_parked() -> None:
    release = Release()
    garbage = message_of(example(SessionCompleted))._replace(headers={})
    for offset in range(PARKED_IN_A_ROW + 5):
        end = await release.delivery.deliver(garbage._replace(partition=0, offset=offset))
        assert end is Outcome.PARKED


def test_kinds_are_counted_apart() -> None:
    brake = Brake(after=2)
    for kind in ("a", "b"):
        brake.parked(kind)
    assert brake.on == []
    brake.parked("a")
    assert brake.on == ["a"]


def of_patient(number: int, which: str) -> Message:
    event = example(
        SessionCompleted, patient_id=f"pat_{number}", session_id=f"ses_{number}/{which}"
    )
    return message_of(event, event_id=f"evt_{number}/{which}")


async def brought_to_an_end(delivery: Delivery, *messages: Message) -> list[Outcome]:
    """As a worker does: together, and what is left alone, one after another."""
    ends = await delivery.deliver_together(messages)
    left = [message for message, end in zip(messages, ends, strict=True) if end is None]
    alone = [end for end in ends if end is not None]
    for message in left:
        alone.append(await delivery.deliver(message))
    return alone


async def test_an_event_parked_behind_another_does_not_count_as_handled() -> None:
    release = Release()
    for number in range(PARKED_IN_A_ROW):
        first, second = of_patient(number, "1"), of_patient(number, "2")
        ends = await brought_to_an_end(release.delivery, first)
        assert ends + await brought_to_an_end(release.delivery, second) == [Outcome.PARKED] * 2

    assert release.delivery.brake.on == [COMPLETED]


async def test_a_duplicate_or_a_skipped_event_does_not_count_as_handled() -> None:
    release = Release()
    release.is_broken = False
    before = of_patient(1_000, "1")
    await brought_to_an_end(release.delivery, before)
    release.is_broken = True
    not_subscribed = message_of(example(SessionMissed), event_id="evt_missed")
    for number in range(PARKED_IN_A_ROW):
        await brought_to_an_end(release.delivery, of_patient(number, "1"))
        ends = await release.delivery.deliver_together([before, not_subscribed])
        assert ends == [Outcome.DUPLICATE, Outcome.SKIPPED]
        assert await release.delivery.deliver(before) is Outcome.DUPLICATE

    assert release.delivery.brake.on == [COMPLETED]


async def test_a_parked_event_taken_out_meanwhile_does_not_release_the_brake() -> None:
    release = Release()
    for number in range(PARKED_IN_A_ROW):
        await release.completed(number)
    [first] = await release.listener.dead_letters.list(limit=1)
    await release.listener.dead_letters.discard(first.event_id)

    assert await release.delivery.redeliver(first) is Outcome.DUPLICATE
    assert release.delivery.brake.on == [COMPLETED]


class ParksSlowly(InMemoryDeadLetters):
    """As a database does: others go on meanwhile. What is in memory is undone with all that came
    between, so none waits of those that may share their transaction with one that fails."""

    async def park(
        self, message: Message, *, event_id: str, key: str, reason: str, error: str, attempts: int
    ) -> None:
        if reason != BEHIND:
            await asyncio.sleep(0.001)
        await super().park(
            message, event_id=event_id, key=key, reason=reason, error=error, attempts=attempts
        )


async def test_a_broken_release_parks_no_more_than_the_brake_allows_however_many_at_once() -> None:
    release = Release(ParksSlowly())
    messages = [
        of_patient(number, which)._replace(partition=0, offset=number * 2 + int(which) - 1)
        for number in range(300)
        for which in ("1", "2")
    ]
    workers, assignment = Workers[str](release.delivery), Assignment(["p0"])
    workers.start()
    try:
        with capture_logs():  # hundreds of errors, each with its frames
            workers.put(assignment, "p0", messages, at=0.0)
            await eventually(release.is_held)
            before = release.attempts
            await eventually(lambda: release.was_tried_more_than(before + 200))
            await workers.stop()
    finally:
        await workers.stop()

    parked = await release.listener.dead_letters.list(limit=1_000)
    assert len([one for one in parked if one.reason == "failed"]) == PARKED_IN_A_ROW
    assert release.delivery.brake.on == [COMPLETED]
