"""Erasing a patient over HTTP, and the holds that forbid it."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Request

from clinic_intake.domain import errors
from clinic_intake.domain.patient import Patient
from clinic_intake.routes.parts import By, Handling, PathId
from clinic_intake.schemas import Empty, ErasedOut, ErasePatient, LegalHoldOut, PlaceLegalHold
from clinic_platform.web import JsonBody, Router, about

router = Router()

# 410: it was here and is gone for good, so that nobody tries again; 409 is for what may change.
PROBLEMS: Final[Mapping[type[Exception], int]] = {
    errors.PatientErased: 410,
    errors.LegalHoldStands: 409,
    errors.NoLegalHold: 409,
    errors.CareUnderWay: 409,
    errors.EpisodeOpen: 409,
}


@router.post("/v1/patients/{patient_id}/erase", operation_id="erase_patient")
async def erase_patient(
    patient_id: PathId,
    sent: Annotated[ErasePatient, JsonBody(ErasePatient)],
    by: By,
    handlers: Handling,
    request: Request,
) -> ErasedOut:
    patient = await handlers.erase_patient(by, patient_id, sent.to_wish())
    _noted(request, patient, reason=sent.reason)
    return ErasedOut.of(patient)


@router.post("/v1/patients/{patient_id}/legal-hold", operation_id="place_legal_hold")
async def place_legal_hold(
    patient_id: PathId,
    sent: Annotated[PlaceLegalHold, JsonBody(PlaceLegalHold)],
    by: By,
    handlers: Handling,
    request: Request,
) -> LegalHoldOut:
    patient = await handlers.place_legal_hold(by, patient_id, sent.basis)
    _noted(request, patient, reason=sent.basis)
    return LegalHoldOut.of(patient)


@router.post("/v1/patients/{patient_id}/legal-hold/lift", operation_id="lift_legal_hold")
async def lift_legal_hold(
    patient_id: PathId,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    request: Request,
) -> LegalHoldOut:
    patient = await handlers.lift_legal_hold(by, patient_id)
    _noted(request, patient)
    return LegalHoldOut.of(patient)


def _noted(request: Request, patient: Patient, *, reason: str | None = None) -> None:
    about(request, object_id=patient.id, location_id=patient.location_id, reason=reason)
