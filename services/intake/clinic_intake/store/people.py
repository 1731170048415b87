"""Enquiries and patients, kept in MongoDB; here alone are names and addresses in clear."""

from collections.abc import Collection
from functools import partial
from typing import Self

from clinic_events import ContactCardForgotten
from clinic_events.ports import Database, Outbox
from clinic_intake.domain import enquiry as enquiries
from clinic_intake.domain import patient as patients
from clinic_intake.domain.enquiry import Enquiry
from clinic_intake.domain.erasure import Erased
from clinic_intake.domain.errors import EnquiryNotFound, PatientNotFound
from clinic_intake.domain.patient import Patient
from clinic_intake.publishing import of_patient
from clinic_intake.store import documents
from clinic_intake.store.aggregates import Aggregates
from clinic_platform.sealing import KeyRing


class MongoEnquiries:
    """The port `Enquiries`."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._kept = Aggregates[Enquiry](
            database,
            outbox,
            database.collection("enquiries"),
            of=documents.of_enquiry,
            into=documents.enquiry_in,
            missing=EnquiryNotFound,
        )

    @classmethod
    async def open_in(cls, database: Database, outbox: Outbox) -> Self:
        rows = database.collection("enquiries")
        await rows.create_index([("location_id", 1), ("status", 1), ("_id", 1)])
        return cls(database, outbox)

    async def get(self, enquiry_id: str) -> Enquiry:
        return await self._kept.get(enquiry_id)

    async def record(self, enquiry: Enquiry, fact: enquiries.Fact) -> Enquiry:
        return await self._kept.save(enquiry, enquiry.after(fact), [])


class MongoPatients:
    """The port `Patients`."""

    def __init__(self, database: Database, outbox: Outbox, keys: KeyRing) -> None:
        self._kept = Aggregates[Patient](
            database,
            outbox,
            database.collection("patients"),
            of=documents.of_patient,
            into=documents.patient_in,
            missing=PatientNotFound,
        )
        self._database = database
        self._outbox = outbox
        self._queues = database.collection("registration_queues")
        self._plans = database.collection("patient_queues")
        self._keys = keys

    @classmethod
    async def open_in(cls, database: Database, outbox: Outbox, keys: KeyRing) -> Self:
        await database.collection("patients").create_index([("marks", 1)])
        return cls(database, outbox, keys)

    async def get(self, patient_id: str) -> Patient:
        return await self._kept.get(patient_id)

    async def record(self, patient: Patient, fact: patients.Fact) -> Patient:
        return await self._database.transaction(lambda: self._record(patient, fact))

    async def forget_again(self, patient: Patient) -> None:
        tombstone = ContactCardForgotten(patient_id=patient.id)
        publish = partial(self._outbox.append, tombstone, sequence=patient.revision)
        await self._database.transaction(publish)

    async def queue_for(self, patient_id: str) -> None:
        # Writing to one row makes two transactions meet here, where the second is run again.
        await self._plans.update_one({"_id": patient_id}, {"$inc": {"entered": 1}}, upsert=True)

    async def with_marks(self, marks: Collection[str]) -> list[str]:
        # Writing to one row makes two transactions meet here, where the second is run again and
        # then sees whom the first has registered.
        for mark in sorted(marks):
            queue = self._keys.fingerprint(mark)
            await self._queues.update_one({"_id": queue}, {"$inc": {"entered": 1}}, upsert=True)
        found = await self._kept.all({"marks": {"$in": sorted(marks)}})
        return sorted(patient.id for patient in found)

    async def _record(self, patient: Patient, fact: patients.Fact) -> Patient:
        after = patient.after(fact)
        if isinstance(fact, Erased):  # what they were known by goes with them
            queues = [self._keys.fingerprint(mark) for mark in patient.marks]
            await self._queues.delete_many({"_id": {"$in": queues}})
        return await self._kept.save(patient, after, of_patient(after, fact, self._keys))
