"""Whole series over HTTP."""

from typing import Annotated

from fastapi import Request

from clinic_platform.web import JsonBody, Router, about
from clinic_sessions.routes.parts import By, Handling, as_read
from clinic_sessions.schemas import BookSeries, SeriesOut

router = Router(before_changes=[as_read])


@router.post("/v1/plans/{plan_id}/series", operation_id="book_series", status_code=201)
async def book_series(
    plan_id: str,
    wanted: Annotated[BookSeries, JsonBody(BookSeries)],
    by: By,
    handlers: Handling,
    request: Request,
) -> SeriesOut:
    """All visits the plan lacks, or none: then 409 has the best plan, with its gaps explained."""
    sessions, found = await handlers.book_series(by, plan_id, wanted.wanted())
    location = await handlers.locations.get(sessions[0].location_id)
    about(request, object_id=plan_id, location_id=location.id)
    zone, now = location.details.zone, handlers.clock()
    return SeriesOut.of(plan_id, sessions, found, zone, now=now, by=by)
