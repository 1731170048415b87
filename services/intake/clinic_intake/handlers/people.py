"""Enquiries and patients."""

from datetime import date

from clinic_intake.domain.contact import Contact, marks_of
from clinic_intake.domain.enquiry import Asked, Enquiry
from clinic_intake.domain.errors import MayBeDuplicate
from clinic_intake.domain.patient import Changes, Patient
from clinic_intake.domain.place import Crisis
from clinic_intake.handlers.tools import Tools
from clinic_platform.auth import Caller
from clinic_platform.problems import StaleVersion


class People(Tools):
    async def receive_enquiry(self, asked: Asked) -> tuple[Enquiry, Crisis]:
        """The words may be about danger, and nobody reads them at once: help is always shown."""
        place = await self.place(asked.location_id)
        contact = Contact(
            name=asked.name,
            greeting_name=asked.greeting_name,
            email=asked.email,
            phone=asked.phone,
            language=asked.language,
            zone=asked.zone or place.zone,
        )
        enquiry = Enquiry(
            id=self.new_id("enq"),
            location_id=asked.location_id,
            contact=contact,
            reason=asked.reason,
            consent_to_contact=asked.consent_to_contact,
            preferred_channel=asked.preferred_channel,
            source=asked.source,
        )
        received = enquiry.receive(now=self.clock())
        return await self.enquiries.record(enquiry, received), place.crisis

    async def convert_enquiry(
        self,
        by: Caller,
        enquiry_id: str,
        *,
        birth_date: date | None,
        not_a_duplicate_of: tuple[str, ...],
    ) -> Patient:
        """Nothing is typed again; somebody who may have a record already is not given a second."""
        enquiry = await self.reached_enquiry(by, enquiry_id)
        patient = Patient(
            id=self.new_id("pat"),
            location_id=enquiry.location_id,
            enquiry_id=enquiry.id,
            contact=enquiry.contact,
            birth_date=birth_date,
            preferred_channel=enquiry.preferred_channel,
            consent_to_contact=enquiry.consent_to_contact,
            source=enquiry.source,
        )
        now = self.clock()
        converted = enquiry.convert(patient.id, not_a_duplicate_of=not_a_duplicate_of, now=now)
        candidates = await self.patients.with_marks(marks_of(patient.contact, birth_date))
        if not set(candidates) <= set(not_a_duplicate_of):
            raise MayBeDuplicate(candidates)
        await self.enquiries.record(enquiry, converted)
        return await self.patients.record(patient, patient.register(now=now))

    async def change_patient(
        self, by: Caller, patient_id: str, changes: Changes, *, expected: int
    ) -> Patient:
        patient = await self.reached_patient(by, patient_id)
        if patient.revision != expected:
            raise StaleVersion(patient.revision)
        changed = patient.change(
            changes.of(patient.contact),
            birth_date=changes.birth_date or patient.birth_date,
            preferred_channel=changes.preferred_channel or patient.preferred_channel,
        )
        return await self.patients.record(patient, changed)
