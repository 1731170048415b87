"""The note of a session: written, signed and locked, and added to."""

from clinic_platform.auth import Caller
from clinic_sessions.domain.bedside.note import Note, Written
from clinic_sessions.domain.facts import NoteSigned
from clinic_sessions.domain.status import ENDED, SEEN
from clinic_sessions.handlers.tools import Tools


class Noting(Tools):
    async def read_note(self, by: Caller, session_id: str) -> Note:
        """An empty one, of version 0, when nothing is written."""
        session = await self.reached_session(by, session_id)
        return await self.notes.get(session.id)

    async def draft_note(self, by: Caller, session_id: str, text: str) -> Note:
        session = await self.reached_session(by, session_id)
        session.only_while("Writing a note", SEEN)
        note = await self.notes.get(session.id)
        return await self.notes.record(note, note.draft(self._written(by, text)))

    async def sign_note(self, by: Caller, session_id: str, version: int) -> Note:
        """Once the visit has ended: a note covers all of it."""
        session = await self.reached_session(by, session_id)
        session.only_while("Signing the note", ENDED)
        note, now = await self.notes.get(session.id), self.clock()
        signed = await self.notes.record(note, note.sign(version, by=by.actor, now=now))
        await self.sessions.record(session, NoteSigned(now, by.actor))
        return signed

    async def add_to_note(self, by: Caller, session_id: str, text: str) -> Note:
        session = await self.reached_session(by, session_id)
        note = await self.notes.get(session.id)
        return await self.notes.record(note, note.add(self._written(by, text)))

    def _written(self, by: Caller, text: str) -> Written:
        return Written(text=text, by=by.actor, at=self.clock())
