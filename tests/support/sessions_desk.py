"""A front desk at a running sessions service: a place of its own, plans that exist, many hands."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import httpx

from clinic_ctl.demo.arrival import sample_place
from clinic_ctl.demo.stage import ZONE
from clinic_ctl.sandbox import Sandbox
from clinic_ctl.stack.stack import Stack
from clinic_platform.ids import new_id
from clinic_platform.mongo import Mongo
from clinic_platform.testing import FixedClock, InMemoryOutbox
from clinic_sessions.store import MongoPlans, MongoSessions
from tests.support.sessions import a_plan

# The sample place without those whom the test does not name.
BARE = {**sample_place(), "recovery": [], "rota": []}
ROLES = ("front_desk", "nurse", "prescriber", "location_admin")


@dataclass(slots=True)
class Desk:
    """Each call is one HTTP request, under a key of its own."""

    location_id: str
    http: httpx.AsyncClient
    tokens: Mapping[str, str]
    database: Mongo
    today: datetime
    _days: Iterable[int] = field(default_factory=lambda: count(2))

    @property
    def sessions(self) -> MongoSessions:
        return MongoSessions(self.database, InMemoryOutbox(), FixedClock(self.today))

    def another_day(self) -> datetime:
        """Nine o'clock on a weekday nobody has asked for yet."""
        for days in self._days:
            day = (self.today + timedelta(days=days)).astimezone(ZONE)
            if day.weekday() < 5:
                return day.replace(hour=9, minute=0, second=0, microsecond=0)
        raise AssertionError("There is always another day.")

    async def plans(
        self, number: int, *, infusions: int = 6, protocol_version: int = 1
    ) -> list[str]:
        """Of as many patients."""
        plans = MongoPlans(self.database, InMemoryOutbox(), lambda: self.today)
        made = [
            replace(
                a_plan(),
                id=new_id("pln"),
                patient_id=new_id("pat"),
                location_id=self.location_id,
                infusions=infusions,
                protocol_version=protocol_version,
            )
            for _ in range(number)
        ]
        await asyncio.gather(*(plans.open(plan) for plan in made))
        return [plan.id for plan in made]

    async def post(
        self, path: str, body: Mapping[str, object] | None = None, *, by: str = "front_desk"
    ) -> httpx.Response:
        """A service that has too much to do answers 503; then, as a front-end does, again, under
        the same key."""
        headers = {"Idempotency-Key": new_id("idk"), "Authorization": f"Bearer {self.tokens[by]}"}
        while True:
            answer = await self.http.post(path, json=dict(body or {}), headers=headers)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return answer
            await asyncio.sleep(float(answer.headers["Retry-After"]))

    async def get(self, path: str, *, by: str = "front_desk", **query: str) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[by]}"}
        answer = await self.http.get(path, params=query, headers=headers)
        return answer.raise_for_status().json()

    async def book(self, plan_id: str, at: datetime, **wishes: str) -> httpx.Response:
        body = {"plan_id": plan_id, "starts_at": at.isoformat(), **wishes}
        return await self.post("/v1/sessions", body)

    async def clear_up(self) -> None:
        """Nothing is left that the other services would remind anybody of, day by day, whenever a
        later test moves the clock."""
        after: dict[str, str] = {}
        while True:
            page = await self.get("/v1/sessions", limit="100", **after)
            for session in page["items"]:
                path = f"/v1/sessions/{session['id']}"
                if session["status"] == "booked":
                    await self.post(f"{path}/cancel", {"reason": "test_is_over"})
                elif session["status"] == "completed":
                    await self.post(f"{path}/void", {"reason": "test_is_over"}, by="prescriber")
            if not page["has_more"]:
                return
            after = {"after": page["after"]}

    async def hold(self, plan_id: str, at: datetime, **wishes: str) -> httpx.Response:
        body = {"plan_id": plan_id, "starts_at": at.isoformat(), **wishes}
        return await self.post("/v1/holds", body)


@asynccontextmanager
async def a_desk(clinic: Stack, place: Mapping[str, object]) -> AsyncIterator[Desk]:
    location_id = new_id("loc")
    tokens = {role: clinic.issuer.mint(role, [location_id]) for role in ROLES}
    url = clinic.part("mongo").addresses["url"]
    database = await Mongo.connect(url, database="sessions")
    # Shorter than the service keeps an idle connection: none is closed while it is picked up.
    limits = httpx.Limits(max_connections=200, keepalive_expiry=2)
    async with httpx.AsyncClient(
        # A service on this machine uses no TLS: certificates take 30 ms of a processor to load.
        base_url=clinic.url("sessions"),
        timeout=60,
        limits=limits,
        verify=False,
    ) as http:
        headers = {"Authorization": f"Bearer {tokens['location_admin']}", "If-None-Match": "*"}
        opened = await http.put(
            f"/v1/locations/{location_id}", json={**BARE, **place}, headers=headers
        )
        opened.raise_for_status()
        today = await Sandbox(clinic.management(), http).now()
        desk = Desk(location_id, http, tokens, database, today)
        yield desk
        await desk.clear_up()
    await database.close()
