"""Enquiries and patients over HTTP."""

from typing import Annotated, Literal

from fastapi import Depends, Query, Request, Response

from clinic_intake.domain.patient import Patient
from clinic_intake.routes.parts import By, Handling, PathId, Viewing
from clinic_intake.schemas import (
    ChangePatient,
    Convert,
    CrisisOut,
    Enquire,
    EnquiryOut,
    PatientOut,
    ReceivedOut,
)
from clinic_platform.web import ETag, JsonBody, Page, Router, about, if_match, page_of

router = Router()


@router.post("/v1/enquiries", operation_id="receive_enquiry", status_code=201)
async def receive_enquiry(
    sent: Annotated[Enquire, JsonBody(Enquire)], handlers: Handling, request: Request
) -> ReceivedOut:
    enquiry, crisis = await handlers.receive_enquiry(sent.to_asked())
    about(request, object_id=enquiry.id, location_id=enquiry.location_id)
    return ReceivedOut(id=enquiry.id, crisis=CrisisOut.of(crisis))


@router.get("/v1/enquiries", operation_id="list_enquiries")
async def list_enquiries(
    by: By,
    views: Viewing,
    page: Annotated[Page, Depends()],
    status: Annotated[Literal["open", "converted"] | None, Query()] = None,
) -> dict[str, object]:
    enquiries = await views.enquiries(by.locations, status=status, after=page.key, limit=page.fetch)
    shown = [EnquiryOut.of(enquiry) for enquiry in enquiries]
    return page_of(shown, page, lambda enquiry: enquiry.id)


@router.post("/v1/enquiries/{enquiry_id}/convert", operation_id="convert_enquiry", status_code=201)
async def convert_enquiry(
    enquiry_id: PathId,
    sent: Annotated[Convert, JsonBody(Convert)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> PatientOut:
    patient = await handlers.convert_enquiry(
        by,
        enquiry_id,
        birth_date=sent.birth_date,
        not_a_duplicate_of=sent.not_a_duplicate_of,
    )
    return _shown(request, response, patient)


@router.get("/v1/patients/{patient_id}", operation_id="get_patient")
async def get_patient(
    patient_id: PathId, by: By, handlers: Handling, request: Request, response: Response
) -> PatientOut:
    return _shown(request, response, await handlers.reached_patient(by, patient_id))


@router.patch("/v1/patients/{patient_id}", operation_id="change_patient")
async def change_patient(
    patient_id: PathId,
    sent: Annotated[ChangePatient, JsonBody(ChangePatient)],
    expected: Annotated[int, Depends(if_match)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> PatientOut:
    patient = await handlers.change_patient(by, patient_id, sent.to_changes(), expected=expected)
    return _shown(request, response, patient)


def _shown(request: Request, response: Response, patient: Patient) -> PatientOut:
    about(request, object_id=patient.id, location_id=patient.location_id)
    ETag(response, patient.revision)
    return PatientOut.of(patient)
