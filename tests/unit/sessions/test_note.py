"""A note is a draft until it is signed, and locked from there on."""

from datetime import timedelta

import pytest

from clinic_sessions.domain.bedside.note import Note, Written
from clinic_sessions.domain.errors import NoteHasChanged, NoteIsSigned, NoteNotFound, NoteNotSigned
from tests.support.sessions import NOON


def written(text: str) -> Written:
    return Written(text=text, by="usr_a", at=NOON)


def drafted(*texts: str) -> Note:
    note = Note(session_id="ses_1")
    for text in texts:
        note = note.after(note.draft(written(text)))
    return note


def signed() -> Note:
    note = drafted("First.", "Second.")
    return note.after(note.sign(2, by="usr_p", now=NOON + timedelta(hours=1)))


def test_every_text_there_was_is_kept() -> None:
    assert [draft.text for draft in drafted("First.", "Second.").drafts] == ["First.", "Second."]


def test_a_signed_note_is_neither_written_nor_signed_again() -> None:
    with pytest.raises(NoteIsSigned):
        signed().draft(written("Third."))
    with pytest.raises(NoteIsSigned):
        signed().sign(3, by="usr_q", now=NOON)


def test_nobody_signs_another_text_than_they_have_read_or_none() -> None:
    with pytest.raises(NoteHasChanged) as refused:
        drafted("First.", "Second.").sign(1, by="usr_p", now=NOON)
    assert refused.value.current == 2
    with pytest.raises(NoteNotFound):
        Note(session_id="ses_1").sign(1, by="usr_p", now=NOON)


def test_what_comes_after_the_signature_is_an_addendum() -> None:
    with pytest.raises(NoteNotSigned):
        drafted("First.").add(written("And."))
    note = signed()
    note = note.after(note.add(written("And.")))
    assert [addendum.text for addendum in note.addenda] == ["And."]
    assert note.drafts == drafted("First.", "Second.").drafts
