"""The sessions service on a real database, at a clock that stands: drugs through its own door."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
from pydantic import SecretStr
from ulid import ULID

from clinic_events.leases import Leases
from clinic_events.ports import Document
from clinic_platform.backbone import backbone
from clinic_platform.kit import Kit
from clinic_platform.promises import MongoPromises, PromiseKeeper
from clinic_platform.testing import FixedClock
from clinic_sessions.app import application, build
from clinic_sessions.domain.facts import Booked, DoseOrdered, DosingStarted, DosingStopped, Fact
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers import Handlers
from clinic_sessions.promises import keepers
from clinic_sessions.settings import Settings
from tests.support.intake.server import Doorman
from tests.support.sessions import (
    GATES,
    NOON,
    a_location,
    a_plan,
    a_protocol,
    a_visit,
    good_facts,
)
from tests.support.sessions_drugs import an_ended_session

RING = json.dumps({"2030a": b64encode(bytes(range(32))).decode()})
ESKETAMINE = "esketamine-sample"
VIAL: Mapping[str, object] = {
    "drug": "ketamine",
    "product_code": "0000-0000-01",
    "lot": "LOT-SAMPLE-1",
    "strength_mg_per_ml": 50,
    "volume_ml": 10,
    "is_multi_dose": True,
    "expires_on": "2031-01-31",
    "supplier": "sample-supplies",
    "reference": "INV-555-0100",
}


def an_esketamine_protocol() -> Protocol:
    return replace(
        a_protocol(), name=ESKETAMINE, drug="esketamine", risk_programme="esketamine-rems"
    )


@dataclass(frozen=True, slots=True)
class Pharmacy:
    """People are `role:name`, at the sample place unless they say another."""

    kit: Kit
    clock: FixedClock
    handlers: Handlers
    http: httpx.AsyncClient
    _keys: Iterator[int] = field(default_factory=count)

    async def post(
        self, path: str, body: Mapping[str, object] | None = None, *, by: str = "nurse:ada"
    ) -> httpx.Response:
        headers = {"Idempotency-Key": f"key-{next(self._keys)}", **login(by)}
        return await self.http.post(f"/v1{path}", json=dict(body or {}), headers=headers)

    async def get(self, path: str, *, by: str = "nurse:ada", **query: str) -> httpx.Response:
        return await self.http.get(f"/v1{path}", params=query, headers=login(by))

    async def done(
        self, path: str, body: Mapping[str, object] | None = None, *, by: str = "nurse:ada"
    ) -> Any:
        answer = await self.post(path, body, by=by)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def received(self, **changes: object) -> str:
        """A vial in the store; its id."""
        vial = await self.done("/locations/loc_sample/vials", {**VIAL, **changes})
        return str(vial["id"])

    async def counted(self, vial: str, mg: float, *, shift: str = "end") -> None:
        for person in ("nurse:ada", "nurse:ben"):
            await self.done(f"/vials/{vial}/counts", {"shift": shift, "mg": mg}, by=person)

    async def dosed(self, *, number: int = 1, protocol: str | None = None) -> Session:
        """A session whose dose of 41 mg went in and has ended; nothing of it is in the ledger."""
        plan = replace(
            a_plan(),
            id=f"pln_{number}",
            patient_id=f"pat_{number}",
            protocol=protocol or a_plan().protocol,
        )
        await self.handlers.plans.open(plan)
        order, now = an_ended_session().order, self.clock()
        assert order is not None
        receipt = GATES.decide(good_facts(now), as_of=now)
        session = Session(
            id=f"ses_{number}",
            patient_id=plan.patient_id,
            location_id="loc_sample",
            plan_id=plan.id,
            infusion_number=1,
        )
        nurse = ("nurse_ada", "nurse_ben")[number % 2]
        visit = a_visit(chair=f"chair_{number}", nurse=nurse, patient_id=plan.patient_id)
        facts: tuple[Fact, ...] = (
            Booked(visit),
            DoseOrdered(replace(order, verified_by="usr_ben")),
            DosingStarted(now, order, "iv", receipt),
            DosingStopped(now + timedelta(minutes=40)),
        )
        for fact in facts:
            session = await self.handlers.sessions.record(session, fact)
        return session

    async def ended(self, session: Session, *, aborted: bool = False) -> Session:
        verb = "abort" if aborted else "complete"
        body = {"reason": "ill"} if aborted else {"discharge": "against_advice"}
        await self.done(f"/sessions/{session.id}/{verb}", body)
        return await self.handlers.sessions.get(session.id)

    async def keep_promises(self) -> int:
        """How many were due."""
        database = self.kit.database
        leases = Leases(database.collection("leases"), name="promises", buckets=16, owner="own_1")
        keeper = PromiseKeeper(database, self.promises, keepers(self.handlers), leases, self.clock)
        return await keeper.keep_due()

    @property
    def promises(self) -> MongoPromises:
        return self.kit.promises

    async def calls(self) -> list[Document]:
        """Who was called, as it waits in the outbox to be told."""
        rows = await self.kit.database.collection("outbox").find({}, sort=[("at", 1)])
        said = [(r["headers"]["ce_type"].decode(), json.loads(r["value"])) for r in rows]
        return [event for name, event in said if name == "sessions.staff_called.v1"]


def login(by: str) -> dict[str, str]:
    who, _, location = by.partition("@")
    return {"Authorization": f"{who}@{location or 'loc_sample'}"}


@asynccontextmanager
async def a_pharmacy(mongo_url: str) -> AsyncIterator[Pharmacy]:
    """With the sample place, registered, and one that is elsewhere."""
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
        handlers = await build(kit.database, kit.outbox, promises, clock)
        shelf = {**handlers.protocols, (ESKETAMINE, 1): an_esketamine_protocol()}
        handlers = replace(handlers, protocols=shelf)
        for location_id in ("loc_sample", "loc_elsewhere"):
            place = replace(a_location(), id=location_id)
            await handlers.locations.record(place, place.describe(place.details))
        transport = httpx.ASGITransport(app=application(kit, handlers), raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://clinic.example.org"
        ) as http:
            yield Pharmacy(kit, clock, handlers, http)
        await real.database.drop()
