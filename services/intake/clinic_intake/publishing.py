"""From what happened here to the events that are published."""

import json
from typing import TypedDict, assert_never

from clinic_events import (
    ClearanceEnded,
    ConsentGiven,
    ConsentWithdrawn,
    ConsultationBooked,
    ConsultationCancelled,
    ConsultationHeld,
    ContactCardForgotten,
    ContactCardSealed,
    Event,
    PatientCleared,
    PatientErased,
    PatientRegistered,
    ScreeningCompleted,
)
from clinic_intake.domain import clearance as clearances
from clinic_intake.domain import consent as consents
from clinic_intake.domain import consultation as consultations
from clinic_intake.domain import patient as patients
from clinic_intake.domain.clearance import Clearance
from clinic_intake.domain.consent import Consent
from clinic_intake.domain.consultation import Consultation
from clinic_intake.domain.erasure import Erased, HoldLifted, LegalHold
from clinic_intake.domain.patient import Patient
from clinic_intake.domain.screening import Screening
from clinic_platform.sealing import KeyRing


class _Consent(TypedDict):
    consent_id: str
    patient_id: str
    location_id: str
    kind: str


class _Consultation(TypedDict):
    consultation_id: str
    patient_id: str
    location_id: str
    consultation_version: int


class _Clearance(TypedDict):
    clearance_id: str
    patient_id: str
    location_id: str


def of_patient(patient: Patient, fact: patients.Fact, keys: KeyRing) -> list[Event]:
    """`patient` as it is after the fact."""
    match fact:
        case patients.Registered(at=at):
            registered = PatientRegistered(
                patient_id=patient.id, location_id=patient.location_id, registered_at=at
            )
            return [registered, _card(patient, keys)]
        case patients.DetailsChanged():
            return [_card(patient, keys)]
        case Erased(at=at):
            erased = PatientErased(
                patient_id=patient.id, location_id=patient.location_id, erased_at=at
            )
            return [erased, ContactCardForgotten(patient_id=patient.id)]
        case LegalHold() | HoldLifted():
            return []
        case _:
            assert_never(fact)


def of_screening(screening: Screening) -> Event:
    return ScreeningCompleted(
        screening_id=screening.id,
        patient_id=screening.patient_id,
        location_id=screening.location_id,
        outcome=screening.receipt.outcome,
        rule_set=screening.receipt.rule_set,
        rule_set_version=screening.receipt.version,
        completed_at=screening.completed_at,
    )


def of_consent(consent: Consent, fact: consents.Fact) -> list[Event]:
    """`consent` as it is after the fact."""
    which = _Consent(
        consent_id=consent.id,
        patient_id=consent.patient_id,
        location_id=consent.location_id,
        kind=consent.kind,
    )
    match fact:
        case consents.Given(at=at, expires_at=expires_at):
            version = consent.document_version
            return [
                ConsentGiven(**which, document_version=version, given_at=at, expires_at=expires_at)
            ]
        case consents.Withdrawn(at=at):
            return [ConsentWithdrawn(**which, withdrawn_at=at)]
        case _:
            assert_never(fact)


def of_consultation(consultation: Consultation, fact: consultations.Fact) -> list[Event]:
    """`consultation` as it is after the fact."""
    which = _Consultation(
        consultation_id=consultation.id,
        patient_id=consultation.patient_id,
        location_id=consultation.location_id,
        consultation_version=consultation.revision,
    )
    match fact:
        case consultations.Booked(slot=slot):
            return [ConsultationBooked(**which, starts_at=slot.starts_at, ends_at=slot.ends_at)]
        case consultations.Cancelled():
            return [ConsultationCancelled(**which)]
        case consultations.Held(at=at):
            return [ConsultationHeld(**which, held_at=at)]
        case _:
            assert_never(fact)


def of_clearance(
    clearance: Clearance, fact: clearances.Fact, *, was: clearances.Status
) -> list[Event]:
    """`clearance` as it is after the fact. Not published: the end of one that was proposed only."""
    which = _Clearance(
        clearance_id=clearance.id,
        patient_id=clearance.patient_id,
        location_id=clearance.location_id,
    )
    match fact:
        case clearances.Cleared(at=at, expires_at=expires_at):
            cleared = PatientCleared(
                **which,
                indication=clearance.indication,
                protocol=clearance.protocol,
                screening_id=clearance.screening_id,
                cleared_at=at,
                expires_at=expires_at,
            )
            return [cleared]
        case clearances.Ended(at=at, reason=reason) if was is clearances.Status.CLEARED:
            return [ClearanceEnded(**which, reason=reason, ended_at=at)]
        case (
            clearances.Ended()
            | clearances.OverrideProposed()
            | clearances.Declined()
            | clearances.Deferred()
        ):
            return []
        case _:
            assert_never(fact)


def _card(patient: Patient, keys: KeyRing) -> ContactCardSealed:
    """`name` is the one to greet by."""
    card = {
        "name": patient.contact.greeting,
        "email": patient.contact.email,
        "phone": patient.contact.phone,
        "language": patient.contact.language,
        "zone": patient.contact.zone,
    }
    return ContactCardSealed(
        patient_id=patient.id,
        location_id=patient.location_id,
        card_version=patient.card_version,
        sealed=keys.seal(json.dumps(card).encode(), about=patient.id),
    )
