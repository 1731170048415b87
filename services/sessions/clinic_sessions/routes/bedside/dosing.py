"""The dose over HTTP, from the order to the last milligram."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Path

from clinic_platform.web import JsonBody, Router
from clinic_sessions.domain import errors
from clinic_sessions.routes.parts import By, Handling, Showing, as_read
from clinic_sessions.schemas import (
    Empty,
    LogOrder,
    OrderDose,
    PrepareDose,
    Reason,
    SessionOut,
    Slow,
    StopDosing,
)

OrderNumber = Annotated[int, Path(ge=1, le=10_000)]

router = Router(prefix="/v1/sessions/{session_id}", before_changes=[as_read])

PROBLEMS: Final[Mapping[type[Exception], int]] = {
    errors.NoDoseOrdered: 404,
    errors.DosedOtherwise: 422,
    errors.DoseOutsideBounds: 422,
    errors.NoSuchDose: 422,
    errors.StepTooLarge: 409,
    errors.FirstDoseIsAnother: 409,
    errors.WeightUnknown: 409,
    errors.WeightImplausible: 409,
    errors.WeightUnusual: 409,
    errors.WeightChanged: 409,
    errors.DilutionNeeded: 409,
    errors.NotPrepared: 409,
    errors.SecondPersonNeeded: 409,
    errors.DosingOutsideVisit: 409,
    errors.NotSlower: 422,
    errors.StoppedEarly: 409,
    errors.DeviceTooSoon: 409,
    errors.NoSuchOrder: 422,
    errors.NothingIsGiven: 422,
    errors.TimeOutOfOrder: 422,
}


@router.post("/dose-orders", operation_id="order_dose", status_code=201)
async def order_dose(
    session_id: str,
    order: Annotated[OrderDose, JsonBody(OrderDose)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> SessionOut:
    session = await handlers.order_dose(
        by,
        session_id,
        mg_per_kg=order.mg_per_kg,
        dose_mg=order.dose_mg,
        step_reason=order.step_reason,
    )
    return await show(session)


@router.post("/dose-orders/{number}/prepare", operation_id="prepare_dose")
async def prepare_dose(
    session_id: str,
    number: OrderNumber,
    sent: Annotated[PrepareDose, JsonBody(PrepareDose)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> SessionOut:
    """Drawn up, and the pump programmed, by the caller."""
    session = await handlers.prepare_dose(
        by, session_id, number, is_diluted=sent.is_diluted, vial_id=sent.vial_id
    )
    return await show(session)


@router.post("/dose-orders/{number}/verify", operation_id="verify_dose")
async def verify_dose(
    session_id: str,
    number: OrderNumber,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> SessionOut:
    return await show(await handlers.verify_dose(by, session_id, number))


@router.post("/start-dosing", operation_id="start_dosing")
async def start_dosing(
    session_id: str,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> SessionOut:
    return await show(await handlers.start_dosing(by, session_id))


@router.post("/pause-dosing", operation_id="pause_dosing")
async def pause_dosing(
    session_id: str,
    why: Annotated[Reason, JsonBody(Reason)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> SessionOut:
    return await show(await handlers.pause_dosing(by, session_id, why.reason))


@router.post("/resume-dosing", operation_id="resume_dosing")
async def resume_dosing(
    session_id: str,
    why: Annotated[Reason, JsonBody(Reason)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> SessionOut:
    return await show(await handlers.resume_dosing(by, session_id, why.reason))


@router.post("/slow-dosing", operation_id="slow_dosing")
async def slow_dosing(
    session_id: str,
    to: Annotated[Slow, JsonBody(Slow)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> SessionOut:
    return await show(await handlers.slow_dosing(by, session_id, to.rate_mg_per_min, to.reason))


@router.post("/devices", operation_id="give_device", status_code=201)
async def give_device(
    session_id: str,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> SessionOut:
    """The next nasal device. The first one is the start of dosing."""
    return await show(await handlers.give_device(by, session_id))


@router.post("/stop-dosing", operation_id="stop_dosing")
async def stop_dosing(
    session_id: str,
    why: Annotated[StopDosing, JsonBody(StopDosing)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> SessionOut:
    return await show(await handlers.stop_dosing(by, session_id, why.reason))


@router.post("/orders", operation_id="log_order", status_code=201)
async def log_order(
    session_id: str,
    sent: Annotated[LogOrder, JsonBody(LogOrder)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> SessionOut:
    """Logged, not given: by its name in the book, in the caller's role."""
    return await show(
        await handlers.log_order(
            by,
            session_id,
            sent.order,
            sent.role,
            sent.given_at,
            ordered_by=sent.ordered_by,
            given_by=sent.given_by,
            medicine=None if sent.medicine is None else sent.medicine.to_medicine(),
        )
    )
