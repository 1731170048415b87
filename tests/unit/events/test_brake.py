"""Too many of one kind that fail in a row: they stay on their topic instead of being set aside."""

import asyncio

from clinic_events import SessionBooked, SessionCompleted, on
from clinic_events.brake import PARKED_IN_A_ROW, Brake
from clinic_events.delivery import Delivery, Outcome
from clinic_events.errors import Park
from clinic_events.testing import example, message_of
from tests.support.events import Listener
from tests.support.eventually import eventually

COMPLETED = "sessions.session_completed"


class Release:
    """Handlers of a release that is broken, until it is mended."""

    def __init__(self) -> None:
        self.listener = Listener()
        self.is_broken = True
        self.attempts = 0
        self.delivery: Delivery = self.listener.delivery(
            on(SessionCompleted, self.hear), on(SessionBooked, self.hear)
        )

    async def hear(self, event: SessionCompleted | SessionBooked) -> None:
        self.attempts += 1
        if self.is_broken and isinstance(event, SessionCompleted):
            raise Park("Broken.")
        self.listener.effects.done.append(event.session_id)

    async def was_tried_again(self) -> bool:
        return self.attempts > PARKED_IN_A_ROW + 2

    async def completed(self, number: int) -> Outcome:
        event = example(SessionCompleted, patient_id=f"pat_{number}", session_id=f"ses_{number}")
        return await self.delivery.deliver(message_of(event, event_id=f"evt_{number}"))


async def test_the_brake_holds_what_fails_until_it_is_mended() -> None:
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


async def test_one_that_is_handled_begins_the_count_again() -> None:
    release = Release()
    for number in range(PARKED_IN_A_ROW - 1):
        await release.completed(number)
    release.is_broken = False
    await release.completed(100)
    release.is_broken = True

    assert await release.completed(101) is Outcome.PARKED


async def test_a_parked_event_that_is_redriven_and_handled_lets_go() -> None:
    release = Release()
    for number in range(PARKED_IN_A_ROW):
        await release.completed(number)
    release.is_broken = False

    [first] = await release.listener.dead_letters.list(limit=1)
    assert await release.delivery.redeliver(first) is Outcome.HANDLED
    assert release.delivery.brake.on == []


async def test_garbage_that_names_no_kind_is_always_set_aside() -> None:
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
