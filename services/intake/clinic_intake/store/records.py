"""Screenings, consents and clearances, kept in MongoDB."""

from typing import Final, Self

from clinic_events.ports import Database, Outbox
from clinic_intake.domain import clearance as clearances
from clinic_intake.domain import consent as consents
from clinic_intake.domain.clearance import STANDING, Clearance
from clinic_intake.domain.consent import Consent
from clinic_intake.domain.errors import ClearanceNotFound, ConsentNotFound, ScreeningNotFound
from clinic_intake.domain.screening import Screening
from clinic_intake.publishing import of_clearance, of_consent, of_screening
from clinic_intake.store import documents
from clinic_intake.store.aggregates import Aggregates

BY_PATIENT: Final = (("patient_id", 1), ("_id", -1))


class MongoScreenings:
    """The port `Screenings`."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._outbox = outbox
        self._kept = Aggregates[Screening](
            database,
            outbox,
            database.collection("screenings"),
            of=documents.of_screening,
            into=documents.screening_in,
            missing=ScreeningNotFound,
        )

    @classmethod
    async def open_in(cls, database: Database, outbox: Outbox) -> Self:
        await database.collection("screenings").create_index(BY_PATIENT)
        return cls(database, outbox)

    async def get(self, screening_id: str) -> Screening:
        return await self._kept.get(screening_id)

    async def add(self, screening: Screening) -> None:
        async def work() -> None:
            await self._kept.rows.insert_later([documents.of_screening(screening)])
            await self._outbox.append(of_screening(screening), sequence=screening.revision)

        await self._kept.database.transaction(work)

    async def newest_of(self, patient_id: str) -> Screening | None:
        return await self._kept.newest({"patient_id": patient_id})


class MongoConsents:
    """The port `Consents`."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._kept = Aggregates[Consent](
            database,
            outbox,
            database.collection("consents"),
            of=documents.of_consent,
            into=documents.consent_in,
            missing=ConsentNotFound,
        )

    @classmethod
    async def open_in(cls, database: Database, outbox: Outbox) -> Self:
        await database.collection("consents").create_index(BY_PATIENT)
        return cls(database, outbox)

    async def record(self, consent: Consent, fact: consents.Fact) -> Consent:
        after = consent.after(fact)
        return await self._kept.save(consent, after, of_consent(after, fact))

    async def of_patient(self, patient_id: str) -> list[Consent]:
        return await self._kept.all({"patient_id": patient_id})


class MongoClearances:
    """The port `Clearances`."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._queues = database.collection("clearance_queues")
        self._kept = Aggregates[Clearance](
            database,
            outbox,
            database.collection("clearances"),
            of=documents.of_clearance,
            into=documents.clearance_in,
            missing=ClearanceNotFound,
        )

    @classmethod
    async def open_in(cls, database: Database, outbox: Outbox) -> Self:
        await database.collection("clearances").create_index(BY_PATIENT)
        return cls(database, outbox)

    async def get(self, clearance_id: str) -> Clearance:
        return await self._kept.get(clearance_id)

    async def record(self, clearance: Clearance, fact: clearances.Fact) -> Clearance:
        after = clearance.after(fact)
        return await self._kept.save(
            clearance, after, of_clearance(after, fact, was=clearance.status)
        )

    async def of_patient(self, patient_id: str) -> list[Clearance]:
        return await self._kept.all({"patient_id": patient_id})

    async def standing_of(self, patient_id: str) -> list[Clearance]:
        # Writing to one row makes two transactions meet here, where the second is run again.
        await self._queues.update_one({"_id": patient_id}, {"$inc": {"entered": 1}}, upsert=True)
        standing = [status.value for status in STANDING]
        return await self._kept.all({"patient_id": patient_id, "status": {"$in": standing}})
