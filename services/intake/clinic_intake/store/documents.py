"""Domain objects as documents and back. The shape of what is stored, in one place."""

from typing import Final

from pydantic import TypeAdapter

from clinic_events.ports import Document
from clinic_intake.domain.clearance import Clearance, Ending, Status
from clinic_intake.domain.consent import Consent
from clinic_intake.domain.consultation import Consultation
from clinic_intake.domain.enquiry import Enquiry
from clinic_intake.domain.patient import Patient
from clinic_intake.domain.place import Place
from clinic_intake.domain.risk import Risk
from clinic_intake.domain.screening import Screening
from clinic_intake.domain.visit import Visit
from clinic_platform.decisions import Receipt

_ENQUIRY: Final = TypeAdapter(Enquiry)
_PATIENT: Final = TypeAdapter(Patient)
_CONSENT: Final = TypeAdapter(Consent)
_CONSULTATION: Final = TypeAdapter(Consultation)
_PLACE: Final = TypeAdapter(Place)
_RISK: Final = TypeAdapter(Risk)
_VISIT: Final = TypeAdapter(Visit)


def of_enquiry(enquiry: Enquiry) -> Document:
    return _by_id(_ENQUIRY.dump_python(enquiry), "id")


def enquiry_in(document: Document) -> Enquiry:
    return _ENQUIRY.validate_python({**document, "id": document["_id"]})


def of_patient(patient: Patient) -> Document:
    """BSON has no days: the birth date is kept as text. `marks` are looked for by others."""
    document: Document = _by_id(_PATIENT.dump_python(patient), "id")
    born = patient.birth_date and patient.birth_date.isoformat()
    return {**document, "birth_date": born, "marks": sorted(patient.marks)}


def patient_in(document: Document) -> Patient:
    return _PATIENT.validate_python({**document, "id": document["_id"]})


def of_consent(consent: Consent) -> Document:
    return _by_id(_CONSENT.dump_python(consent), "id")


def consent_in(document: Document) -> Consent:
    return _CONSENT.validate_python({**document, "id": document["_id"]})


def of_consultation(consultation: Consultation) -> Document:
    return _by_id(_CONSULTATION.dump_python(consultation), "id")


def consultation_in(document: Document) -> Consultation:
    return _CONSULTATION.validate_python({**document, "id": document["_id"]})


def of_place(place: Place) -> Document:
    return _by_id(_PLACE.dump_python(place), "location_id")


def place_in(document: Document) -> Place:
    return _PLACE.validate_python({**document, "location_id": document["_id"]})


def of_risk(risk: Risk) -> Document:
    return _by_id(_RISK.dump_python(risk), "alert_id")


def risk_in(document: Document) -> Risk:
    return _RISK.validate_python({**document, "alert_id": document["_id"]})


def of_visit(visit: Visit) -> Document:
    return _by_id(_VISIT.dump_python(visit), "session_id")


def visit_in(document: Document) -> Visit:
    return _VISIT.validate_python({**document, "session_id": document["_id"]})


def of_screening(screening: Screening) -> Document:
    fields = {name: getattr(screening, name) for name in Screening.__slots__}
    return _by_id({**fields, "receipt": screening.receipt.to_document()}, "id")


def screening_in(document: Document) -> Screening:
    found = {**document, "id": document["_id"]}
    receipt = Receipt.from_document(document["receipt"])
    return Screening(**{**{name: found[name] for name in Screening.__slots__}, "receipt": receipt})


def of_clearance(clearance: Clearance) -> Document:
    fields = {name: getattr(clearance, name) for name in Clearance.__slots__}
    receipt = clearance.receipt and clearance.receipt.to_document()
    ended_because = clearance.ended_because and clearance.ended_because.value
    plain = {"receipt": receipt, "ended_because": ended_because, "status": clearance.status.value}
    return _by_id({**fields, **plain}, "id")


def clearance_in(document: Document) -> Clearance:
    from_codes: Document = {
        "id": document["_id"],
        "status": Status(document["status"]),
        "receipt": document["receipt"] and Receipt.from_document(document["receipt"]),
        "ended_because": document["ended_because"] and Ending(document["ended_because"]),
    }
    return Clearance(
        **{name: document[name] for name in Clearance.__slots__ if name not in from_codes},
        **from_codes,
    )


def _by_id(document: Document, name: str) -> Document:
    return {"_id": document.pop(name), **document}
