"""What intake tells the clinic."""

from typing import ClassVar

from pydantic import AwareDatetime

from clinic_events import topics
from clinic_events.envelope import Event


class PatientRegistered(Event):
    """A person has a record, at the location that looks after them."""

    name: ClassVar[str] = "intake.patient_registered.v1"
    topic = topics.INTAKE
    about: ClassVar[str] = "patient_id"

    patient_id: str
    location_id: str
    registered_at: AwareDatetime


class ContactCardSealed(Event):
    """How to reach a patient: name to greet, e-mail, phone, language, zone; readable only by those
    who hold the key ring. The newest card of a patient is the one that counts."""

    name: ClassVar[str] = "intake.contact_card_sealed.v1"
    topic = topics.CONTACTS
    about: ClassVar[str] = "patient_id"

    patient_id: str
    location_id: str
    card_version: int
    sealed: str


class ScreeningCompleted(Event):
    """`outcome`: exclude, review, advise or clear."""

    name: ClassVar[str] = "intake.screening_completed.v1"
    topic = topics.INTAKE
    about: ClassVar[str] = "screening_id"

    screening_id: str
    patient_id: str
    location_id: str
    outcome: str
    rule_set: str
    rule_set_version: int
    completed_at: AwareDatetime


class ConsentGiven(Event):
    """`kind` names what was agreed to: treatment, off_label_use, messages, driving."""

    name: ClassVar[str] = "intake.consent_given.v1"
    topic = topics.INTAKE
    about: ClassVar[str] = "consent_id"

    consent_id: str
    patient_id: str
    location_id: str
    kind: str
    document_version: int
    given_at: AwareDatetime
    expires_at: AwareDatetime


class ConsentWithdrawn(Event):
    name: ClassVar[str] = "intake.consent_withdrawn.v1"
    topic = topics.INTAKE
    about: ClassVar[str] = "consent_id"

    consent_id: str
    patient_id: str
    location_id: str
    kind: str
    withdrawn_at: AwareDatetime


class ConsultationBooked(Event):
    name: ClassVar[str] = "intake.consultation_booked.v1"
    topic = topics.INTAKE
    about: ClassVar[str] = "consultation_id"

    consultation_id: str
    patient_id: str
    location_id: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    consultation_version: int


class ConsultationCancelled(Event):
    name: ClassVar[str] = "intake.consultation_cancelled.v1"
    topic = topics.INTAKE
    about: ClassVar[str] = "consultation_id"

    consultation_id: str
    patient_id: str
    location_id: str
    consultation_version: int


class ConsultationHeld(Event):
    name: ClassVar[str] = "intake.consultation_held.v1"
    topic = topics.INTAKE
    about: ClassVar[str] = "consultation_id"

    consultation_id: str
    patient_id: str
    location_id: str
    held_at: AwareDatetime
    consultation_version: int


class PatientCleared(Event):
    """A prescriber decided that this patient may be treated by this protocol, until a day."""

    name: ClassVar[str] = "intake.patient_cleared.v1"
    topic = topics.INTAKE
    about: ClassVar[str] = "clearance_id"

    clearance_id: str
    patient_id: str
    location_id: str
    indication: str
    protocol: str
    screening_id: str
    cleared_at: AwareDatetime
    expires_at: AwareDatetime


class ClearanceEnded(Event):
    """`reason` is a code: expired, withdrawn, consent_withdrawn, superseded."""

    name: ClassVar[str] = "intake.clearance_ended.v1"
    topic = topics.INTAKE
    about: ClassVar[str] = "clearance_id"

    clearance_id: str
    patient_id: str
    location_id: str
    reason: str
    ended_at: AwareDatetime
