"""The sessions service's door at the bedside: its real application on a real database, at a clock
that stands, with one patient who has a booking."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any, Final

import httpx
from pydantic import SecretStr
from ulid import ULID

from clinic_ctl.demo.treatment import BEFORE, LEAVING
from clinic_events import ConsentGiven, PatientCleared
from clinic_events.leases import Leases
from clinic_events.ports import Document
from clinic_events.testing import example
from clinic_platform.backbone import backbone
from clinic_platform.kit import Kit
from clinic_platform.promises import MongoPromises, PromiseKeeper
from clinic_platform.testing import FixedClock, caller_of
from clinic_sessions.app import application, build
from clinic_sessions.handlers import Handlers
from clinic_sessions.promises import keepers
from clinic_sessions.settings import Settings
from tests.support.intake.server import RING, Doorman
from tests.support.sessions import NOON, TOMORROW, a_location

PLACE: Final = "loc_sample"
LEAVES: Final = LEAVING  # what is found of a patient who may go home, as it is sent
PRESCRIBER: Final = "prescriber:petra"
NURSE: Final = "nurse:ada"
OTHER_NURSE: Final = "nurse:ben"
APNOEA: Final[Mapping[str, object]] = {
    "term": "apnoea",
    "onset_at": TOMORROW.isoformat(),
    "grade_clinical": 4,
    "seriousness": ["life_threatening"],
    "relatedness": "probable",
    "action": "stopped",
    "outcome": "recovered",
}
LEFT: Final[Mapping[str, object]] = {
    "reason": "wants_to_leave",
    "capacity_assessed": True,
    "risks_explained": True,
    "witness": "usr_ben",
    "prescriber_informed": "usr_petra",
}


@dataclass(slots=True)
class Bedside:
    """`by` is `role:actor`, at the sample place unless `@` says another."""

    kit: Kit
    clock: FixedClock
    handlers: Handlers
    http: httpx.AsyncClient
    session: str = ""
    _keys: Iterator[int] = field(default_factory=count)

    async def post(
        self, verb: str, body: Mapping[str, object] | None = None, *, by: str = NURSE, key: str = ""
    ) -> httpx.Response:
        headers = {"Idempotency-Key": key or f"key-{next(self._keys)}", **_login(by)}
        path = f"/v1/sessions/{self.session}/{verb}"
        return await self.http.post(path, json=dict(body or {}), headers=headers)

    async def get(self, what: str = "", *, by: str = NURSE) -> Document:
        response = await self.http.get(self._path(what), headers=_login(by))
        return done(response)

    async def asked(self, what: str, *, by: str = NURSE) -> httpx.Response:
        return await self.http.get(self._path(what), headers=_login(by))

    async def do(
        self, verb: str, body: Mapping[str, object] | None = None, *, by: str = NURSE
    ) -> Document:
        return done(await self.post(verb, body, by=by))

    async def checked(self, **otherwise: object) -> None:
        """The patient is here, and what is found is as it should be but for this."""
        self.clock.now = TOMORROW
        await self.do("arrive")
        await self.do("checks", {**BEFORE, **otherwise})

    async def dosed(self) -> None:
        """By three people; it runs."""
        await self.checked()
        await self.do("dose-orders", {"mg_per_kg": 0.5}, by=PRESCRIBER)
        await self.do("dose-orders/1/prepare")
        await self.do("dose-orders/1/verify", by=OTHER_NURSE)
        await self.do("start-dosing")

    async def watched(self) -> None:
        """The dose is in, and the time of observation over."""
        await self.dosed()
        self.pass_minutes(40)
        await self.do("stop-dosing")
        self.pass_minutes(60)

    async def home(self) -> Document:
        await self.watched()
        await self.do("discharge-assessments", LEAVES)
        return await self.do("complete")

    def pass_minutes(self, minutes: float) -> None:
        self.clock.now += timedelta(minutes=minutes)

    async def said(self, name: str) -> list[Document]:
        """What waits in the outbox under this name, in its order."""
        rows = await self.kit.database.collection("outbox").find({}, sort=[("at", 1)])
        said = [{"name": r["headers"]["ce_type"].decode(), **json.loads(r["value"])} for r in rows]
        return [event for event in said if event["name"] == name]

    async def keep_promises(self) -> int:
        """How many were due."""
        database = self.kit.database
        rows = database.collection("leases")
        leases = Leases(rows, name="promises", buckets=16, owner="own_1")
        kept = keepers(self.handlers)
        return await PromiseKeeper(database, self.kit.promises, kept, leases, self.clock).keep_due()

    def _path(self, what: str) -> str:
        return f"/v1/sessions/{self.session}{'/' if what else ''}{what}"


def done(response: httpx.Response) -> Document:
    assert response.is_success, response.text
    document: Document = response.json()
    return document


def refused(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    document: dict[str, Any] = response.json()
    return document


def _login(by: str) -> dict[str, str]:
    who, _, location = by.partition("@")
    return {"Authorization": f"{who}@{location or PLACE}"}


@asynccontextmanager
async def a_bedside(mongo_url: str) -> AsyncIterator[Bedside]:
    settings = Settings(
        environment="test",
        mongo_url=mongo_url,
        mongo_database=f"test_{ULID()}",
        auth_jwks_url="https://issuer.example.org/keys",
        sealing_keys=SecretStr(RING),
    )
    clock = FixedClock(NOON)
    async with backbone("sessions", settings) as real:
        promises = MongoPromises(real.database, clock)
        kit = replace(real, clock=clock, promises=promises, authenticator=Doorman())
        handlers = await build(kit.database, kit.outbox, kit.promises, kit.keys, clock)
        transport = httpx.ASGITransport(app=application(kit, handlers), raise_app_exceptions=False)
        base = "http://clinic.example.org"
        async with httpx.AsyncClient(transport=transport, base_url=base) as http:
            bedside = Bedside(kit, clock, handlers, http)
            bedside.session = await _booked(handlers, kit)
            yield bedside
        await real.database.drop()


async def _booked(handlers: Handlers, kit: Kit) -> str:
    """One session tomorrow, of a patient who was cleared and has consented."""
    admin, nurse = caller_of("location_admin", PLACE), caller_of("nurse", PLACE)
    details = a_location(closed_on="nobody").details
    await handlers.describe_location(admin, PLACE, details, expected=None)
    who = {"patient_id": "pat_1", "location_id": PLACE, "protocol": "iv-ketamine-depression"}
    until = NOON + timedelta(days=90)
    cleared = example(
        PatientCleared, **who, clearance_id="clr_1", cleared_at=NOON, expires_at=until
    )
    await kit.database.transaction(lambda: handlers.start_plan(cleared))
    given = example(
        ConsentGiven, patient_id="pat_1", kind="treatment", given_at=NOON, expires_at=until
    )
    await kit.database.transaction(lambda: handlers.note_consent_given(given))
    [plan] = await kit.database.collection("plans").find({})
    session = await kit.database.transaction(
        lambda: handlers.book_session(
            nurse, plan["_id"], starts_at=TOMORROW, chair="chair_1", nurse="nurse_ada"
        )
    )
    return session.id
