"""The sessions service's real application on a real database, at a clock that stands."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import httpx

from clinic_ctl.demo.treatment import BEFORE
from clinic_events import ConsentGiven, PatientCleared
from clinic_events.leases import Leases
from clinic_events.ports import Document
from clinic_events.testing import example
from clinic_platform.kit import Kit
from clinic_platform.promises import PromiseKeeper
from clinic_platform.testing import FixedClock
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.handlers import Handlers
from clinic_sessions.promises import keepers
from tests.support.sessions import CONSENTS, NOON, TOMORROW
from tests.support.sessions_running import running


@dataclass(frozen=True, slots=True)
class Service:
    """The service, and a client of its door."""

    kit: Kit
    clock: FixedClock
    handlers: Handlers
    http: httpx.AsyncClient
    _keys: Iterator[int] = field(default_factory=count)

    async def post(
        self,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        by: str = "nurse:ada",
        key: str = "",
        read: int | None = None,
    ) -> httpx.Response:
        """`by` is a role and an actor, at the sample place unless it names another. `read`: the
        version that the change is of."""
        headers = {"Idempotency-Key": key or f"key-{next(self._keys)}", **login(by)}
        headers |= {} if read is None else {"If-Match": f'"{read}"'}
        return await self.http.post(path, json=dict(body or {}), headers=headers)

    async def get(self, path: str, *, by: str = "nurse:ada") -> httpx.Response:
        return await self.http.get(path, headers=login(by))

    async def published(self, name: str = "") -> list[Document]:
        """What waits in the outbox, in its order: all of it, or what has this name."""
        rows = await self.kit.database.collection("outbox").find({}, sort=[("at", 1)])
        waiting = [
            {"name": r["headers"]["ce_type"].decode(), **json.loads(r["value"])} for r in rows
        ]
        return [event for event in waiting if name in ("", event["name"])]

    async def moves(self, to: datetime) -> None:
        """Time moves on, from one thing that is due to the next; each is kept."""
        while (due_at := await self.kit.promises.next_due_at()) is not None and due_at <= to:
            self.clock.move_to(max(self.clock(), due_at))
            await self.keep_promises()
        self.clock.move_to(max(self.clock(), to))

    async def booked(self, number: int = 1) -> str:
        """The id of a session of a patient who may be treated, and has just arrived."""
        patient = f"pat_{number}"
        await self.handlers.start_plan(_cleared(patient))
        for kind in CONSENTS:
            await self.handlers.note_consent_given(_consent(patient, kind))
        plans = await self.get(f"/v1/plans?patient_id={patient}")
        booking = {
            "plan_id": plans.json()["items"][0]["id"],
            "starts_at": TOMORROW.isoformat(),
            **{"chair": f"chair_{number}", "nurse": f"nurse_{('ada', 'ben')[number - 1]}"},
        }
        booked = await self.post("/v1/sessions", booking)
        assert booked.status_code == 201, booked.text
        return str(booked.json()["id"])

    async def dosed(self, session: str) -> datetime:
        """From the arrival to the start of dosing, which is the time it is then."""
        await self.moves(TOMORROW)
        steps: list[tuple[str, dict[str, Any], str]] = [
            ("arrive", {}, "nurse:ada"),
            ("checks", dict(BEFORE), "nurse:ada"),
            ("dose-orders", {"mg_per_kg": 0.5}, "prescriber:eve"),
            ("dose-orders/1/prepare", {}, "nurse:ada"),
            ("dose-orders/1/verify", {}, "nurse:ben"),
            ("start-dosing", {}, "nurse:ada"),
        ]
        for step, body, by in steps:
            answer = await self.post(f"/v1/sessions/{session}/{step}", body, by=by)
            assert answer.is_success, answer.text
        return self.clock()

    async def keep_promises(self) -> int:
        """How many were due."""
        database, promises = self.kit.database, self.kit.promises
        rows = database.collection("leases")
        leases = Leases(rows, name="promises", buckets=16, owner="own_1")
        keeper = PromiseKeeper(database, promises, keepers(self.handlers), leases, self.clock)
        return await keeper.keep_due()


def login(by: str) -> dict[str, str]:
    who, _, location = by.partition("@")
    return {"Authorization": f"{who}@{location or 'loc_sample'}"}


@asynccontextmanager
async def a_sessions_service(mongo_url: str, *also: Protocol) -> AsyncIterator[Service]:
    """It knows the sample place, its own protocols and these, and nobody."""
    async with running(mongo_url, *also) as service, service.client() as http:
        await service.opens()
        yield Service(service.kit, service.clock, service.handlers, http)


def _cleared(patient: str) -> PatientCleared:
    return example(
        PatientCleared,
        patient_id=patient,
        clearance_id=f"clr_{patient}",
        location_id="loc_sample",
        protocol="iv-ketamine-depression",
        cleared_at=NOON,
        expires_at=NOON + timedelta(days=90),
    )


def _consent(patient: str, kind: str) -> ConsentGiven:
    expires_at = NOON + timedelta(days=365)
    return example(
        ConsentGiven,
        patient_id=patient,
        consent_id=f"con_{patient}_{kind}",
        kind=kind,
        given_at=NOON,
        expires_at=expires_at,
    )
