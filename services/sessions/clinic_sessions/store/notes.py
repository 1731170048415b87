"""Notes, sealed: their words can be read with the ring of keys, and by nothing else."""

from typing import Final

from pydantic import TypeAdapter

from clinic_events.ports import Database
from clinic_platform.sealing import KeyRing
from clinic_sessions.domain.bedside.note import Fact, Note
from clinic_sessions.domain.errors import Conflict

_NOTE: Final = TypeAdapter(Note)


class MongoNotes:
    """The port `Notes`. A row holds whose it is, its version and whether it is signed; the rest is
    sealed for that session."""

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._rows = database.collection("notes")
        self._keys = keys

    async def get(self, session_id: str) -> Note:
        row = await self._rows.find_one({"_id": session_id})
        if row is None:
            return Note(session_id=session_id)
        return _NOTE.validate_json(self._keys.open(row["sealed"], about=session_id))

    async def record(self, note: Note, fact: Fact) -> Note:
        after = note.after(fact)
        row = {
            "_id": note.session_id,
            "revision": after.revision,
            "is_signed": after.is_signed,
            "sealed": self._keys.seal(_NOTE.dump_json(after), about=note.session_id),
        }
        if note.revision == 0:
            if await self._rows.find_one({"_id": note.session_id}) is not None:
                raise Conflict
            await self._rows.insert_one(row)
        elif not await self._rows.replace_one(
            {"_id": note.session_id, "revision": note.revision}, row
        ):
            raise Conflict
        return after
