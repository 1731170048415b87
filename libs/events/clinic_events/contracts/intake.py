"""The events that intake publishes."""

from typing import ClassVar

from pydantic import AwareDatetime

from clinic_events import topics
from clinic_events.contracts.fields import (
    ClearanceId,
    ConsentId,
    ConsultationId,
    Indication,
    LocationId,
    PatientId,
    Protocol,
    ScreeningId,
    Version,
)
from clinic_events.envelope import Event


class PatientRegistered(Event):
    """A person has a record, at the location that looks after them."""

    name: ClassVar[str] = "intake.patient_registered.v1"
    topic = topics.INTAKE
    about: ClassVar[str] = "patient_id"

    patient_id: PatientId
    location_id: LocationId
    registered_at: AwareDatetime
    """When the record was made."""


class ContactCardSealed(Event):
    """How to reach a patient, published again whenever it changes. The newest card counts."""

    name: ClassVar[str] = "intake.contact_card_sealed.v1"
    topic = topics.CONTACTS
    about: ClassVar[str] = "patient_id"

    patient_id: PatientId
    location_id: LocationId
    card_version: Version
    sealed: str
    """Name to greet by, e-mail, phone, language, zone: for who holds the key ring."""


class ContactCardForgotten(Event):
    """A patient was erased: the tombstone of their contact card. It has no body; its key is the
    patient. Cards of this patient that are read afterwards are not kept."""

    name: ClassVar[str] = "intake.contact_card_forgotten.v1"
    topic = topics.CONTACTS
    about: ClassVar[str] = "patient_id"
    is_tombstone: ClassVar[bool] = True

    patient_id: PatientId


class ScreeningCompleted(Event):
    """The questionnaire was answered and judged by the rules; a prescriber decides later."""

    name: ClassVar[str] = "intake.screening_completed.v1"
    topic = topics.INTAKE
    about: ClassVar[str] = "screening_id"

    screening_id: ScreeningId
    patient_id: PatientId
    location_id: LocationId
    outcome: str
    """`exclude`, `review`, `advise` or `clear`."""
    rule_set: str
    """The name of the rules that judged."""
    rule_set_version: int
    """Their version."""
    completed_at: AwareDatetime
    """When they judged."""


class ConsentGiven(Event):
    """A patient has agreed to something, by a version of its text, until a day."""

    name: ClassVar[str] = "intake.consent_given.v1"
    topic = topics.INTAKE
    about: ClassVar[str] = "consent_id"

    consent_id: ConsentId
    patient_id: PatientId
    location_id: LocationId
    kind: str
    """What was agreed to: `treatment`, `off_label_use`, `messages`, `driving`."""
    document_version: int
    """The version of the text that was read."""
    given_at: AwareDatetime
    """When it was given."""
    expires_at: AwareDatetime
    """Until when it holds."""


class ConsentWithdrawn(Event):
    """A patient no longer agrees. What stood on the consent ends with it."""

    name: ClassVar[str] = "intake.consent_withdrawn.v1"
    topic = topics.INTAKE
    about: ClassVar[str] = "consent_id"

    consent_id: ConsentId
    patient_id: PatientId
    location_id: LocationId
    kind: str
    """As it was given."""
    withdrawn_at: AwareDatetime
    """From when on it does not hold."""


class ConsultationBooked(Event):
    """A consultation has its time; published again, with a higher version, when it moves."""

    name: ClassVar[str] = "intake.consultation_booked.v1"
    topic = topics.INTAKE
    about: ClassVar[str] = "consultation_id"

    consultation_id: ConsultationId
    patient_id: PatientId
    location_id: LocationId
    starts_at: AwareDatetime
    """When it begins."""
    ends_at: AwareDatetime
    """When it is to end."""
    consultation_version: Version


class ConsultationCancelled(Event):
    """The consultation will not take place; its time is free again."""

    name: ClassVar[str] = "intake.consultation_cancelled.v1"
    topic = topics.INTAKE
    about: ClassVar[str] = "consultation_id"

    consultation_id: ConsultationId
    patient_id: PatientId
    location_id: LocationId
    consultation_version: Version


class ConsultationHeld(Event):
    """The consultation has taken place."""

    name: ClassVar[str] = "intake.consultation_held.v1"
    topic = topics.INTAKE
    about: ClassVar[str] = "consultation_id"

    consultation_id: ConsultationId
    patient_id: PatientId
    location_id: LocationId
    held_at: AwareDatetime
    """When it was noted as held."""
    consultation_version: Version


class PatientCleared(Event):
    """A prescriber decided that this patient may be treated by this protocol, until a day."""

    name: ClassVar[str] = "intake.patient_cleared.v1"
    topic = topics.INTAKE
    about: ClassVar[str] = "clearance_id"

    clearance_id: ClearanceId
    patient_id: PatientId
    location_id: LocationId
    indication: Indication
    protocol: Protocol
    screening_id: ScreeningId
    cleared_at: AwareDatetime
    """When it was decided, or co-signed where that is needed."""
    expires_at: AwareDatetime
    """Until when it holds."""


class ClearanceEnded(Event):
    """A clearance that held does so no longer: nothing new may begin by it."""

    name: ClassVar[str] = "intake.clearance_ended.v1"
    topic = topics.INTAKE
    about: ClassVar[str] = "clearance_id"

    clearance_id: ClearanceId
    patient_id: PatientId
    location_id: LocationId
    reason: str
    """`expired`, `withdrawn`, `consent_withdrawn`, `superseded` or `patient_erased`."""
    ended_at: AwareDatetime
    """From when on it does not hold."""


class PatientErased(Event):
    """Who the patient was is forgotten, for good. What the law wants kept stays under the id alone;
    nothing new may begin for them, and nobody writes to them any more."""

    name: ClassVar[str] = "intake.patient_erased.v1"
    topic = topics.INTAKE
    about: ClassVar[str] = "patient_id"

    patient_id: PatientId
    location_id: LocationId
    erased_at: AwareDatetime
    """When the record was erased."""
