"""Holds over HTTP."""

from typing import Annotated

from fastapi import Request, Response

from clinic_platform.web import ETag, JsonBody, Router, about
from clinic_sessions.domain.booking.hold import Hold
from clinic_sessions.handlers import Handlers
from clinic_sessions.routes.parts import By, Handling, as_read, shown
from clinic_sessions.schemas import Empty, HoldOut, HoldSlot, SessionOut

router = Router(before_changes=[as_read])


@router.post("/v1/holds", operation_id="hold_slot", status_code=201)
async def hold_slot(
    wanted: Annotated[HoldSlot, JsonBody(HoldSlot)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> HoldOut:
    """Seats for a few minutes. The same plan at the same time again is the same hold."""
    hold = await handlers.hold_slot(
        by, wanted.plan_id, starts_at=wanted.when(), wishes=wanted.wishes()
    )
    return await _shown(request, response, handlers, hold)


@router.get("/v1/holds/{hold_id}", operation_id="get_hold")
async def get_hold(
    hold_id: str, by: By, handlers: Handling, request: Request, response: Response
) -> HoldOut:
    hold = await handlers.reached_hold(by, hold_id)
    return await _shown(request, response, handlers, hold)


@router.post("/v1/holds/{hold_id}/confirm", operation_id="confirm_hold", status_code=201)
async def confirm_hold(
    hold_id: str,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> SessionOut:
    """The hold becomes its session; what a booking is refused for is asked again."""
    session = await handlers.confirm_hold(by, hold_id)
    return await shown(request, response, handlers, session)


@router.post("/v1/holds/{hold_id}/release", operation_id="release_hold")
async def release_hold(
    hold_id: str,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> HoldOut:
    hold = await handlers.release_hold(by, hold_id)
    return await _shown(request, response, handlers, hold)


async def _shown(request: Request, response: Response, handlers: Handlers, hold: Hold) -> HoldOut:
    location = await handlers.locations.get(hold.location_id)
    about(request, object_id=hold.id, location_id=hold.location_id)
    ETag(response, hold.revision)
    return HoldOut.of(hold, location.details.zone, handlers.clock())
