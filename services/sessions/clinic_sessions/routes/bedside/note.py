"""The note of a session over HTTP. Commands answer its state; only a read answers its words."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Response

from clinic_platform.web import ETag, JsonBody, Router
from clinic_sessions.domain import errors
from clinic_sessions.domain.bedside.note import Note
from clinic_sessions.routes.parts import AsOf, By, Handling, note_as_read
from clinic_sessions.schemas import NoteOut, NoteState, SignNote, WriteNote

router = Router(prefix="/v1/sessions/{session_id}/note", before_changes=[note_as_read])

PROBLEMS: Final[Mapping[type[Exception], int]] = {
    errors.NoteNotFound: 404,
    errors.NoteIsSigned: 409,
    errors.NoteNotSigned: 409,
    errors.NoteHasChanged: 409,
}


@router.get("", operation_id="read_note")
async def read_note(
    session_id: str, then: AsOf, by: By, handlers: Handling, response: Response
) -> NoteOut:
    """With `as_of` as it was written by then."""
    note = await handlers.read_note(by, session_id)
    if then is not None:
        note = note.then(then.earlier)
    ETag(response, note.revision)
    return NoteOut.of(note)


@router.post("", operation_id="draft_note", status_code=201)
async def draft_note(
    session_id: str,
    sent: Annotated[WriteNote, JsonBody(WriteNote)],
    by: By,
    handlers: Handling,
    response: Response,
) -> NoteState:
    """The text takes the place of the one before, which is kept."""
    return _state(response, await handlers.draft_note(by, session_id, sent.text))


@router.post("/sign", operation_id="sign_note")
async def sign_note(
    session_id: str,
    sent: Annotated[SignNote, JsonBody(SignNote)],
    by: By,
    handlers: Handling,
    response: Response,
) -> NoteState:
    """Locked from here on."""
    return _state(response, await handlers.sign_note(by, session_id, sent.version))


@router.post("/addenda", operation_id="add_to_note", status_code=201)
async def add_to_note(
    session_id: str,
    sent: Annotated[WriteNote, JsonBody(WriteNote)],
    by: By,
    handlers: Handling,
    response: Response,
) -> NoteState:
    return _state(response, await handlers.add_to_note(by, session_id, sent.text))


def _state(response: Response, note: Note) -> NoteState:
    ETag(response, note.revision)
    return NoteState.of(note)
