"""What the HTTP API shows of enquiries and patients."""

from datetime import date, datetime
from typing import Self

from pydantic import BaseModel

from clinic_intake.domain.enquiry import Enquiry
from clinic_intake.domain.patient import Patient
from clinic_intake.domain.place import Crisis


class CrisisOut(BaseModel):
    """To be shown at once."""

    text: str
    phone: str

    @classmethod
    def of(cls, crisis: Crisis) -> Self:
        return cls(text=crisis.text, phone=crisis.phone)


class ReceivedOut(BaseModel):
    """What somebody without a login gets back: nothing of what was sent."""

    id: str
    crisis: CrisisOut


class ContactOut(BaseModel):
    name: str
    greeting_name: str
    email: str
    phone: str
    language: str
    zone: str


class EnquiryOut(BaseModel):
    id: str
    location_id: str
    status: str
    received_at: datetime | None
    contact: ContactOut
    reason: str
    consent_to_contact: bool
    preferred_channel: str
    source: str
    patient_id: str | None

    @classmethod
    def of(cls, enquiry: Enquiry) -> Self:
        return cls(
            id=enquiry.id,
            location_id=enquiry.location_id,
            status=enquiry.status,
            received_at=enquiry.received_at,
            contact=_contact(enquiry),
            reason=enquiry.reason,
            consent_to_contact=enquiry.consent_to_contact,
            preferred_channel=enquiry.preferred_channel,
            source=enquiry.source,
            patient_id=enquiry.patient_id,
        )


class PatientOut(BaseModel):
    patient_id: str
    location_id: str
    enquiry_id: str
    version: int
    contact: ContactOut
    birth_date: date | None
    preferred_channel: str
    consent_to_contact: bool
    source: str
    card_version: int

    @classmethod
    def of(cls, patient: Patient) -> Self:
        return cls(
            patient_id=patient.id,
            location_id=patient.location_id,
            enquiry_id=patient.enquiry_id,
            version=patient.revision,
            contact=_contact(patient),
            birth_date=patient.birth_date,
            preferred_channel=patient.preferred_channel,
            consent_to_contact=patient.consent_to_contact,
            source=patient.source,
            card_version=patient.card_version,
        )


def _contact(person: Enquiry | Patient) -> ContactOut:
    contact = person.contact
    return ContactOut(
        name=contact.name,
        greeting_name=contact.greeting,
        email=contact.email,
        phone=contact.phone,
        language=contact.language,
        zone=contact.zone,
    )
