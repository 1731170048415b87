"""Adverse events over HTTP."""

from collections.abc import Mapping
from typing import Annotated, Final

from clinic_platform.web import JsonBody, Router
from clinic_sessions.domain import errors
from clinic_sessions.domain.bedside.reporting import event_of
from clinic_sessions.routes.parts import By, Handling, Showing, as_read
from clinic_sessions.schemas import AmendEvent, EventOut, NoteEvent, ReportEvent

router = Router(prefix="/v1/sessions/{session_id}/adverse-events", before_changes=[as_read])

PROBLEMS: Final[Mapping[type[Exception], int]] = {
    errors.AdverseEventNotFound: 404,
    errors.NoSuchTerm: 422,
    errors.SeriousnessMissing: 422,
    errors.NotSerious: 409,
}


@router.post("", operation_id="note_adverse_event", status_code=201)
async def note_adverse_event(
    session_id: str,
    sent: Annotated[NoteEvent, JsonBody(NoteEvent)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> EventOut:
    """A serious one starts its clock: it is to be reported, and somebody is called when it was
    not."""
    account = sent.to_account(by=by.actor, now=handlers.clock())
    session, event_id = await handlers.note_adverse_event(by, session_id, account)
    await show(session)
    return EventOut.of(event_of(session, event_id))


@router.post("/{event_id}/amend", operation_id="amend_adverse_event")
async def amend_adverse_event(
    session_id: str,
    event_id: str,
    sent: Annotated[AmendEvent, JsonBody(AmendEvent)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> EventOut:
    """The whole account anew; the earlier ones are kept."""
    account = sent.to_account(by=by.actor, now=handlers.clock(), reason=sent.reason)
    session = await handlers.amend_adverse_event(by, session_id, event_id, account)
    await show(session)
    return EventOut.of(event_of(session, event_id))


@router.post("/{event_id}/report", operation_id="report_adverse_event")
async def report_adverse_event(
    session_id: str,
    event_id: str,
    sent: Annotated[ReportEvent, JsonBody(ReportEvent)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> EventOut:
    """Somebody has reported it; its clock stops."""
    session = await handlers.report_adverse_event(by, session_id, event_id, sent.to)
    await show(session)
    return EventOut.of(event_of(session, event_id))
