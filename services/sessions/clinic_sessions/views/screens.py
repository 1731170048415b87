"""Lists of plans and sessions, straight from MongoDB."""

from asyncio import to_thread
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter

from clinic_events.ports import Database, Document
from clinic_platform.decisions import Receipt
from clinic_sessions.domain.bedside.crossing import Baseline
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.protocols.rehearsal import PastSession
from clinic_sessions.domain.session import Session, Status

_SESSION: Final = TypeAdapter(Session)
_BASELINE: Final = TypeAdapter(dict[str, Baseline])
_READING: Final = TypeAdapter(Reading)
_PLAN: Final = TypeAdapter(Plan)
# There is nothing to make again of what never began.
NOT_BEGUN: Final = (Status.BOOKED, Status.CANCELLED, Status.MISSED, Status.VOIDED)
DECISIONS: Final = ("readiness", "discharge")


class Views:
    def __init__(self, database: Database) -> None:
        self._plans = database.collection("plans")
        self._sessions = database.collection("sessions")
        self._receipts = database.collection("receipts")
        self._watches = database.collection("watches")
        self._readings = database.collection("readings")
        self._audit = database.collection("audit")

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

    async def past(
        self, protocol: str, locations: frozenset[str] | None, *, since: datetime, limit: int
    ) -> list[PastSession]:
        """Up to `limit` sessions of the protocol, the newest first, with their decisions."""
        rows = await self._plans.find({"protocol": protocol, **_within(locations)})
        plans = {row["_id"]: _PLAN.validate_python({**row, "id": row["_id"]}) for row in rows}
        where = {"plan_id": {"$in": list(plans)}, "starts_at": {"$gte": since}}
        begun = {**where, "status": {"$nin": NOT_BEGUN}}
        found = await self._sessions.find(begun, sort=[("starts_at", -1)], limit=limit)
        sessions = [_SESSION.validate_python({**row, "id": row["_id"]}) for row in found]
        ids = [session.id for session in sessions]
        receipts, readings = await self._receipts_of(ids), await self._readings_of(ids)
        rows = await self._watches.find({"_id": {"$in": ids}}, fields=["baseline"])
        baselines = {row["_id"]: _BASELINE.validate_python(row["baseline"]) for row in rows}
        return [
            PastSession(
                session=session,
                version=plans[session.plan_id].version_on(session.booked_visit.starts_at),
                receipts=tuple(receipts.get(session.id, ())),
                readings=tuple(readings.get(session.id, ())),
                baseline=baselines.get(session.id, {}),
            )
            for session in sessions
        ]

    async def _readings_of(self, sessions: list[str]) -> dict[str, list[Reading]]:
        rows = await self._readings.find({"session_id": {"$in": sessions}})
        return await to_thread(_by_session, rows)  # tens of thousands of a quarter's sessions

    async def _receipts_of(self, sessions: list[str]) -> dict[str, list[Receipt]]:
        """Those of what was done, and those of what a shut gate refused: the audit has these."""
        done = await self._receipts.find(
            {"session_id": {"$in": sessions}, "purpose": {"$in": DECISIONS}}
        )
        refused = await self._audit.find({"object_id": {"$in": sessions}, "receipt": {"$ne": None}})
        rows = [(row["session_id"], row["receipt"]) for row in done]
        rows += [(row["object_id"], row["receipt"]) for row in refused]
        receipts: dict[str, list[Receipt]] = {}
        for session_id, document in rows:
            receipts.setdefault(session_id, []).append(Receipt.from_document(document))
        return receipts


def _by_session(rows: Iterable[Document]) -> dict[str, list[Reading]]:
    readings: dict[str, list[Reading]] = {}
    for row in rows:
        reading = _READING.validate_python(row)
        readings.setdefault(reading.session_id, []).append(reading)
    return readings


def _within(locations: frozenset[str] | None) -> Document:
    return {} if locations is None else {"location_id": {"$in": sorted(locations)}}
