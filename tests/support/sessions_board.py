"""The board of the sample place: its service on a port of its own, and somebody who listens."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import httpx

from clinic_ctl.stack.ports import free
from clinic_platform.auth import Principal
from clinic_platform.kit import Kit
from clinic_platform.lifecycle import Server
from clinic_platform.mongo.stamps import Stamp
from clinic_platform.testing import FixedClock, caller_of
from clinic_sessions.app import application
from clinic_sessions.domain.bedside.dose import order_dose
from clinic_sessions.domain.board.cursor import Cursor
from clinic_sessions.domain.facts import Arrived, Booked, DosingStarted, Fact
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers import Handlers
from tests.support.eventually import eventually
from tests.support.intake.server import Doorman
from tests.support.plain import plain
from tests.support.sessions import (
    GATES,
    TOMORROW,
    a_plan,
    a_protocol,
    a_reading,
    a_visit,
    good_facts,
)
from tests.support.sessions_running import running

PLACE: Final = "loc_sample"
NURSE: Final = {"Authorization": f"nurse:ada@{PLACE}"}


class BearerDoorman(Doorman):
    """The same, for those who send a token as a browser does."""

    async def principal(self, authorization: str | None) -> Principal:
        return await super().principal((authorization or "").removeprefix("Bearer "))


@dataclass(frozen=True, slots=True)
class Service:
    kit: Kit
    clock: FixedClock
    handlers: Handlers

    async def booked(self, number: int = 1, *, chair: int | None = None, days: int = 0) -> Session:
        plan = replace(a_plan(), id=f"pln_{number}", patient_id=f"pat_{number}")
        await self.handlers.plans.open(plan)
        visit = a_visit(
            TOMORROW + timedelta(days=days),
            chair=f"chair_{chair or number}",
            nurse=("nurse_ada", "nurse_ben")[(chair or number) - 1],
            patient_id=f"pat_{number}",
        )
        session = Session(
            id=f"ses_{number}",
            patient_id=f"pat_{number}",
            location_id=PLACE,
            plan_id=f"pln_{number}",
            infusion_number=1,
        )
        return await self.handlers.sessions.record(session, Booked(visit))

    async def does(self, session: Session, *facts: Fact) -> Session:
        for fact in facts:
            session = await self.handlers.sessions.record(session, fact)
        return session

    async def arrives(self, session: Session) -> Session:
        return await self.does(session, Arrived(self.clock()))

    async def reads(self, session: Session, sequence: int, **values: Any) -> None:
        now = self.clock()
        reading = replace(
            a_reading(sequence, session_id=session.id), taken_at=now, received_at=now, **values
        )
        by = caller_of("nurse", PLACE)
        take = partial(self.handlers.take_readings, by, session.id, [reading])
        [taken] = await self.kit.database.transaction(take)
        assert taken.is_new

    async def alarms(self, session: Session, level: str = "pause", *, number: int = 1) -> None:
        """As the watch over a patient keeps one, with what it writes to the board log."""

        async def raise_it() -> None:
            rows = self.kit.database.collection("alarms")
            now = self.clock()
            alarm = {"concern": "systolic_high", "level": level, "status": "raised"}
            times = {"raised_at": now, "acknowledge_by": now + timedelta(minutes=2)}
            who = {"_id": f"alm_{number}", "session_id": session.id, "location_id": PLACE}
            await rows.insert_one({**who, **alarm, **times, "patient_id": session.patient_id})
            await self.handlers.moves.note(PLACE, session.id, "alarm")

        await self.kit.database.transaction(raise_it)

    async def closes(self, session: Session, *, number: int = 1) -> None:
        await self._changes(session, number, status="closed")

    async def acknowledges(self, session: Session, *, number: int = 1) -> None:
        await self._changes(session, number, status="acknowledged")

    async def raises_again(self, session: Session, *, number: int = 1) -> None:
        """At the level it has: of a symptom that is new."""
        by = self.clock() + timedelta(minutes=2)
        await self._changes(session, number, status="raised", acknowledge_by=by)

    async def _changes(self, session: Session, number: int, **values: str | datetime) -> None:
        rows = self.kit.database.collection("alarms")

        async def change() -> None:
            await rows.update_one({"_id": f"alm_{number}"}, {"$set": values})
            await self.handlers.moves.note(PLACE, session.id, "alarm")

        await self.kit.database.transaction(change)

    async def expects(self, session: Session, *, minutes: int) -> None:
        """A reading, as the watch over a patient keeps when one is due."""
        due_at = self.clock() + timedelta(minutes=minutes)
        planned = [{"due_at": due_at, "revision": 1, "is_late": False}]
        rows = self.kit.database.collection("watches")
        await rows.replace_one(
            {"_id": session.id}, {"_id": session.id, "planned": planned}, upsert=True
        )
        await self.handlers.moves.note(PLACE, session.id, "session")


@asynccontextmanager
async def a_service(mongo_url: str, *, database: str | None = None) -> AsyncIterator[Service]:
    """It knows the sample place, where it is the day of the visits. With a `database` it is another
    process of a service that is there."""
    doorman = BearerDoorman()
    async with running(mongo_url, at=TOMORROW, doorman=doorman, database=database) as service:
        if database is None:
            await service.opens()
        yield Service(service.kit, service.clock, service.handlers)


@dataclass(slots=True)
class Door:
    """Where a process of the service answers, until it is asked to stop."""

    address: str
    server: Server
    serving: asyncio.Task[None]

    async def stops(self) -> None:
        self.server.stop()
        await asyncio.wait_for(self.serving, timeout=8)


@asynccontextmanager
async def a_door(service: Service, *, port: int = 0) -> AsyncIterator[Door]:
    port = port or free(0)
    server = Server(application(service.kit, service.handlers), host="127.0.0.1", port=port)
    door = Door(f"http://127.0.0.1:{port}", server, asyncio.create_task(server.serve()))

    async def started() -> bool:
        return server.started

    await eventually(started)
    try:
        yield door
    finally:
        if not door.serving.done():
            await door.stops()


@dataclass(slots=True)
class BoardEvent:
    """One event. Comments have no name."""

    name: str
    id: str | None
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def seen(self) -> Stamp:
        """How far in the log its id is."""
        cursor = Cursor.read(self.id or "")
        assert cursor is not None, "Each event of a board has a cursor."
        return Stamp(cursor.seconds, cursor.increment)

    @property
    def sessions(self) -> list[str]:
        return [card["session_id"] for card in self.data["cards"]]


class Listener:
    """A screen at a door, as a front-end would write it."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self) -> BoardEvent:
        """The next event; signs of life are passed over."""
        while not (event := await asyncio.wait_for(self._read(), timeout=15)).name:
            pass
        return event

    async def rest(self) -> list[str]:
        """What is sent until it ends, by the lines of data."""
        return [line async for line in self._lines if line.startswith("data")]

    async def _read(self) -> BoardEvent:
        fields: dict[str, str] = {}
        async for line in self._lines:
            if not line:
                break
            name, _, value = line.partition(": ")
            fields[name] = value
        else:
            raise EOFError
        data = json.loads(fields.get("data", "{}"))
        return BoardEvent(fields.get("event", ""), fields.get("id"), data)


@asynccontextmanager
async def listening(
    address: str, *, last: str | None = None, headers: dict[str, str] | None = None
) -> AsyncIterator[Listener]:
    sent = {**(headers or NURSE), **({} if last is None else {"Last-Event-ID": last})}
    path = f"{address}/v1/locations/{PLACE}/board/events"
    async with (
        plain(timeout=20) as client,
        client.stream("GET", path, headers=sent) as response,
    ):
        assert response.status_code == 200, await response.aread()
        yield Listener(response)


def dosing(now: datetime) -> tuple[Fact, ...]:
    """From the arrival to the dose, as far as a board is concerned."""
    order = order_dose(
        a_protocol(), number=1, weight_kg=82, mg_per_kg=0.5, ordered_by="usr_eve", now=now
    )
    receipt = GATES.decide(good_facts(now), as_of=now)
    return Arrived(now), DosingStarted(now, order, "iv", receipt)
