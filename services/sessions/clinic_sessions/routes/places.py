"""Locations over HTTP."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Header, Response

from clinic_platform.problems import IfMatchRequired
from clinic_platform.web import ETag, JsonBody, Router, if_match
from clinic_sessions.domain import errors
from clinic_sessions.routes.parts import By, Handling
from clinic_sessions.schemas import DescribeLocation, LocationOut

router = Router()

PROBLEMS: Final[Mapping[type[Exception], int]] = {
    errors.LocationNotFound: 404,
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
    location_id: str, by: By, handlers: Handling, response: Response
) -> LocationOut:
    location = await handlers.get_location(by, location_id)
    ETag(response, location.revision)
    return LocationOut.of(location)
