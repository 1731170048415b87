"""What is owed about controlled drugs, over HTTP: incidents, closings, monitoring forms."""

from datetime import date
from typing import Annotated

from fastapi import Depends, Query

from clinic_platform.problems import Fault, UnreadableRequest
from clinic_platform.web import JsonBody, Page, Router, page_of
from clinic_sessions.domain.drugs.esketamine import FilledForm
from clinic_sessions.domain.drugs.incident import Incident
from clinic_sessions.routes.parts import By, Describe, Describing, Handling
from clinic_sessions.schemas.drugs import (
    CloseDay,
    CloseIncident,
    ClosingOut,
    FormOut,
    FormSubmission,
    IncidentOut,
    LossReport,
)

router = Router()


@router.get("/v1/locations/{location_id}/incidents", operation_id="list_incidents")
async def list_incidents(
    location_id: str,
    by: By,
    handlers: Handling,
    page: Annotated[Page, Depends()],
    is_open: Annotated[bool, Query(alias="open")] = False,
) -> dict[str, object]:
    place = await handlers.reached_place(by, location_id)
    incidents = await handlers.drugs.incidents.page(
        place.id, after=page.key, limit=page.fetch, is_open=is_open
    )
    shown = [IncidentOut.of(incident) for incident in incidents]
    return page_of(shown, page, lambda incident: incident.id)


@router.post(
    "/v1/locations/{location_id}/incidents/{incident_id}/close", operation_id="close_incident"
)
async def close_incident(
    location_id: str,
    incident_id: str,
    end: Annotated[CloseIncident, JsonBody(CloseIncident)],
    by: By,
    handlers: Handling,
    describe: Describing,
) -> IncidentOut:
    incident = await handlers.close_incident(
        by, location_id, incident_id, resolution=end.resolution, reason=end.reason
    )
    return _shown(describe, incident)


@router.post(
    "/v1/locations/{location_id}/incidents/{incident_id}/reports", operation_id="report_loss"
)
async def report_loss(
    location_id: str,
    incident_id: str,
    made: Annotated[LossReport, JsonBody(LossReport)],
    by: By,
    handlers: Handling,
    describe: Describing,
) -> IncidentOut:
    """A person has made a report of a theft or a significant loss."""
    incident = await handlers.report_loss(
        by, location_id, incident_id, report=made.report, reference=made.reference
    )
    return _shown(describe, incident)


@router.post("/v1/locations/{location_id}/day-closings", operation_id="close_day", status_code=201)
async def close_day(
    location_id: str,
    closing: Annotated[CloseDay, JsonBody(CloseDay)],
    by: By,
    handlers: Handling,
) -> ClosingOut:
    """Refused, with all that is open, until every vial and every dose is accounted for."""
    return ClosingOut.of(await handlers.close_day(by, location_id, closing.day))


@router.get("/v1/locations/{location_id}/day-closings", operation_id="list_day_closings")
async def list_day_closings(
    location_id: str, by: By, handlers: Handling, page: Annotated[Page, Depends()]
) -> dict[str, object]:
    """The newest first."""
    place = await handlers.reached_place(by, location_id)
    closings = await handlers.drugs.days.page(place.id, before=_day_in(page), limit=page.fetch)
    shown = [ClosingOut.of(closing) for closing in closings]
    return page_of(shown, page, lambda closing: closing.day.isoformat())


@router.get("/v1/sessions/{session_id}/monitoring-form", operation_id="get_monitoring_form")
async def get_monitoring_form(
    session_id: str, by: By, handlers: Handling, describe: Describing
) -> FormOut:
    return _shown_form(describe, await handlers.fill_form(by, session_id))


@router.post(
    "/v1/sessions/{session_id}/monitoring-form/submitted", operation_id="note_form_submitted"
)
async def note_form_submitted(
    session_id: str,
    sent: Annotated[FormSubmission, JsonBody(FormSubmission)],
    by: By,
    handlers: Handling,
    describe: Describing,
) -> FormOut:
    """A person has sent it. A missing field is refused unless it was filled in by hand."""
    filled = await handlers.note_form_submitted(
        by, session_id, reference=sent.reference, by_hand=sent.by_hand
    )
    return _shown_form(describe, filled)


def _shown(describe: Describe, incident: Incident) -> IncidentOut:
    describe(incident.id, incident.location_id, incident.revision)
    return IncidentOut.of(incident)


def _shown_form(describe: Describe, filled: FilledForm) -> FormOut:
    describe(filled.form.session_id, filled.form.location_id, filled.form.revision)
    return FormOut.of(filled)


def _day_in(page: Page) -> date | None:
    """The cursor of this list is a day. Raises UnreadableRequest."""
    try:
        return None if page.key is None else date.fromisoformat(page.key)
    except ValueError:
        fault = Fault("/after", "cursor", "This is not a cursor that was given out.")
        raise UnreadableRequest([fault]) from None
