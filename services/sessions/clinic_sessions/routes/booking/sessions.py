"""Plans, slots and sessions over HTTP."""

from functools import partial
from typing import Annotated, Final

from fastapi import Depends, Query, Request, Response

from clinic_platform.problems import Fault, UnreadableRequest
from clinic_platform.web import JsonBody, Moment, Page, Router, about, page_of
from clinic_sessions.handlers.booking.placing import searched
from clinic_sessions.routes.parts import (
    TAKEN,
    AsOf,
    By,
    Handling,
    Remembering,
    Viewing,
    as_read,
    session_then,
    shown,
)
from clinic_sessions.schemas import (
    PLAN,
    BookSession,
    ChangeOut,
    Empty,
    OverrideBooking,
    PlanOut,
    Reason,
    Reschedule,
    SessionOut,
    SlotOut,
    slots_as_json,
)

router = Router(before_changes=[as_read])
EITHER: Final = Fault(
    "/plan_id",
    "either",
    "Give either plan_id, with or without session_id, or protocol and location_id.",
)


@router.get("/v1/plans", operation_id="list_plans")
async def list_plans(
    patient_id: Annotated[str, Query(max_length=40)],
    then: AsOf,
    past: Remembering,
    by: By,
    views: Viewing,
) -> dict[str, list[PlanOut]]:
    """With `as_of` and `known_at` those that had begun by then, each as it was."""
    plans = await views.plans(patient_id, by.locations)
    if then is not None:
        plans = await past.plans([plan["_id"] for plan in plans], then)
    return {"items": [PlanOut.of(plan) for plan in plans]}


@router.get("/v1/slots", operation_id="list_slots", response_model=dict[str, list[SlotOut]])
async def list_slots(
    since: Annotated[Moment, Query(alias="from")],
    until: Annotated[Moment, Query(alias="to")],
    by: By,
    handlers: Handling,
    plan_id: Annotated[str | None, Query(max_length=40, examples=[PLAN])] = None,
    session_id: Annotated[str | None, Query(max_length=40)] = None,
    location_id: Annotated[str | None, Query(max_length=40, examples=["loc_sample"])] = None,
    protocol: Annotated[
        str | None, Query(max_length=40, examples=["iv-ketamine-depression"])
    ] = None,
) -> Response:
    """Every half hour of the usual hours: free, or why not. Up to 28 days. Of a plan (`plan_id`);
    with `session_id`, the starts to which that session could be moved. Or of a service, for
    somebody who has no plan yet: `protocol` and `location_id`, both of them and nothing else."""
    if plan_id is not None and protocol is None and location_id is None:
        starts, zone = await handlers.list_slots(
            by, plan_id, since=since, until=until, moving=session_id
        )
    elif plan_id is None and session_id is None and protocol and location_id:
        starts, zone = await handlers.list_slots_of_service(
            by, location_id, protocol, since=since, until=until
        )
    else:
        raise UnreadableRequest([EITHER])
    body = await searched(partial(slots_as_json, starts, zone))
    return Response(body, media_type="application/json")


@router.post("/v1/sessions", operation_id="book_session", status_code=201, responses=TAKEN)
async def book_session(
    booking: Annotated[BookSession, JsonBody(BookSession)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> SessionOut:
    session = await handlers.book_session(
        by, booking.plan_id, starts_at=booking.when(), wishes=booking.wishes()
    )
    return await shown(request, response, handlers, session)


@router.post("/v1/sessions/override-bookings", operation_id="override_booking", status_code=201)
async def override_booking(
    booking: Annotated[OverrideBooking, JsonBody(OverrideBooking)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> SessionOut:
    """A booking that breaks rules, by permission: noted with its reason, and on the session."""
    session = await handlers.book_session(
        by,
        booking.plan_id,
        starts_at=booking.when(),
        wishes=booking.wishes(),
        override=booking.permission(by=by.actor, now=handlers.clock()),
    )
    answer = await shown(request, response, handlers, session)
    about(
        request,
        object_id=session.id,
        location_id=session.location_id,
        reason=booking.reason,
    )
    return answer


@router.get("/v1/sessions", operation_id="list_sessions")
async def list_sessions(
    by: By,
    views: Viewing,
    handlers: Handling,
    page: Annotated[Page, Depends()],
    plan_id: Annotated[str | None, Query(max_length=40)] = None,
    since: Annotated[Moment | None, Query(alias="from")] = None,
) -> dict[str, object]:
    sessions = await views.sessions(
        by.locations, plan_id=plan_id, since=since, after=page.key, limit=page.fetch
    )
    zones = {
        location_id: (await handlers.locations.get(location_id)).details.zone
        for location_id in {session.location_id for session in sessions}
    }
    now = handlers.clock()
    shown_all = [SessionOut.of(s, zones[s.location_id], now=now, by=by) for s in sessions]
    return page_of(shown_all, page, lambda session: session.id)


@router.get("/v1/sessions/{session_id}", operation_id="get_session")
async def get_session(
    session_id: str,
    then: AsOf,
    past: Remembering,
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> SessionOut:
    """With `as_of` what was true then, with `known_at` what was known then. Without, what is."""
    if then is None:
        session = await handlers.reached_session(by, session_id)
    else:
        session = await session_then(by, session_id, then, handlers, past)
    return await shown(request, response, handlers, session, then)


@router.get("/v1/sessions/{session_id}/history", operation_id="get_session_history")
async def get_session_history(
    session_id: str, by: By, handlers: Handling
) -> dict[str, list[ChangeOut]]:
    """Each change of its time, the oldest first."""
    session = await handlers.reached_session(by, session_id)
    location = await handlers.locations.get(session.location_id)
    zone = location.details.zone
    return {"items": [ChangeOut.of(change, zone) for change in session.changes]}


@router.post(
    "/v1/sessions/{session_id}/reschedule", operation_id="reschedule_session", responses=TAKEN
)
async def reschedule_session(
    session_id: str,
    to: Annotated[Reschedule, JsonBody(Reschedule)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> SessionOut:
    session = await handlers.reschedule_session(
        by, session_id, starts_at=to.when(), wishes=to.wishes()
    )
    return await shown(request, response, handlers, session)


@router.post("/v1/sessions/{session_id}/cancel", operation_id="cancel_session")
async def cancel_session(
    session_id: str,
    why: Annotated[Reason, JsonBody(Reason)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> SessionOut:
    session = await handlers.cancel_session(by, session_id, why.reason)
    return await shown(request, response, handlers, session)


@router.post("/v1/sessions/{session_id}/no-show", operation_id="miss_session")
async def miss_session(
    session_id: str,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    request: Request,
    response: Response,
) -> SessionOut:
    session = await handlers.miss_session(by, session_id)
    return await shown(request, response, handlers, session)
