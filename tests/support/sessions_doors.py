"""The sessions service's real application on a real database, at a clock that stands."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

import httpx

from clinic_events import PatientCleared
from clinic_events.ports import Document
from clinic_events.testing import example
from clinic_platform.kit import Kit
from clinic_platform.testing import FixedClock
from clinic_sessions.handlers import Handlers
from clinic_sessions.schemas import DescribeLocation
from tests.support.answers import done
from tests.support.sessions import NOON, TOMORROW, a_location
from tests.support.sessions_running import running

PLACE: Final = "loc_sample"
HERE: Final = f"/v1/locations/{PLACE}"
ADMIN: Final = "location_admin"


def a_document(**changes: object) -> dict[str, Any]:
    """The sample place as it is sent, with these fields instead of its own."""
    document = DescribeLocation.of(a_location(closed_on="nobody").details)
    return {**document.model_dump(mode="json"), **changes}


@dataclass(frozen=True, slots=True)
class Service:
    """The service, and a client of its door. `by`: a role, and `@` where, if not here."""

    kit: Kit
    clock: FixedClock
    handlers: Handlers
    http: httpx.AsyncClient
    _keys: Iterator[int] = field(default_factory=count)

    async def get(self, path: str, *, by: str = ADMIN, **query: str) -> httpx.Response:
        return await self.http.get(path, params=query, headers=_login(by))

    async def post(
        self, path: str, body: Mapping[str, object] | None = None, *, by: str = ADMIN
    ) -> httpx.Response:
        headers = {"Idempotency-Key": f"key-{next(self._keys)}", **_login(by)}
        return await self.http.post(path, json=dict(body or {}), headers=headers)

    async def put(
        self, path: str, body: Mapping[str, object], *, by: str = ADMIN, **headers: str
    ) -> httpx.Response:
        others = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.put(path, json=dict(body), headers={**_login(by), **others})

    async def cleared(self, patient_id: str) -> str:
        """A patient who may be treated; the id of their plan."""
        cleared = example(
            PatientCleared,
            patient_id=patient_id,
            clearance_id=f"clr_{patient_id}",
            location_id=PLACE,
            protocol="iv-ketamine-depression",
            cleared_at=NOON,
            expires_at=NOON + timedelta(days=90),
        )
        await self.kit.database.transaction(lambda: self.handlers.start_plan(cleared))
        plans = await self.get("/v1/plans", by="nurse", patient_id=patient_id)
        return str(done(plans)["items"][0]["id"])

    async def booked(
        self,
        patient_id: str,
        starts_at: datetime = TOMORROW,
        *,
        chair: str = "chair_1",
        nurse: str = "nurse_ada",
    ) -> Document:
        plan_id = await self.cleared(patient_id)
        booking = {
            "plan_id": plan_id,
            "starts_at": starts_at.isoformat(),
            "chair": chair,
            "nurse": nurse,
        }
        return done(await self.post("/v1/sessions", booking, by="nurse"))


def _login(by: str) -> dict[str, str]:
    role, _, location = by.partition("@")
    return {"Authorization": f"{role}:testa@{location or PLACE}"}


@asynccontextmanager
async def a_sessions_service(mongo_url: str) -> AsyncIterator[Service]:
    """It knows no place, and nobody."""
    async with running(mongo_url) as service, service.client() as http:
        yield Service(service.kit, service.clock, service.handlers, http)
