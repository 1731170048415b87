"""Lists of plans and sessions, straight from MongoDB."""

from datetime import datetime
from typing import Final

from pydantic import TypeAdapter

from clinic_events.ports import Database, Document
from clinic_sessions.domain.session import Session

_SESSION: Final = TypeAdapter(Session)


class Views:
    def __init__(self, database: Database) -> None:
        self._plans = database.collection("plans")
        self._sessions = database.collection("sessions")

    async def plans(self, patient_id: str, locations: frozenset[str] | None) -> list[Document]:
        where = {"patient_id": patient_id, **_within(locations)}
        return await self._plans.find(where, sort=[("started_at", 1)])

    async def sessions(
        self,
        locations: frozenset[str] | None,
        *,
        plan_id: str | None,
        since: datetime | None,
        after: str | None,
        limit: int,
    ) -> list[Session]:
        """Sorted by id, which is the order in which they were booked."""
        where = _within(locations)
        if plan_id is not None:
            where["plan_id"] = plan_id
        if since is not None:
            where["starts_at"] = {"$gte": since}
        if after is not None:
            where["_id"] = {"$gt": after}
        rows = await self._sessions.find(where, sort=[("_id", 1)], limit=limit)
        return [_SESSION.validate_python({**row, "id": row["_id"]}) for row in rows]


def _within(locations: frozenset[str] | None) -> Document:
    return {} if locations is None else {"location_id": {"$in": sorted(locations)}}
