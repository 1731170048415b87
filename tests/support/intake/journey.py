"""The way of a patient through intake, each step over HTTP and checked to have gone well."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import httpx

from clinic_events.ports import Document
from clinic_intake.domain.questionnaire import Answer
from tests.support.answers import done
from tests.support.intake import ADA, CONSENTS, NINE, PLACE, answers
from tests.support.intake.server import Service

BORN: Final = "1985-04-12"
DECISION: Final = {
    "decision": "cleared",
    "rationale": "Nothing speaks against it.",
    "indication": "depression",
    "protocol": "iv-ketamine-depression",
}


def an_enquirer(**other: object) -> dict[str, object]:
    """What somebody sends who asks."""
    return {
        "location_id": PLACE,
        "name": "Testa Sample",
        "greeting_name": "Testa",
        "email": "testa@example.org",
        "phone": "+1-555-0100",
        "language": "en",
        "reason": "Two medicines have not helped.",
        "consent_to_contact": True,
        "preferred_channel": "email",
        "source": "web",
        **other,
    }


async def enquired(intake: Service, **other: object) -> str:
    """The id of an enquiry."""
    return str(done(await intake.post("/v1/enquiries", an_enquirer(**other)))["id"])


async def registered(intake: Service, **other: object) -> str:
    """The id of a patient."""
    enquiry_id = await enquired(intake, **other)
    body = {"birth_date": BORN}
    path = f"/v1/enquiries/{enquiry_id}/convert"
    return str(done(await intake.post(path, body, by="front_desk"))["patient_id"])


async def strangers(intake: Service, count: int) -> list[str]:
    """The ids of patients who have nothing in common."""
    return [
        await registered(
            intake,
            name=f"Person{number} Nobody{number}",
            email=f"person{number}@example.org",
            phone=f"+1-555-01{number:02}",
        )
        for number in range(count)
    ]


async def screened(intake: Service, patient_id: str, **other: Answer) -> Document:
    path = f"/v1/patients/{patient_id}/screenings"
    return done(await intake.post(path, answers(**other), by="nurse"))


async def consented(intake: Service, patient_id: str, *kinds: str) -> None:
    """To all there is to agree to, or to these."""
    for kind in kinds or CONSENTS:
        body = {"kind": kind, "document_version": 1, "language": "en"}
        done(await intake.post(f"/v1/patients/{patient_id}/consents", body, by="nurse"))


def a_booking(
    patient_id: str, *, clinician: str = ADA, starts_at: datetime = NINE
) -> dict[str, object]:
    starts = starts_at.isoformat()
    return {"patient_id": patient_id, "clinician": clinician, "starts_at": starts}


async def consulted(intake: Service, patient_id: str) -> Document:
    """A consultation is held; when it returns, its time has come."""
    booked = done(await intake.post("/v1/consultations", a_booking(patient_id), by="front_desk"))
    intake.clock.move_to(max(intake.clock(), datetime.fromisoformat(booked["ends_at"])))
    path = f"/v1/consultations/{booked['id']}/complete"
    return done(await intake.post(path, by="prescriber"))


async def prepared(intake: Service, **other: Answer) -> str:
    """The id of a patient about whom only the decision is missing."""
    patient_id = await registered(intake)
    await screened(intake, patient_id, **other)
    await consented(intake, patient_id)
    await consulted(intake, patient_id)
    return patient_id


async def decided(
    intake: Service,
    patient_id: str,
    decision: Mapping[str, object] = DECISION,
    *,
    by: str = "prescriber:ada",
) -> httpx.Response:
    return await intake.post(f"/v1/patients/{patient_id}/clearance", decision, by=by)


async def cleared(intake: Service) -> tuple[str, str]:
    """The ids of a patient and of their clearance."""
    patient_id = await prepared(intake)
    return patient_id, str(done(await decided(intake, patient_id))["id"])
