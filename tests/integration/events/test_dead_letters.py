"""Parked events, on a real MongoDB: in order per key, and never overtaken."""

import asyncio
from datetime import datetime, timedelta

from clinic_events import SessionCompleted, on
from clinic_events.dead_letters import MongoDeadLetters
from clinic_events.delivery import Delivery, Outcome
from clinic_events.errors import Park
from clinic_events.handling import Handling
from clinic_events.inbox import MongoInbox
from clinic_events.ports import Clock, Which
from clinic_events.testing import A_MOMENT, example, message_of
from clinic_platform.mongo import Mongo
from tests.support.eventually import eventually


class Listener:
    """Keeps what it handled in the database; raises Park while it is broken."""

    def __init__(
        self, database: Mongo, clock: Clock = lambda: A_MOMENT, *, listens: bool = True
    ) -> None:
        self.is_broken = True
        self.handled = database.collection("handled")
        self.dead_letters = MongoDeadLetters(database, group="tests", clock=clock)
        self.inbox = MongoInbox(database, group="tests", clock=lambda: A_MOMENT)
        subscriptions = [on(SessionCompleted, self.handle)] if listens else []
        handling = Handling(
            database, self.inbox, self.dead_letters, subscriptions, clock=lambda: A_MOMENT
        )
        self.delivery = Delivery(handling, self.dead_letters)

    async def handle(self, completed: SessionCompleted) -> None:
        if self.is_broken:
            raise Park("Broken.")
        await self.handled.insert_one({"session_id": completed.session_id})

    async def deliver(self, number: int, patient: str = "pat_1") -> Outcome:
        event = example(SessionCompleted, patient_id=patient, session_id=f"ses_{number}")
        return await self.delivery.deliver(message_of(event, event_id=f"evt_{patient}_{number}"))

    async def has_nothing_parked(self) -> bool:
        return await self.dead_letters.waiting() == 0

    async def sessions(self) -> list[str]:
        rows = await self.handled.find({}, sort=[("_id", 1)])
        return [str(row["session_id"]) for row in rows]


async def test_a_key_is_redriven_in_order_while_new_events_come(database: Mongo) -> None:
    listener = Listener(database)
    await listener.dead_letters.prepare()
    for number in range(5):
        assert await listener.deliver(number) is Outcome.PARKED
    listener.is_broken = False
    assert await listener.dead_letters.redrive("pat_1")

    redriving = asyncio.create_task(listener.delivery.redrive())
    for number in range(5, 15):
        await listener.deliver(number)
    await eventually(listener.has_nothing_parked)
    redriving.cancel()
    await asyncio.wait([redriving])

    assert await listener.sessions() == [f"ses_{number}" for number in range(15)]
    assert not await listener.dead_letters.blocked(["pat_1"])


async def test_a_parked_event_is_found_whole_and_by_key(database: Mongo) -> None:
    listener = Listener(database)
    await listener.deliver(1)
    await listener.deliver(2, patient="pat_2")

    [parked] = await listener.dead_letters.list(Which(key="pat_2"))
    assert parked.reason == "failed"
    assert parked.message.headers["ce_id"] == b"evt_pat_2_2"
    assert parked.message.value is not None
    assert await listener.dead_letters.waiting() == 2


async def test_a_parked_event_delivered_again_is_parked_once(database: Mongo) -> None:
    listener = Listener(database)
    assert await listener.deliver(1) is Outcome.PARKED
    assert await listener.deliver(1) is Outcome.DUPLICATE
    assert await listener.dead_letters.waiting() == 1


async def test_a_parked_event_received_again_when_the_inbox_has_forgotten_it_waits_on(
    database: Mongo,
) -> None:
    """The first of its key, one behind it, and one that cannot be read."""
    listener = Listener(database)
    unreadable = message_of(example(SessionCompleted, patient_id="pat_2"), event_id="evt_garbled")

    async def deliver_all() -> list[Outcome]:
        garbled = await listener.delivery.deliver(unreadable._replace(value=b"{}"))
        return [await listener.deliver(1), await listener.deliver(2), garbled]

    assert await deliver_all() == [Outcome.PARKED] * 3
    waiting = await listener.dead_letters.list()
    await database.collection("inbox").delete_many({})

    async with asyncio.timeout(8):  # a delivery that cannot end begins anew after ten
        assert await deliver_all() == [Outcome.DUPLICATE] * 3

    assert await listener.dead_letters.list() == waiting
    remembered = await listener.inbox.held(["evt_pat_1_1", "evt_pat_1_2", "evt_garbled"])
    assert len(remembered) == 3, "The next time nobody looks further."


async def test_a_redriven_event_without_a_listener_stays_parked_and_names_the_reason(
    database: Mongo,
) -> None:
    listener = Listener(database)
    await listener.deliver(1)
    [parked] = await listener.dead_letters.list()

    not_subscribed = Listener(database, listens=False)
    assert await not_subscribed.delivery.redeliver(parked) is Outcome.PARKED

    [left] = await listener.dead_letters.list()
    assert (left.event_id, left.error) == (parked.event_id, "NobodyListens")


async def test_two_deliveries_of_one_event_at_once_have_one_effect(database: Mongo) -> None:
    listener = Listener(database)
    listener.is_broken = False
    ends = await asyncio.gather(*(listener.deliver(1) for _ in range(5)))
    assert sorted(ends) == [*[Outcome.DUPLICATE] * 4, Outcome.HANDLED]
    assert await listener.sessions() == ["ses_1"]


class Ticking:
    """A clock that is a second later each time."""

    def __init__(self) -> None:
        self.now = A_MOMENT

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


async def test_a_key_whose_event_finds_something_away_keeps_no_other_from_its_turn(
    database: Mongo,
) -> None:
    listener = Listener(database, clock=Ticking())
    for patient in ("pat_1", "pat_2", "pat_3"):
        assert await listener.deliver(1, patient) is Outcome.PARKED
        assert await listener.dead_letters.redrive(patient)

    turns = [await listener.dead_letters.next_to_redrive() for _ in range(4)]

    keys = [parked.key for parked in turns if parked is not None]
    assert sorted(keys[:3]) == ["pat_1", "pat_2", "pat_3"]
    assert keys[3] == keys[0]


async def test_a_failure_at_an_event_handled_elsewhere_meanwhile_cancels_no_redrive(
    database: Mongo,
) -> None:
    listener = Listener(database)
    await listener.deliver(1)
    await listener.deliver(2)
    await listener.dead_letters.redrive("pat_1")
    first = await listener.dead_letters.next_to_redrive()
    assert first is not None
    assert await listener.dead_letters.clear(first)

    await listener.dead_letters.give_up(first, error="ValueError")

    second = await listener.dead_letters.next_to_redrive()
    assert second is not None
    assert second.event_id == "evt_pat_1_2"
    await listener.dead_letters.give_up(second, error="ValueError")
    assert await listener.dead_letters.next_to_redrive() is None
