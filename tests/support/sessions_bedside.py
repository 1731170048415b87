"""The sessions service's door at the bedside, with one patient who has a booking."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import httpx

from clinic_ctl.demo.treatment import BEFORE, LEAVING
from clinic_events.ports import Document
from clinic_platform.testing import FixedClock
from clinic_sessions.domain.bedside.adverse_event import Account
from tests.support.answers import done
from tests.support.sessions import NOON, TOMORROW
from tests.support.sessions_server import Service, a_sessions_service

PLACE: Final = "loc_sample"
LEAVES: Final = LEAVING  # what is found of a patient who may go home, as it is sent
PRESCRIBER: Final = "prescriber:petra"
NURSE: Final = "nurse:ada"
OTHER_NURSE: Final = "nurse:ben"
NAUSEA = Account(
    term="nausea",
    onset_at=NOON,
    ended_at=None,
    grade_numeric=None,
    grade_clinical=2,
    seriousness=(),
    relatedness="probable",
    action="drug_given",
    outcome="recovering",
    reason="noted",
    by="usr_a",
    at=NOON + timedelta(minutes=10),
)
SERIOUS = replace(NAUSEA, term="apnoea", grade_clinical=4, seriousness=("life_threatening",))
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
    """`by` is `role:actor`, at the sample place unless `@` names another."""

    service: Service
    session: str

    async def post(
        self,
        verb: str,
        body: Mapping[str, object] | None = None,
        *,
        by: str = NURSE,
        key: str = "",
        read: int | None = None,
    ) -> httpx.Response:
        return await self.service.post(self._path(verb), body, by=by, key=key, read=read)

    async def get(self, what: str = "", *, by: str = NURSE) -> Document:
        return done(await self.asked(what, by=by))

    async def asked(self, what: str, *, by: str = NURSE) -> httpx.Response:
        return await self.service.get(self._path(what), by=by)

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
        await self._started()

    async def _started(self) -> None:
        await self.do("dose-orders", {"mg_per_kg": 0.5}, by=PRESCRIBER)
        await self.do("dose-orders/1/prepare")
        await self.do("dose-orders/1/verify", by=OTHER_NURSE)
        await self.do("start-dosing")

    async def watched(self) -> None:
        """The dose is in, and the time of observation over."""
        await self.checked()
        await self.treated()

    async def treated(self) -> None:
        """As `watched`, of somebody who was checked."""
        await self._started()
        self.pass_minutes(40)
        await self.do("stop-dosing")
        self.pass_minutes(60)

    async def home(self) -> Document:
        await self.watched()
        await self.do("discharge-assessments", LEAVES)
        return await self.do("complete")

    def pass_minutes(self, minutes: float) -> None:
        self.clock.now += timedelta(minutes=minutes)

    async def published(self, name: str) -> list[Document]:
        """What waits in the outbox under this name, in its order."""
        return await self.service.published(name)

    @property
    def clock(self) -> FixedClock:
        return self.service.clock

    def _path(self, what: str) -> str:
        return f"/v1/sessions/{self.session}{'/' if what else ''}{what}"


@asynccontextmanager
async def a_bedside(mongo_url: str) -> AsyncIterator[Bedside]:
    async with a_sessions_service(mongo_url) as service:
        yield Bedside(service, await service.booked())
