"""Protocols over HTTP: the catalogue, the version of a plan, and rehearsals."""

from asyncio import to_thread
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final

from fastapi import Query, Request, Response

from clinic_platform.web import ETag, JsonBody, Router, about
from clinic_sessions.domain import errors
from clinic_sessions.routes.parts import By, Handling, Viewing, as_read
from clinic_sessions.schemas import (
    MovePlan,
    PlanMovedOut,
    ProtocolListed,
    ProtocolOut,
    RehearsalOut,
    RehearseProtocol,
)

router = Router(before_changes=[as_read])

PROBLEMS: Final[Mapping[type[Exception], int]] = {
    errors.ProtocolNotFound: 404,
    errors.PlanCannotMove: 409,
    errors.DraftUnreadable: 422,
}
# So many sessions are looked at in one rehearsal: an engineering choice, within one transaction.
MOST_SESSIONS: Final = 2000


@router.get("/v1/protocols", operation_id="list_protocols")
async def list_protocols(by: By, handlers: Handling) -> dict[str, list[ProtocolListed]]:
    newest = handlers.newest_protocols()
    return {"items": [ProtocolListed.of(one, handlers.versions_of(one.name)) for one in newest]}


@router.get("/v1/protocols/{name}", operation_id="get_protocol")
async def get_protocol(
    name: str,
    by: By,
    handlers: Handling,
    version: Annotated[int | None, Query(ge=1, le=10_000)] = None,
) -> ProtocolOut:
    protocol = handlers.get_protocol(name, version)
    return ProtocolOut.of(protocol, handlers.versions_of(name))


@router.post("/v1/protocols/rehearsals", operation_id="rehearse_protocol")
async def rehearse_protocol(
    asked: Annotated[RehearseProtocol, JsonBody(RehearseProtocol)],
    by: By,
    handlers: Handling,
    views: Viewing,
    request: Request,
) -> RehearsalOut:
    """Run a draft over the past of its protocol, at the caller's locations. Changes nothing."""
    draft = handlers.read_draft(asked.draft)
    about(request, object_id=draft.name)
    since = handlers.clock() - timedelta(days=asked.since_days)
    found = await views.past(draft.name, by.locations, since=since, limit=MOST_SESSIONS + 1)
    # A while of reckoning, and nobody else who is served here waits for it.
    rehearsal = await to_thread(handlers.rehearse, draft, found[:MOST_SESSIONS])
    is_whole = len(found) <= MOST_SESSIONS
    return RehearsalOut.of(draft, rehearsal, since=since, is_whole=is_whole)


@router.post("/v1/plans/{plan_id}/protocol", operation_id="move_plan_protocol")
async def move_plan_protocol(
    plan_id: str,
    to: Annotated[MovePlan, JsonBody(MovePlan)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> PlanMovedOut:
    """The audit keeps the reason with both versions."""
    plan = await handlers.move_plan(by, plan_id, to.version, to.reason)
    before = plan.moves[-1].before
    reason = f"{to.reason}:{before}_to_{plan.protocol_version}"
    about(request, object_id=plan.id, location_id=plan.location_id, reason=reason)
    ETag(response, plan.revision)
    return PlanMovedOut.of(plan)
