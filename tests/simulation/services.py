"""Two services made of the engine's own parts: one publishes; one listens, publishes in turn, and
promises."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from clinic_events import SessionMissed, SurveyWithdrawn, on
from clinic_events.dead_letters import MongoDeadLetters
from clinic_events.delivery import Delivery
from clinic_events.handling import HANDLED_WITHIN, Handling
from clinic_events.inbox import MongoInbox
from clinic_events.leases import Leases
from clinic_events.memory import MemoryConsumer
from clinic_events.outbox import BUCKETS, MongoOutbox, Relay
from clinic_events.testing import example
from clinic_platform.mongo import Mongo
from clinic_platform.promises import (
    Due,
    Ending,
    Kept,
    MongoPromises,
    Promise,
    PromiseKeeper,
    inside,
    outside,
)
from clinic_platform.promises.store import BUCKETS as PROMISE_BUCKETS
from tests.simulation.broker import BrokerLink

GROUP: Final = "listener"
LEASED: Final = (("outbox", BUCKETS), ("promises", PROMISE_BUCKETS))
START: Final = datetime.fromisoformat("2030-01-07T12:00:00+00:00")
CHECK_EVERY: Final = 0.8  # seconds between two looks of a consumer at the broker
USEFUL_FOR: Final = timedelta(hours=1)

Task: TypeAlias = Coroutine[Any, Any, None]
Post: TypeAlias = Callable[[str, bool], Task]  # what, and whether it may have gone out before


@dataclass(frozen=True, slots=True)
class Parts:
    """Of what the services are built. A test may put in one with a fault."""

    outbox: type[MongoOutbox] = MongoOutbox
    relay: type[Relay] = Relay
    inbox: type[MongoInbox] = MongoInbox
    dead_letters: type[MongoDeadLetters] = MongoDeadLetters
    consumer: type[MemoryConsumer] = MemoryConsumer
    promises: type[MongoPromises] = MongoPromises
    mongo: type[Mongo] = Mongo
    handled_within: timedelta = HANDLED_WITHIN


@dataclass(frozen=True, slots=True)
class Ground:
    """All that one process is given."""

    owner: str
    database: Mongo
    broker: BrokerLink
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    parts: Parts

    def leases(self, name: str, buckets: int) -> Leases:
        return Leases(
            self.database.collection("leases"),
            name=name,
            buckets=buckets,
            owner=self.owner,
            monotonic=self.monotonic,
        )

    def outbox(self, source: str) -> MongoOutbox:
        return self.parts.outbox(self.database, source=source, clock=self.clock)

    def relay(self, outbox: MongoOutbox) -> Relay:
        relay = self.parts.relay(self.database, self.broker, self.leases("outbox", BUCKETS))
        outbox.on_append = relay.wake
        return relay


class PublishingService:
    """Records, each of one key; every command raises the version, and is published."""

    def __init__(self, ground: Ground) -> None:
        self._database = ground.database
        self._outbox = ground.outbox("sessions")
        self._records = ground.database.collection("records")
        self._relay = ground.relay(self._outbox)

    def tasks(self) -> list[Task]:
        return [self._relay.run()]

    async def change(self, key: str, command: str) -> None:
        """Once, however often it is asked for under that name."""
        await self._database.transaction(lambda: self._change(key, command))

    async def _change(self, key: str, command: str) -> None:
        record = await self._records.find_one({"_id": key})
        done = [] if record is None else record["done"]
        if command in done:
            return
        change = {"version": len(done) + 1, "done": [*done, command]}
        await self._records.update_one({"_id": key}, {"$set": change}, upsert=True)
        event = example(
            SessionMissed, patient_id=key, session_id=f"ses_{key}", session_version=len(done) + 1
        )
        await self._outbox.append(event, sequence=len(done) + 1)


class Listener:
    """Notes each event, publishes one in turn, and promises: a note, and now and then a letter."""

    def __init__(
        self,
        ground: Ground,
        fails: Callable[[str, int], Task],
        post: Post,
    ) -> None:
        database, clock, parts = ground.database, ground.clock, ground.parts
        self._effects = database.collection("effects")
        self._fails = fails
        self._post = post
        self._clock = clock
        self._outbox = ground.outbox("outcomes")
        self._relay = ground.relay(self._outbox)
        self.dead_letters = parts.dead_letters(database, group=GROUP, clock=clock)
        inbox = parts.inbox(database, group=GROUP, clock=clock)
        handling = Handling(
            database,
            inbox,
            self.dead_letters,
            [on(SessionMissed, self._handle)],
            clock=clock,
            within=parts.handled_within,
        )
        self._delivery = Delivery(handling, self.dead_letters)
        self._consumer = parts.consumer(
            self._delivery,
            ground.broker,
            group=GROUP,
            topics=sorted(self._delivery.topics),
            check_every=CHECK_EVERY,
        )
        self._promises = parts.promises(database, clock)
        keepers = {"note": inside(self._note), "letter": outside(_read, self._send, self._settle)}
        self._keeper = PromiseKeeper(
            database, self._promises, keepers, ground.leases("promises", PROMISE_BUCKETS), clock
        )
        self._promises.on_due = self._keeper.wake

    async def prepare(self) -> None:
        await self.dead_letters.prepare()

    def tasks(self) -> list[Task]:
        parts = (self._relay.run(), self._consumer.run(), self._keeper.run())
        return [*parts, self._delivery.redrive()]

    async def _handle(self, missed: SessionMissed) -> None:
        key, version = missed.patient_id, missed.session_version
        await self._fails(key, version)
        await self._effects.insert_one({"what": "handled", "key": key, "version": version})
        event = example(SurveyWithdrawn, patient_id=key, assignment_id=f"{key}/{version}")
        await self._outbox.append(event, sequence=1)
        await self._promises.make(self._promise("note", key, version))
        await self._promises.make(self._promise("letter", key, version))
        if version % 3 == 0:
            await self._promises.withdraw(f"{key}/{version - 1}/letter", reason="replaced")

    def _promise(self, kind: str, key: str, version: int) -> Promise:
        due_at = self._clock() + timedelta(seconds=version % 2)
        return Promise(
            key=f"{key}/{version}/{kind}",
            kind=kind,
            about=key,
            person=key,
            rule="simulation@1/any",
            why=f"evt_{key}_{version}",
            due_at=due_at,
            useful_until=due_at + USEFUL_FOR,
        )

    async def _note(self, due: Due) -> Ending:
        await self._effects.insert_one({"what": "noted", "promise": due.promise.key})
        return Kept()

    async def _send(self, due: Due, letter: str) -> None:
        await self._post(letter, due.uncertain)

    async def _settle(self, due: Due, _: None) -> Ending:
        await self._effects.insert_one({"what": "posted", "promise": due.promise.key})
        return Kept()


async def _read(due: Due) -> str | Ending:
    return due.promise.key
