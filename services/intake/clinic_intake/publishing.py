"""From what happened here to what the clinic hears. The only door out."""

import json
from collections.abc import Sequence
from typing import assert_never

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


def of_patient(patient: Patient, fact: patients.Fact, keys: KeyRing) -> Sequence[Event]:
    """`patient` as it is after the fact."""
    match fact:
        case patients.Registered(at):
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


def of_consent(consent: Consent, fact: consents.Fact) -> Sequence[Event]:
    match fact:
        case consents.Given(at, expires_at):
            return [
                ConsentGiven(
                    consent_id=consent.id,
                    patient_id=consent.patient_id,
                    location_id=consent.location_id,
                    kind=consent.kind,
                    document_version=consent.document_version,
                    given_at=at,
                    expires_at=expires_at,
                )
            ]
        case consents.Withdrawn(at, _):
            return [
                ConsentWithdrawn(
                    consent_id=consent.id,
                    patient_id=consent.patient_id,
                    location_id=consent.location_id,
                    kind=consent.kind,
                    withdrawn_at=at,
                )
            ]
        case _:
            assert_never(fact)


def of_consultation(consultation: Consultation, fact: consultations.Fact) -> Sequence[Event]:
    consultation_id, patient_id = consultation.id, consultation.patient_id
    location_id, version = consultation.location_id, consultation.revision
    match fact:
        case consultations.Booked(slot):
            return [
                ConsultationBooked(
                    consultation_id=consultation_id,
                    patient_id=patient_id,
                    location_id=location_id,
                    starts_at=slot.starts_at,
                    ends_at=slot.ends_at,
                    consultation_version=version,
                )
            ]
        case consultations.Cancelled():
            return [
                ConsultationCancelled(
                    consultation_id=consultation_id,
                    patient_id=patient_id,
                    location_id=location_id,
                    consultation_version=version,
                )
            ]
        case consultations.Held(at, _):
            return [
                ConsultationHeld(
                    consultation_id=consultation_id,
                    patient_id=patient_id,
                    location_id=location_id,
                    held_at=at,
                    consultation_version=version,
                )
            ]
        case _:
            assert_never(fact)


def of_clearance(before: Clearance, fact: clearances.Fact) -> Sequence[Event]:
    """A clearance that was never more than proposed ends unheard."""
    match fact:
        case clearances.Cleared(at, expires_at):
            return [
                PatientCleared(
                    clearance_id=before.id,
                    patient_id=before.patient_id,
                    location_id=before.location_id,
                    indication=before.indication,
                    protocol=before.protocol,
                    screening_id=before.screening_id,
                    cleared_at=at,
                    expires_at=expires_at,
                )
            ]
        case clearances.Ended(at, reason) if before.status is clearances.Status.CLEARED:
            return [
                ClearanceEnded(
                    clearance_id=before.id,
                    patient_id=before.patient_id,
                    location_id=before.location_id,
                    reason=reason,
                    ended_at=at,
                )
            ]
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
