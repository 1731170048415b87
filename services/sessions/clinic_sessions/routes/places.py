"""Locations over HTTP."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Depends, Header, Response

from clinic_platform.problems import IfMatchRequired
from clinic_platform.web import ETag, JsonBody, Page, Router, if_match, page_of
from clinic_sessions.domain import errors
from clinic_sessions.routes.parts import AsOf, By, Handling, Remembering
from clinic_sessions.schemas import (
    AppliedOut,
    ApplyChange,
    BrokenBookingOut,
    DescribeLocation,
    LocationOut,
    PlaceChangeOut,
    ReadinessOut,
)

router = Router()

PROBLEMS: Final[Mapping[type[Exception], int]] = {
    errors.LocationNotFound: 404,
    errors.ChangeIsOutdated: 409,
    errors.LocationContradictsItself: 422,
}


@router.put("/v1/locations/{location_id}", operation_id="describe_location")
async def describe_location(
    location_id: str,
    document: Annotated[DescribeLocation, JsonBody(DescribeLocation)],
    by: By,
    handlers: Handling,
    response: Response,
    if_match_header: Annotated[str | None, Header(alias="If-Match")] = None,
    if_none_match: Annotated[str | None, Header(alias="If-None-Match")] = None,
) -> LocationOut:
    """Open a location with `If-None-Match: *`, or replace its document with `If-Match`."""
    if if_match_header is None and if_none_match != "*":
        raise IfMatchRequired
    expected = None if if_match_header is None else await if_match(if_match_header)
    location = await handlers.describe_location(
        by, location_id, document.to_details(), expected=expected
    )
    ETag(response, location.revision)
    return LocationOut.of(location)


@router.get("/v1/locations/{location_id}", operation_id="get_location")
async def get_location(
    location_id: str,
    then: AsOf,
    past: Remembering,
    by: By,
    handlers: Handling,
    response: Response,
) -> LocationOut:
    """With `as_of` and `known_at` the document that held then, with its version of then."""
    location = await handlers.get_location(by, location_id)
    if then is not None:
        location = await past.location(location_id, then)
    ETag(response, location.revision)
    return LocationOut.of(location)


@router.get("/v1/locations/{location_id}/opening-readiness", operation_id="get_opening_readiness")
async def get_opening_readiness(
    location_id: str, by: By, handlers: Handling, response: Response
) -> ReadinessOut:
    """What is missing before a first patient."""
    location, findings = await handlers.get_opening_readiness(by, location_id)
    ETag(response, location.revision)
    return ReadinessOut.of(location, findings)


@router.post("/v1/locations/{location_id}/changes", operation_id="plan_location_change")
async def plan_location_change(
    location_id: str,
    document: Annotated[DescribeLocation, JsonBody(DescribeLocation)],
    by: By,
    handlers: Handling,
) -> PlaceChangeOut:
    """What this document would change, and which bookings it touches. Nothing is stored."""
    planned = await handlers.plan_location_change(by, location_id, document.to_details())
    return PlaceChangeOut.of(planned, await handlers.times_broken_by(planned))


@router.post("/v1/locations/{location_id}/changes/apply", operation_id="apply_location_change")
async def apply_location_change(
    location_id: str,
    change: Annotated[ApplyChange, JsonBody(ApplyChange)],
    by: By,
    handlers: Handling,
    response: Response,
) -> AppliedOut:
    """Do exactly what was planned; refused when the location or a touched booking has changed."""
    location, planned = await handlers.apply_location_change(
        by, location_id, change.document.to_details(), fingerprint=change.fingerprint
    )
    ETag(response, location.revision)
    return AppliedOut.of(location, planned)


@router.get("/v1/locations/{location_id}/broken-bookings", operation_id="list_broken_bookings")
async def list_broken_bookings(
    location_id: str, by: By, handlers: Handling, page: Annotated[Page, Depends()]
) -> dict[str, object]:
    """The bookings that the location does not hold as it is now, each with where it could go."""
    location, broken = await handlers.list_broken_bookings(
        by, location_id, after=page.key, limit=page.fetch
    )
    shown = [BrokenBookingOut.of(location, one, repairs) for one, repairs in broken]
    return page_of(shown, page, lambda booking: booking.session_id)
