"""Writes to topics what no service published: repeated, late, shuffled, spoiled, stale."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from aiokafka import AIOKafkaProducer

from clinic_events import SessionBooked, SessionCancelled, SessionRescheduled, topics
from clinic_events.catalog import stem_of
from clinic_events.ports import Message
from clinic_events.testing import example, message_of
from clinic_platform.clock import utc_now
from clinic_platform.ids import new_id
from tests.chaos.evidence import records_of
from tests.contract.services import SERVICES

REPEATED_AT_ONCE: Final = 200
TIMES: Final = 3
WINDOW: Final = 50  # how far from its place an event may come
VISITS: Final = 25
REMINDERS: Final = ("two-days-before", "one-day-before")
# Shorter than a brake's patience, and of a kind of which good ones come all the time.
SPOILED_AT_ONCE: Final = 6


class Forger:
    """`injected`: event id → what it is. `poison`: how often a service has to set one aside.
    `pending`: what each invented booking must have left to come, in whatever order it was received.
    """

    def __init__(self, kafka: str, dice: random.Random) -> None:
        self.injected: dict[str, str] = {}
        self.poison = 0
        self.pending: dict[str, frozenset[str]] = {}
        self._kafka = kafka
        self._dice = dice

    def repeat(self) -> None:
        """Events of a while ago, three times over and out of their order, word for word."""
        asyncio.run(self._repeat())

    def spoil(self) -> None:
        """Events that cannot be read, each of a patient of its own."""
        spoiled = [self._spoiled(number) for number in range(SPOILED_AT_ONCE)]
        asyncio.run(self._publish(spoiled))

    def shuffle(self) -> None:
        """Invented bookings, each moved and some cancelled, out of order within a window."""
        messages = [message for _ in range(VISITS) for message in self._visit()]
        asyncio.run(self._publish(shuffled(messages, WINDOW, self._dice)))

    def publish_stale(self) -> None:
        """Forged: what was true of real bookings once, published anew under ids of our own."""
        asyncio.run(self._publish_stale())

    async def _repeat(self) -> None:
        published = [record.message for record in await records_of(self._kafka)]
        some = self._dice.sample(published, min(REPEATED_AT_ONCE, len(published)))
        await self._publish(shuffled(some * TIMES, WINDOW, self._dice))

    async def _publish_stale(self) -> None:
        records = await records_of(self._kafka)
        booked = [r for r in records if r.stem == "sessions.session_booked" and r.sequence == 1]
        overtaken = {r.subject for r in records if r.sequence > 1}
        stale = [r.message for r in booked if r.subject in overtaken and r.id not in self.injected]
        some = self._dice.sample(stale, min(SPOILED_AT_ONCE, len(stale)))
        await self._publish([self._ours(message, "stale") for message in some])

    def _spoiled(self, number: int) -> Message:
        session = new_id("ses")
        event = example(SessionBooked, patient_id=new_id("pat"), session_id=session)
        message = message_of(event, event_id=f"evt_{session}")
        match number % 4:
            case 0:
                spoiled = message._replace(value=b"\x00\xff garbage")
            case 1:
                spoiled = message._replace(value=b"[" * 50_000)
            case 2:
                headers = {**message.headers, "ce_partitionkey": b"pat_another"}
                spoiled = message._replace(headers=headers)
            case _:
                headers = {**message.headers, "ce_type": b"sessions.session_booked.v99"}
                spoiled = message._replace(headers=headers)
        self.injected[f"evt_{session}"] = "spoiled"
        self.poison += listeners_of(SessionBooked.name)
        return spoiled

    def _visit(self) -> list[Message]:
        """Booked, moved twice, and one in two is cancelled: what is left is known beforehand."""
        session = new_id("ses")
        who = {"session_id": session, "patient_id": new_id("pat"), "location_id": "loc_nowhere"}
        starts_at = utc_now() + timedelta(days=3650)
        events = [
            example(SessionBooked, **who, starts_at=starts_at, session_version=1),
            example(SessionRescheduled, **who, starts_at=starts_at, session_version=2),
            example(SessionRescheduled, **who, starts_at=starts_at, session_version=3),
        ]
        about, left = f"booking/{session}", 3
        if self._dice.random() < 0.5:
            events.append(example(SessionCancelled, **who, session_version=4))
            left = 0
        keys = [f"{about}/{line}/v{left}" for line in REMINDERS] if left else []
        self.pending[about] = frozenset(keys)
        messages = [
            message_of(event, event_id=f"evt_{session}_{version}", sequence=version)
            for version, event in enumerate(events, start=1)
        ]
        self.injected |= {m.headers["ce_id"].decode(): "shuffled" for m in messages}
        return messages

    def _ours(self, message: Message, what: str) -> Message:
        event_id = new_id("evt")
        self.injected[event_id] = what
        return message._replace(headers={**message.headers, "ce_id": event_id.encode()})

    async def _publish(self, messages: Sequence[Message]) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka, max_request_size=topics.MAX_MESSAGE_BYTES
        )
        await producer.start()
        try:
            for message in messages:
                await producer.send(
                    message.topic,
                    value=message.value,
                    key=message.key,
                    headers=list(message.headers.items()),
                )
            await producer.flush()
        finally:
            await producer.stop()


def listeners_of(name: str) -> int:
    return sum(
        any(stem_of(line.event.name) == stem_of(name) for line in service.subscriptions)
        for service in SERVICES
    )


def shuffled(messages: Sequence[Message], window: int, dice: random.Random) -> list[Message]:
    """None is further than the window from where it was."""
    places: Mapping[int, float] = {
        place: place + dice.uniform(0, window) for place in range(len(messages))
    }
    return [messages[place] for place in sorted(places, key=places.__getitem__)]
