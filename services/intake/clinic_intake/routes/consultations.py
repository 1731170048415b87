"""Consultations and clearances over HTTP."""

from typing import Annotated

from fastapi import Query, Request, Response

from clinic_intake.domain.clearance import Clearance
from clinic_intake.domain.consultation import Consultation
from clinic_intake.routes.parts import By, Handling, PathId, QueryId
from clinic_intake.schemas import (
    BookConsultation,
    ClearanceOut,
    ConsultationOut,
    DecideClearance,
    Empty,
    Reason,
    RescheduleConsultation,
    SlotOut,
)
from clinic_platform.web import ETag, JsonBody, Moment, Router, about

router = Router()


@router.get("/v1/consultation-slots", operation_id="list_consultation_slots")
async def list_consultation_slots(
    location_id: QueryId,
    by: By,
    handlers: Handling,
    since: Annotated[Moment | None, Query(alias="from")] = None,
    until: Annotated[Moment | None, Query(alias="to")] = None,
) -> dict[str, list[SlotOut]]:
    place, slots = await handlers.list_consultation_slots(by, location_id, since=since, until=until)
    return {"items": [SlotOut.of(slot, place.zone) for slot in slots]}


@router.post("/v1/consultations", operation_id="book_consultation", status_code=201)
async def book_consultation(
    sent: Annotated[BookConsultation, JsonBody(BookConsultation)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> ConsultationOut:
    consultation = await handlers.book_consultation(
        by, sent.patient_id, clinician=sent.clinician, starts_at=sent.starts_at
    )
    return _shown(request, response, consultation)


@router.post(
    "/v1/consultations/{consultation_id}/reschedule", operation_id="reschedule_consultation"
)
async def reschedule_consultation(
    consultation_id: PathId,
    sent: Annotated[RescheduleConsultation, JsonBody(RescheduleConsultation)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> ConsultationOut:
    consultation = await handlers.reschedule_consultation(
        by, consultation_id, clinician=sent.clinician, starts_at=sent.starts_at
    )
    return _shown(request, response, consultation)


@router.post("/v1/consultations/{consultation_id}/cancel", operation_id="cancel_consultation")
async def cancel_consultation(
    consultation_id: PathId,
    why: Annotated[Reason, JsonBody(Reason)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> ConsultationOut:
    consultation = await handlers.cancel_consultation(by, consultation_id, why.reason)
    return _shown(request, response, consultation)


@router.post("/v1/consultations/{consultation_id}/complete", operation_id="complete_consultation")
async def complete_consultation(
    consultation_id: PathId,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> ConsultationOut:
    consultation = await handlers.complete_consultation(by, consultation_id)
    return _shown(request, response, consultation)


@router.post(
    "/v1/patients/{patient_id}/clearance", operation_id="decide_clearance", status_code=201
)
async def decide_clearance(
    patient_id: PathId,
    sent: Annotated[DecideClearance, JsonBody(DecideClearance)],
    by: By,
    handlers: Handling,
    request: Request,
) -> ClearanceOut:
    clearance = await handlers.decide_clearance(by, patient_id, sent.to_decision())
    return _shown_clearance(request, clearance)


@router.get("/v1/patients/{patient_id}/clearances", operation_id="list_clearances")
async def list_clearances(
    patient_id: PathId, by: By, handlers: Handling
) -> dict[str, list[ClearanceOut]]:
    patient = await handlers.reached_record(by, patient_id)
    clearances = await handlers.clearances.of_patient(patient.id)
    return {"items": [ClearanceOut.of(clearance) for clearance in clearances]}


@router.post("/v1/clearances/{clearance_id}/co-sign", operation_id="co_sign_clearance")
async def co_sign_clearance(
    clearance_id: PathId,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    request: Request,
) -> ClearanceOut:
    return _shown_clearance(request, await handlers.co_sign_clearance(by, clearance_id))


@router.post("/v1/clearances/{clearance_id}/end", operation_id="end_clearance")
async def end_clearance(
    clearance_id: PathId,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    request: Request,
) -> ClearanceOut:
    return _shown_clearance(request, await handlers.end_clearance(by, clearance_id))


def _shown(request: Request, response: Response, consultation: Consultation) -> ConsultationOut:
    about(request, object_id=consultation.id, location_id=consultation.location_id)
    ETag(response, consultation.revision)
    return ConsultationOut.of(consultation)


def _shown_clearance(request: Request, clearance: Clearance) -> ClearanceOut:
    about(request, object_id=clearance.id, location_id=clearance.location_id)
    return ClearanceOut.of(clearance)
