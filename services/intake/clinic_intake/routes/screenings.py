"""Screenings and consents over HTTP."""

from typing import Annotated

from fastapi import Request

from clinic_intake.domain.screening import Screening
from clinic_intake.routes.parts import By, Handling, PathId
from clinic_intake.schemas import (
    ConsentDocumentOut,
    ConsentOut,
    GiveConsent,
    QuestionnaireOut,
    Screen,
    ScreeningOut,
    WithdrawConsent,
)
from clinic_platform.web import JsonBody, Router, about

router = Router()


@router.get("/v1/questionnaires/intake", operation_id="get_questionnaire")
async def get_questionnaire(handlers: Handling) -> QuestionnaireOut:
    return QuestionnaireOut.of(handlers.definitions.questionnaire)


@router.post("/v1/patients/{patient_id}/screenings", operation_id="screen_patient", status_code=201)
async def screen_patient(
    patient_id: PathId,
    sent: Annotated[Screen, JsonBody(Screen)],
    by: By,
    handlers: Handling,
    request: Request,
) -> ScreeningOut:
    screening = await handlers.screen_patient(by, patient_id, sent.to_answers())
    return await _shown(request, handlers, screening)


@router.get("/v1/screenings/{screening_id}", operation_id="get_screening")
async def get_screening(
    screening_id: PathId, by: By, handlers: Handling, request: Request
) -> ScreeningOut:
    return await _shown(request, handlers, await handlers.reached_screening(by, screening_id))


@router.get("/v1/consent-documents", operation_id="list_consent_documents")
async def list_consent_documents(handlers: Handling) -> dict[str, list[ConsentDocumentOut]]:
    current = handlers.definitions.consents.current
    return {"items": [ConsentDocumentOut.of(document) for document in current]}


@router.get("/v1/patients/{patient_id}/consents", operation_id="list_consents")
async def list_consents(
    patient_id: PathId, by: By, handlers: Handling
) -> dict[str, list[ConsentOut]]:
    patient = await handlers.reached_record(by, patient_id)
    consents = await handlers.consents.of_patient(patient.id)
    return {"items": [ConsentOut.of(consent) for consent in consents]}


@router.post("/v1/patients/{patient_id}/consents", operation_id="give_consent", status_code=201)
async def give_consent(
    patient_id: PathId,
    sent: Annotated[GiveConsent, JsonBody(GiveConsent)],
    by: By,
    handlers: Handling,
    request: Request,
) -> ConsentOut:
    consent = await handlers.give_consent(
        by,
        patient_id,
        kind=sent.kind,
        version=sent.document_version,
        language=sent.language,
        signer=sent.signer,
    )
    about(request, object_id=consent.id, location_id=consent.location_id)
    return ConsentOut.of(consent)


@router.post("/v1/patients/{patient_id}/consents/withdraw", operation_id="withdraw_consent")
async def withdraw_consent(
    patient_id: PathId,
    sent: Annotated[WithdrawConsent, JsonBody(WithdrawConsent)],
    by: By,
    handlers: Handling,
) -> dict[str, list[ConsentOut]]:
    withdrawn = await handlers.withdraw_consent(by, patient_id, sent.kind)
    return {"items": [ConsentOut.of(consent) for consent in withdrawn]}


async def _shown(request: Request, handlers: Handling, screening: Screening) -> ScreeningOut:
    about(request, object_id=screening.id, location_id=screening.location_id)
    return ScreeningOut.of(
        screening,
        replays=screening.replays(handlers.definitions.shelf),
        crisis=await handlers.crisis_text(screening),
    )
