"""The acts before the first infusion: a place opens, somebody asks, a prescriber decides."""

from datetime import datetime, timedelta
from typing import Any, Final

from clinic_ctl.demo.stage import (
    ADMIN,
    FRONT_DESK,
    NURSE,
    PATIENT_EMAIL,
    PRESCRIBER,
    ZONE,
    Stage,
)
from clinic_ctl.location.file import read_file
from clinic_ctl.stack.parts import ROOT
from clinic_events.contracts.intake import (
    ConsentGiven,
    ConsultationBooked,
    ConsultationHeld,
    ContactCardSealed,
    PatientCleared,
    PatientRegistered,
    ScreeningCompleted,
)
from clinic_events.contracts.places import LocationPublished
from clinic_events.contracts.sessions import PlanStarted

PROTOCOL: Final = "iv-ketamine-depression"
CONSENTS: Final = ("treatment", "off_label_use", "messages", "driving")
SAMPLE_STREET: Final = ROOT / "deploy/local/locations/sample-street.yaml"
VITALS: Final[dict[str, object]] = {
    "hcg": "negative",
    "systolic": 124,
    "diastolic": 78,
    "heart_rate": 70,
    "spo2": 98,
    "weight_kg": 82.0,
}
INSTRUMENTS: Final[dict[str, object]] = {
    "phq9_total": 18,
    "phq9_item_9": 0,
    "cssrs_risk": "none",
    "audit_c": 2,
    "dast_10": 0,
    "stop_bang": 1,
}


def sample_place() -> dict[str, object]:
    """The document of Sample Street."""
    return dict(read_file(SAMPLE_STREET).document)


async def open_place(stage: Stage) -> None:
    path = f"/v1/locations/{stage.location_id}"
    await stage.doors.put(ADMIN, "sessions", path, sample_place(), **{"If-None-Match": "*"})
    await stage.saw("A place is described", LocationPublished, about=stage.location_id)
    await stage.settle()


async def enquire(stage: Stage, **changes: object) -> None:
    """Somebody asks, without any login; the front desk makes a patient of the enquiry."""
    asked: dict[str, object] = {
        "location_id": stage.location_id,
        "name": "Testa Sample",
        "greeting_name": "Testa",
        "email": PATIENT_EMAIL,
        "phone": "+1-555-0101",
        "language": "en",
        "zone": ZONE.key,
        "reason": "Two medicines have not helped.",
        "consent_to_contact": True,
        "preferred_channel": "email",
        "source": "website",
        **changes,
    }
    received = await stage.doors.post(None, "intake", "/v1/enquiries", asked)
    account = f"answered with the crisis line, {received['crisis']['phone']}"
    await stage.note("intake", "Somebody asks", seen=account)
    path = f"/v1/enquiries/{received['id']}/convert"
    patient = await stage.doors.post(FRONT_DESK, "intake", path, {"birth_date": "1985-04-12"})
    stage.patient_id = patient["patient_id"]
    await stage.saw("A patient", PatientRegistered, about=stage.patient_id)
    await stage.saw("How to reach them, sealed", ContactCardSealed, about=stage.patient_id)


async def screen(stage: Stage) -> None:
    """First with an answer missing, which is never "safe"; then whole."""
    whole = await _answers(stage)
    partly = {name: value for name, value in whole.items() if name != "seizure_disorder"}
    first = await _screened(stage, partly)
    rules = ", ".join(finding["rule"] for finding in first["receipt"]["findings"])
    account = f"{first['outcome']}: {rules}"
    await stage.saw("An answer is missing", ScreeningCompleted, about=first["id"], seen=account)
    again = await _screened(stage, whole)
    account = f"{again['outcome']}; the receipt replays: {again['replays']}"
    await stage.saw("Screened", ScreeningCompleted, about=again["id"], seen=account)


async def consent(stage: Stage) -> None:
    for kind in CONSENTS:
        given: dict[str, object] = {"kind": kind, "document_version": 1, "language": "en"}
        path = f"/v1/patients/{stage.patient_id}/consents"
        made = await stage.doors.post(FRONT_DESK, "intake", path, given)
        await stage.saw(f"Consent: {kind}", ConsentGiven, about=made["id"])


async def consult(stage: Stage) -> None:
    """Tomorrow's first consultation is booked, and held."""
    tomorrow = (await stage.now()).astimezone(ZONE).replace(hour=0) + timedelta(days=1)
    found = await stage.doors.get(
        FRONT_DESK,
        "intake",
        "/v1/consultation-slots",
        location_id=stage.location_id,
        **{"from": tomorrow.isoformat(), "to": (tomorrow + timedelta(days=1)).isoformat()},
    )
    slot = found["items"][0]
    booking = {
        "patient_id": stage.patient_id,
        "clinician": slot["clinician"],
        "starts_at": slot["starts_at"],
    }
    booked = await stage.doors.post(FRONT_DESK, "intake", "/v1/consultations", booking)
    await stage.saw("A consultation", ConsultationBooked, about=booked["id"])
    await stage.wait_until(datetime.fromisoformat(booked["ends_at"]))
    await stage.doors.post(PRESCRIBER, "intake", f"/v1/consultations/{booked['id']}/complete")
    await stage.saw("It is held", ConsultationHeld, about=booked["id"])


async def clear(stage: Stage) -> None:
    """A prescriber decides, with the gates' receipt; the plan starts from the event."""
    decision: dict[str, object] = {
        "decision": "cleared",
        "rationale": "Two adequate trials of other medicines; no contraindication.",
        "indication": "treatment_resistant_depression",
        "protocol": PROTOCOL,
    }
    path = f"/v1/patients/{stage.patient_id}/clearance"
    cleared = await stage.doors.post(PRESCRIBER, "intake", path, decision)
    account = f"gates: {cleared['receipt']['outcome']}"
    about = stage.patient_id
    await stage.saw("A prescriber clears them", PatientCleared, about=about, seen=account)
    started = await stage.saw("A plan of six infusions", PlanStarted, about=about)
    stage.plan_id = started.plan_id
    await stage.settle()


async def _answers(stage: Stage) -> dict[str, object]:
    """The questionnaire, answered "no" throughout."""
    asked = await stage.doors.get(NURSE, "intake", "/v1/questionnaires/intake")
    mine = [question for question in asked["questions"] if question["group"] == "answers"]
    return {
        question["name"]: False if question["kind"] == "yes_no" else question["choices"][0]
        for question in mine
    }


async def _screened(stage: Stage, answers: dict[str, object]) -> Any:
    path = f"/v1/patients/{stage.patient_id}/screenings"
    sent: dict[str, object] = {"answers": answers, "vitals": VITALS, "instruments": INSTRUMENTS}
    return await stage.doors.post(NURSE, "intake", path, sent)
