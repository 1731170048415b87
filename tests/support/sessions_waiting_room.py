"""A waiting room at the sessions service's door: people booked, people waiting, time that moves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx

from clinic_events import PatientCleared
from clinic_events.ports import Document
from clinic_events.testing import example
from clinic_platform.testing import caller_of
from clinic_sessions.domain.booking.days import Busy
from clinic_sessions.domain.booking.grid import instant_of
from clinic_sessions.domain.booking.visit import PATIENT
from clinic_sessions.domain.places.location import Details
from clinic_sessions.store import documents
from tests.support.answers import done
from tests.support.sessions import NOON, TOMORROW
from tests.support.sessions_server import Service, a_sessions_service

FRONT_DESK = "front_desk:flo"
PRESCRIBER = "prescriber:eve"
MORNING = datetime(2030, 1, 7, 15, tzinfo=UTC)  # the day before: 09:00 in Chicago
ANSWER_WITHIN = timedelta(hours=2)
OFFER_MADE, OFFER_ENDED = "sessions.offer_made.v1", "sessions.offer_ended.v1"


@dataclass
class WaitingRoom:
    """The sample place with two chairs. Patients have numbers."""

    service: Service

    async def plan(self, number: int) -> str:
        """Of a patient who is cleared; the same one whenever it is asked for."""
        patient = f"pat_{number}"
        cleared = example(
            PatientCleared,
            patient_id=patient,
            clearance_id=f"clr_{number}",
            location_id="loc_sample",
            protocol="iv-ketamine-depression",
            cleared_at=NOON,
            expires_at=NOON + timedelta(days=90),
        )
        handlers = self.service.handlers
        await self.service.kit.database.transaction(lambda: handlers.start_plan(cleared))
        plans = await self.service.get(f"/v1/plans?patient_id={patient}")
        return str(plans.json()["items"][0]["id"])

    async def post(
        self, path: str, body: Document | None = None, *, by: str = FRONT_DESK, key: str = ""
    ) -> httpx.Response:
        return await self.service.post(f"/v1{path}", body, by=by, key=key)

    async def get(self, path: str, *, by: str = FRONT_DESK) -> Document:
        answer = await self.service.get(f"/v1{path}", by=by)
        assert answer.status_code == 200, answer.text
        document: Document = answer.json()
        return document

    async def books(self, number: int, at: datetime = TOMORROW, **wishes: str) -> str:
        """The id of the session."""
        body = {"plan_id": await self.plan(number), "starts_at": at.isoformat(), **wishes}
        return str(done(await self.post("/sessions", body))["id"])

    async def is_full(self, at: datetime = TOMORROW) -> tuple[str, str]:
        """Patients 101 and 102 have both chairs then."""
        return await self.books(101, at), await self.books(102, at)

    async def waits(self, number: int, **wanted: object) -> Document:
        body = {"plan_id": await self.plan(number), **wanted}
        return done(await self.post("/wait-list", body))

    async def cancels(self, session_id: str) -> None:
        done(await self.post(f"/sessions/{session_id}/cancel", {"reason": "ill"}))

    async def describe(self, details: Details) -> None:
        """The place, from now on."""
        handlers, admin = self.service.handlers, caller_of("location_admin", "loc_sample")
        known = await handlers.locations.get("loc_sample")
        await handlers.describe_location(admin, known.id, details, expected=known.revision)

    async def settles(self) -> None:
        """What is due is done, and what is due because of that."""
        while await self.service.keep_promises():
            pass

    async def offers(self) -> list[Document]:
        """Those that are open."""
        await self.settles()
        found: list[Document] = (await self.get("/offers"))["items"]
        return found

    async def offered(self) -> Document:
        """The one open offer."""
        [offer] = await self.offers()
        return offer

    async def waiting(self, entry: Document) -> Document:
        return await self.get(f"/wait-list/{entry['id']}")

    async def published_offers(self) -> list[tuple[str, str]]:
        """To whom an offer was made, and how it ended: in the order of publishing."""
        events = [e for e in await self.service.published() if "offer_id" in e]
        return [(e["patient_id"], e.get("outcome", "made")) for e in events]


@asynccontextmanager
async def a_waiting_room(mongo_url: str) -> AsyncIterator[WaitingRoom]:
    """In the morning of the day before the sample visits."""
    async with a_sessions_service(mongo_url) as service:
        service.clock.move_to(MORNING)
        yield WaitingRoom(service)


async def seats_are_whole(room: WaitingRoom) -> None:
    """Whatever is booked or held has each of its seats, together with the booking it stands instead
    of; and there is no seat of anybody else."""
    database = room.service.kit.database
    expected: dict[str, set[tuple[str, datetime]]] = {}
    for row in await database.collection("sessions").find({"status": "booked"}):
        expected[row["_id"]] = seats_in(row)
    for row in await database.collection("holds").find({"has_seats": True}):
        expected[row["session_id"]] = seats_in(row) - expected.get(row["instead_of"], set())
    found: dict[str, set[tuple[str, datetime]]] = {}
    for row in await database.collection("taken_slots").find({}):
        for by in row["by"]:
            found.setdefault(by["of"], set()).add((row["_id"]["resource"], row["_id"]["at"]))
    assert found == expected


def seats_in(row: Document) -> set[tuple[str, datetime]]:
    seats = set()
    for busy in documents.taken_in([row]):
        one = Busy._make(busy)
        where = "anywhere" if one.kind == PATIENT else row["location_id"]
        for slot in range(one.first, one.end):
            seats.add((f"{where}/{one.kind}/{one.resource}", instant_of(slot)))
    return seats
