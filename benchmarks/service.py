"""A service to measure with: an aggregate for each patient, and an event in turn for every one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

from ulid import ULID

from clinic_events import MessageSent, SessionCompleted, on
from clinic_events.dead_letters import MongoDeadLetters
from clinic_events.delivery import Delivery
from clinic_events.handling import Handling
from clinic_events.inbox import MongoInbox
from clinic_events.outbox import MongoOutbox
from clinic_events.ports import Message
from clinic_events.testing import example, message_of
from clinic_platform.clock import utc_now
from clinic_platform.mongo import Mongo
from tests.support.events import InMemoryDeadLetters, InMemoryInbox

PATIENTS: Final = 500
IN_TURN: Final = example(MessageSent)
T = TypeVar("T")


def messages(count: int) -> list[Message]:
    """Sessions completed, of many patients in turn."""
    return [
        message_of(
            example(SessionCompleted, patient_id=patient(n), session_id=f"ses_{n}"),
            event_id=f"evt_{n}",
        )._replace(partition=0, offset=n)
        for n in range(count)
    ]


def patient(number: int) -> str:
    return f"pat_{number % PATIENTS}"


@dataclass(frozen=True, slots=True)
class Measured:
    database: Mongo
    outbox: MongoOutbox
    delivery: Delivery


@asynccontextmanager
async def a_database(url: str) -> AsyncIterator[Mongo]:
    database = await Mongo.connect(url, database=f"bench_{ULID()}")
    try:
        yield database
    finally:
        await database.drop()
        await database.close()


@asynccontextmanager
async def a_service(url: str) -> AsyncIterator[Measured]:
    """Each event: inbox row, one update, one event in turn."""
    async with a_database(url) as database:
        outbox = MongoOutbox(database, source="bench", clock=utc_now)
        inbox = MongoInbox(database, group="bench", clock=utc_now)
        dead_letters = MongoDeadLetters(database, group="bench", clock=utc_now)
        for part in (outbox, inbox, dead_letters):
            await part.prepare()
        rows = database.collection("aggregates")
        await rows.insert_many([{"_id": patient(n), "sessions": 0} for n in range(PATIENTS)])

        async def handle(completed: SessionCompleted) -> None:
            await rows.update_later({"_id": completed.patient_id}, {"$inc": {"sessions": 1}})
            event = IN_TURN.model_copy(update={"patient_id": completed.patient_id})
            await outbox.append(event, sequence=1)

        handling = Handling(
            database, inbox, dead_letters, [on(SessionCompleted, handle)], clock=utc_now
        )
        yield Measured(database, outbox, Delivery(handling, dead_letters))


class NoDatabase:
    """Transactions that cost nothing: what is left is the engine itself."""

    async def transaction(self, work: Callable[[], Awaitable[T]]) -> T:
        return await work()

    def after_commit(self, callback: Callable[[], None]) -> None:
        callback()


class NoInbox(InMemoryInbox):
    async def add(self, *event_ids: str) -> None:
        return None


def without_database(handle: Callable[[SessionCompleted], Awaitable[None]]) -> Delivery:
    dead_letters = InMemoryDeadLetters()
    handling = Handling(
        NoDatabase(), NoInbox(), dead_letters, [on(SessionCompleted, handle)], clock=utc_now
    )
    return Delivery(handling, dead_letters)
