"""The day over HTTP."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Request, Response

from clinic_platform.web import JsonBody, Router
from clinic_sessions.domain import errors
from clinic_sessions.routes.parts import By, Handling, shown
from clinic_sessions.schemas import (
    Checks,
    CompleteSession,
    DischargeAssessment,
    Empty,
    OrderDose,
    Reason,
    ReceiptOut,
    SessionOut,
    noted,
)

router = Router(prefix="/v1/sessions/{session_id}")

PROBLEMS: Final[Mapping[type[Exception], int]] = {
    errors.NoDoseOrdered: 404,
    errors.GatesBlock: 409,
    errors.SecondPersonNeeded: 409,
    errors.WeightUnknown: 409,
    errors.WeightChanged: 409,
    errors.DoseOutsideBounds: 422,
}


@router.post("/arrive", operation_id="receive_patient")
async def receive_patient(
    session_id: str,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> SessionOut:
    session = await handlers.receive_patient(by, session_id)
    return await shown(request, response, handlers, session)


@router.post("/checks", operation_id="note_checks")
async def note_checks(
    session_id: str,
    checks: Annotated[Checks, JsonBody(Checks)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> SessionOut:
    session = await handlers.note_checks(by, session_id, noted(checks))
    return await shown(request, response, handlers, session)


@router.get("/readiness", operation_id="get_readiness")
async def get_readiness(session_id: str, by: By, handlers: Handling) -> ReceiptOut:
    return ReceiptOut.of(await handlers.assess_readiness(by, session_id))


@router.post("/dose-orders", operation_id="order_dose", status_code=201)
async def order_dose(
    session_id: str,
    order: Annotated[OrderDose, JsonBody(OrderDose)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> SessionOut:
    session = await handlers.order_dose(by, session_id, mg_per_kg=order.mg_per_kg)
    return await shown(request, response, handlers, session)


@router.post("/dose-orders/{number}/verify", operation_id="verify_dose")
async def verify_dose(
    session_id: str,
    number: int,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> SessionOut:
    session = await handlers.verify_dose(by, session_id, number)
    return await shown(request, response, handlers, session)


@router.post("/start-dosing", operation_id="start_dosing")
async def start_dosing(
    session_id: str,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> SessionOut:
    session = await handlers.start_dosing(by, session_id)
    return await shown(request, response, handlers, session)


@router.post("/stop-dosing", operation_id="stop_dosing")
async def stop_dosing(
    session_id: str,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> SessionOut:
    session = await handlers.stop_dosing(by, session_id)
    return await shown(request, response, handlers, session)


@router.post("/discharge-assessments", operation_id="assess_discharge", status_code=201)
async def assess_discharge(
    session_id: str,
    assessment: Annotated[DischargeAssessment, JsonBody(DischargeAssessment)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> ReceiptOut:
    session, receipt = await handlers.assess_discharge(by, session_id, noted(assessment))
    await shown(request, response, handlers, session)
    return ReceiptOut.of(receipt)


@router.post("/complete", operation_id="complete_session")
async def complete_session(
    session_id: str,
    end: Annotated[CompleteSession, JsonBody(CompleteSession)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> SessionOut:
    session = await handlers.complete_session(
        by, session_id, discharge=end.discharge, grade=end.adverse_event_grade_max
    )
    return await shown(request, response, handlers, session)


@router.post("/abort", operation_id="abort_session")
async def abort_session(
    session_id: str,
    why: Annotated[Reason, JsonBody(Reason)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> SessionOut:
    session = await handlers.abort_session(by, session_id, why.reason)
    return await shown(request, response, handlers, session)


@router.post("/void", operation_id="void_session")
async def void_session(
    session_id: str,
    why: Annotated[Reason, JsonBody(Reason)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> SessionOut:
    session = await handlers.void_session(by, session_id, why.reason)
    return await shown(request, response, handlers, session)
