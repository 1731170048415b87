"""Repairs over HTTP."""

from typing import Annotated

from fastapi import Request

from clinic_platform.web import JsonBody, Router, about
from clinic_sessions.routes.parts import By, Handling, as_read
from clinic_sessions.schemas import ApplyRepair, ProposeRepair, RepairOut

router = Router(before_changes=[as_read])


@router.post("/v1/plans/{plan_id}/repairs", operation_id="propose_repair")
async def propose_repair(
    plan_id: str,
    asked: Annotated[ProposeRepair, JsonBody(ProposeRepair)],
    by: By,
    handlers: Handling,
    request: Request,
) -> RepairOut:
    """For the visits that are to come: which stay, which move where, which are lost, and what that
    costs. Changes nothing."""
    proposal, zone = await handlers.propose_repair(by, plan_id, asked.wanted())
    about(request, object_id=plan_id)
    return RepairOut.of(plan_id, proposal, zone, handlers.clock())


@router.post("/v1/plans/{plan_id}/repairs/apply", operation_id="apply_repair")
async def apply_repair(
    plan_id: str,
    asked: Annotated[ApplyRepair, JsonBody(ApplyRepair)],
    by: By,
    handlers: Handling,
    request: Request,
) -> RepairOut:
    """What was shown, all of it or nothing. Visits that move keep their ids."""
    proposal, zone = await handlers.apply_repair(
        by,
        plan_id,
        asked.wanted(),
        fingerprint=asked.fingerprint,
        cancel_lost=asked.cancel_lost,
    )
    about(request, object_id=plan_id)
    return RepairOut.of(plan_id, proposal, zone, handlers.clock())
