"""Controlled drugs at the sessions service's own door, at a clock that stands."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx

from clinic_events.ports import Document
from clinic_platform.kit import Kit
from clinic_platform.testing import FixedClock
from clinic_sessions.domain.facts import Booked, DoseOrdered, DosingStarted, DosingStopped, Fact
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers import Handlers
from tests.support.sessions import (
    GATES,
    a_location,
    a_plan,
    a_protocol,
    a_visit,
    good_facts,
)
from tests.support.sessions_bedside import LEFT
from tests.support.sessions_drugs import an_ended_session
from tests.support.sessions_server import Service, a_sessions_service, login

ESKETAMINE = "esketamine-sample"
WATCH = ("reading_overdue", "alarm_not_acknowledged")  # nobody reads anything here
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
    """People are `role:name`, at the sample place unless another is named."""

    service: Service

    @property
    def kit(self) -> Kit:
        return self.service.kit

    @property
    def clock(self) -> FixedClock:
        return self.service.clock

    @property
    def handlers(self) -> Handlers:
        return self.service.handlers

    async def post(
        self, path: str, body: Mapping[str, object] | None = None, *, by: str = "nurse:ada"
    ) -> httpx.Response:
        return await self.service.post(f"/v1{path}", body, by=by)

    async def get(self, path: str, *, by: str = "nurse:ada", **query: str) -> httpx.Response:
        return await self.service.http.get(f"/v1{path}", params=query, headers=login(by))

    async def done(
        self, path: str, body: Mapping[str, object] | None = None, *, by: str = "nurse:ada"
    ) -> Any:
        answer = await self.post(path, body, by=by)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def received(self, **changes: object) -> str:
        """A vial in the store, counted by two at the start of the shift; its id."""
        vial = await self.done("/locations/loc_sample/vials", {**VIAL, **changes})
        await self.counted(vial["id"], vial["received_mg"], shift="start")
        return str(vial["id"])

    async def taken(
        self, vial: str, *, by: str = "nurse:ada", witness: str = "nurse:dee"
    ) -> dict[str, Any]:
        """The vial, with the one who has it now."""
        asked = await self.done(f"/vials/{vial}/check-out", by=by)
        path = f"/vials/{vial}/check-out/{asked['check_out']['id']}/witness"
        shown: dict[str, Any] = await self.done(path, by=witness)
        return shown

    async def drawn(
        self, vial: str, session: Session, *, mg: float = 41, given: bool = False
    ) -> None:
        """Taken out, drawn for the session, `given` if so; and still with the nurse."""
        dose = {"session_id": session.id, "mg": mg}
        await self.taken(vial)
        await self.done(f"/vials/{vial}/draws", dose)
        if given:
            await self.done(f"/vials/{vial}/give", dose)

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
        path = f"/sessions/{session.id}"
        if aborted:
            await self.done(f"{path}/abort", {"reason": "transferred_to_hospital"})
        else:
            await self.done(f"{path}/leave-against-advice", LEFT)
        return await self.handlers.sessions.get(session.id)

    async def keep_promises(self) -> int:
        """How many were due."""
        return await self.service.keep_promises()

    async def incidents(self) -> list[Any]:
        shown = (await self.get("/locations/loc_sample/incidents")).json()
        return list(shown["items"])

    async def calls(self, *, of_days: bool = False) -> list[Document]:
        """Who was called about drugs, as it waits in the outbox; about days that nobody
        has closed, or about all else."""
        called = await self.service.published("sessions.staff_called.v1")
        about = [call for call in called if call["reason"] not in WATCH]
        return [call for call in about if (call["reason"] == "day_not_closed") is of_days]


@asynccontextmanager
async def a_pharmacy(mongo_url: str) -> AsyncIterator[Pharmacy]:
    """With the sample place, registered, one that is elsewhere, and one without a registration."""
    async with a_sessions_service(mongo_url, an_esketamine_protocol()) as service:
        elsewhere = replace(a_location(), id="loc_elsewhere")
        without = replace(elsewhere.details, registration=None)
        unregistered = replace(elsewhere, id="loc_unregistered")
        for place, details in ((elsewhere, elsewhere.details), (unregistered, without)):
            await service.handlers.locations.record(place, place.describe(details))
        yield Pharmacy(service)


def is_refused(answer: httpx.Response, status: int, code: str) -> Any:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    return answer.json().get("conflicts")


def amounts(vial: Any) -> dict[str, float]:
    return {
        ":".join(filter(None, (row["kind"], row["of"]))): row["mg"]
        for row in vial["balances"]
        if row["mg"]
    }
