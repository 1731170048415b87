"""The sessions service's real doors on a real database, with two versions of a protocol."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Final

import httpx

from clinic_platform.decisions import Receipt
from clinic_platform.kit import Kit
from clinic_platform.testing import FixedClock
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.session import Session
from clinic_sessions.store import documents
from tests.support.sessions import a_location
from tests.support.sessions_running import running

PRESCRIBER: Final = "prescriber:testa@loc_sample"


@dataclass(frozen=True, slots=True)
class Service:
    """The service, and a client of its door. `by`: `role:person@location`."""

    kit: Kit
    clock: FixedClock
    http: httpx.AsyncClient
    _keys: Iterator[int] = field(default_factory=count)

    async def get(self, path: str, *, by: str = PRESCRIBER) -> httpx.Response:
        return await self.http.get(path, headers={"Authorization": by})

    async def post(
        self, path: str, body: Mapping[str, object], *, by: str = PRESCRIBER
    ) -> httpx.Response:
        headers = {"Authorization": by, "Idempotency-Key": f"key-{next(self._keys)}"}
        return await self.http.post(path, json=dict(body), headers=headers)

    async def has_plan(self, plan: Plan) -> None:
        await self._insert("plans", {**documents.of_plan(plan), "revision": 1})

    async def has_session(self, session: Session, *receipts: Receipt) -> None:
        await self._insert("sessions", documents.of_session(session))
        for number, receipt in enumerate(receipts):
            row = {"_id": f"{session.id}/{number}", "session_id": session.id}
            kept = {"purpose": "readiness", "receipt": receipt.to_document()}
            await self._insert("receipts", {**row, **kept})

    async def _insert(self, collection: str, document: dict[str, object]) -> None:
        await self.kit.database.collection(collection).insert_one(document)


@asynccontextmanager
async def a_service_with(mongo_url: str, *versions: Protocol) -> AsyncIterator[Service]:
    """With the shipped protocols, and these."""
    async with running(mongo_url, *versions) as service, service.client() as http:
        place = a_location()
        await service.handlers.locations.record(place, place.describe(place.details))
        yield Service(service.kit, service.clock, http)
