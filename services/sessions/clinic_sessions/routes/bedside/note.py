"""The note of a session over HTTP. Commands answer its state; only a read answers its words."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Response

from clinic_platform.web import ETag, JsonBody, Router
from clinic_sessions.domain import errors
from clinic_sessions.routes.parts import By, Handling
from clinic_sessions.schemas import NoteOut, NoteState, SignNote, WriteNote

router = Router(prefix="/v1/sessions/{session_id}/note")

PROBLEMS: Final[Mapping[type[Exception], int]] = {
    errors.NoteNotFound: 404,
    errors.NoteIsSigned: 409,
    errors.NoteNotSigned: 409,
    errors.NoteHasChanged: 409,
}


@router.get("", operation_id="read_note")
async def read_note(session_id: str, by: By, handlers: Handling, response: Response) -> NoteOut:
    note = await handlers.read_note(by, session_id)
    ETag(response, note.revision)
    return NoteOut.of(note)


@router.post("", operation_id="draft_note", status_code=201)
async def draft_note(
    session_id: str,
    sent: Annotated[WriteNote, JsonBody(WriteNote)],
    by: By,
    handlers: Handling,
) -> NoteState:
    """The text takes the place of the one before, which is kept."""
    return NoteState.of(await handlers.draft_note(by, session_id, sent.text))


@router.post("/sign", operation_id="sign_note")
async def sign_note(
    session_id: str,
    sent: Annotated[SignNote, JsonBody(SignNote)],
    by: By,
    handlers: Handling,
) -> NoteState:
    """Locked from here on."""
    return NoteState.of(await handlers.sign_note(by, session_id, sent.version))


@router.post("/addenda", operation_id="add_to_note", status_code=201)
async def add_to_note(
    session_id: str,
    sent: Annotated[WriteNote, JsonBody(WriteNote)],
    by: By,
    handlers: Handling,
) -> NoteState:
    return NoteState.of(await handlers.add_to_note(by, session_id, sent.text))
