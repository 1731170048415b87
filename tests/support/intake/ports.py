"""The ports of intake side by side: in memory, and over MongoDB on either driver."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import pytest

from clinic_intake.ports import (
    Clearances,
    Consents,
    Consultations,
    Enquiries,
    Patients,
    Places,
    Risks,
    Screenings,
    Visits,
)
from clinic_intake.store import (
    MongoClearances,
    MongoConsents,
    MongoConsultations,
    MongoEnquiries,
    MongoPatients,
    MongoPlaces,
    MongoRisks,
    MongoScreenings,
    MongoVisits,
)
from clinic_platform.mongo import Mongo
from clinic_platform.testing import InMemoryOutbox
from tests.support.databases import connected
from tests.support.intake import KEYS
from tests.support.intake.stores import (
    InMemoryClearances,
    InMemoryConsents,
    InMemoryConsultations,
    InMemoryEnquiries,
    InMemoryPatients,
    InMemoryPlaces,
    InMemoryRisks,
    InMemoryScreenings,
    InMemoryVisits,
)

KINDS: Final = ("in_memory", "motor", "pymongo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    places: Places
    enquiries: Enquiries
    patients: Patients
    screenings: Screenings
    consents: Consents
    consultations: Consultations
    clearances: Clearances
    risks: Risks
    visits: Visits
    outbox: InMemoryOutbox

    @property
    def published(self) -> list[str]:
        return [type(event).__name__ for event in self.outbox.published]


def in_memory() -> Ports:
    outbox = InMemoryOutbox()
    return Ports(
        places=InMemoryPlaces(),
        enquiries=InMemoryEnquiries(),
        patients=InMemoryPatients(outbox, KEYS),
        screenings=InMemoryScreenings(outbox),
        consents=InMemoryConsents(outbox),
        consultations=InMemoryConsultations(outbox),
        clearances=InMemoryClearances(outbox),
        risks=InMemoryRisks(),
        visits=InMemoryVisits(),
        outbox=outbox,
    )


async def in_mongo(database: Mongo) -> Ports:
    outbox = InMemoryOutbox(database)
    return Ports(
        places=MongoPlaces(database),
        enquiries=await MongoEnquiries.open_in(database, outbox),
        patients=await MongoPatients.open_in(database, outbox, KEYS),
        screenings=await MongoScreenings.open_in(database, outbox),
        consents=await MongoConsents.open_in(database, outbox),
        consultations=await MongoConsultations.open_in(database, outbox),
        clearances=await MongoClearances.open_in(database, outbox),
        risks=await MongoRisks.open_in(database),
        visits=await MongoVisits.open_in(database),
        outbox=outbox,
    )


@asynccontextmanager
async def opened(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    """The ports of the kind asked for; on a driver, with a database of their own."""
    if request.param == "in_memory":
        yield in_memory()
        return
    url: str = request.getfixturevalue("mongo_url")
    async with connected(url, "intake's ports", request.param) as database:
        yield await in_mongo(database)
