"""Sessions as the ledger of drugs asks for them."""

from datetime import datetime

from clinic_events.ports import Database
from clinic_sessions.domain.session import Session
from clinic_sessions.store import documents


class MongoDosedSessions:
    """The port `DosedSessions`."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("sessions")

    async def prepare(self) -> None:
        await self._rows.create_index([("location_id", 1), ("dosing_started_at", 1)])

    async def between(self, location_id: str, since: datetime, until: datetime) -> list[Session]:
        began = {"$gte": since, "$lt": until}
        where = {"location_id": location_id, "dosing_started_at": began}
        rows = await self._rows.find(where, sort=[("_id", 1)])
        return [documents.session_in(row) for row in rows]
