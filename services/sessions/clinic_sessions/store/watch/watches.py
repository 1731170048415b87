"""The watch of each session."""

from dataclasses import replace
from typing import Final

from pydantic import TypeAdapter

from clinic_events.ports import Database, Document
from clinic_sessions.domain.bedside.watch import Watch
from clinic_sessions.domain.errors import Conflict
from clinic_sessions.store.board import MongoMoves

_WATCH: Final = TypeAdapter(Watch)


class MongoWatches:
    """The port `Watches`, in the collection `watches`."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("watches")
        self._moves = MongoMoves(database)

    async def find(self, session_id: str) -> Watch | None:
        row = await self._rows.find_one({"_id": session_id})
        return None if row is None else _WATCH.validate_python({**row, "session_id": row["_id"]})

    async def keep(self, watch: Watch) -> Watch:
        after = replace(watch, revision=watch.revision + 1)
        document: Document = _WATCH.dump_python(after)
        document["_id"] = document.pop("session_id")
        if watch.revision == 0:
            await self._rows.insert_later([document], otherwise=Conflict())
        else:
            where = {"_id": watch.session_id, "revision": watch.revision}
            await self._rows.replace_later(where, document, otherwise=Conflict())
        await self._moves.note(watch.location_id, watch.session_id, "session")
        return after
