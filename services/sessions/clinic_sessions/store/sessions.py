"""Sessions, and the slots they take up.

A slot of a resource is a row whose id is that resource and that time. Two sessions cannot have one
row: the database refuses the second, whatever either of them had read before.
"""

from datetime import datetime
from typing import Final

from clinic_events.ports import Database, Document, DuplicateKey, Outbox
from clinic_sessions.domain.booking.visit import PATIENT, PERSON, PLACE, Visit, names_of
from clinic_sessions.domain.errors import Conflict, SessionNotFound, SlotTaken
from clinic_sessions.domain.facts import (
    Aborted,
    Booked,
    Cancelled,
    Fact,
    Missed,
    Rescheduled,
    Voided,
)
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.session import Session, Status
from clinic_sessions.publishing import of_session
from clinic_sessions.store import documents

# Their times are free again, and their place in the series too.
GONE: Final = (Status.CANCELLED, Status.MISSED, Status.ABORTED, Status.VOIDED)


class MongoSessions:
    """The port `Sessions`, in the collections `sessions` and `taken_slots`."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._rows = database.collection("sessions")
        self._slots = database.collection("taken_slots")
        self._outbox = outbox

    async def prepare(self) -> None:
        await self._rows.create_index([("plan_id", 1), ("starts_at", 1)])
        await self._rows.create_index([("location_id", 1), ("starts_at", 1)])
        await self._slots.create_index([("session_id", 1)])
        await self._slots.create_index([("_id.resource", 1), ("_id.at", 1)])

    async def get(self, session_id: str) -> Session:
        document = await self._rows.find_one({"_id": session_id})
        if document is None:
            raise SessionNotFound
        return documents.session_in(document)

    async def record(self, session: Session, fact: Fact) -> Session:
        after = session.after(fact)
        try:
            await self._database.transaction(lambda: self._record(session, after, fact))
        except DuplicateKey as refused:
            raise _taken(refused) from None
        return after

    async def times_of(self, plan_id: str, *, without: str | None = None) -> list[datetime]:
        where: Document = {"plan_id": plan_id, "status": {"$nin": GONE}, "_id": {"$ne": without}}
        rows = await self._rows.find(where, sort=[("starts_at", 1)], fields=["starts_at"])
        return [row["starts_at"] for row in rows]

    async def of_plan(self, plan_id: str) -> list[Session]:
        where: Document = {"plan_id": plan_id, "status": {"$nin": GONE}}
        rows = await self._rows.find(where, sort=[("starts_at", 1)])
        return [documents.session_in(row) for row in rows]

    async def busy(
        self, location: Location, patient_id: str, *, since: datetime, until: datetime
    ) -> set[tuple[str, datetime]]:
        chairs = [_key(location.id, PLACE, chair) for chair in names_of(location.details.chairs)]
        nurses = [_key(location.id, PERSON, nurse) for nurse in names_of(location.details.staff)]
        wanted = {"$in": [*chairs, *nurses, _key(location.id, PATIENT, patient_id)]}
        where = {"_id.resource": wanted, "_id.at": {"$gte": since, "$lt": until}}
        rows = await self._slots.find(where, fields=["_id"])
        return {(_name(row["_id"]["resource"]), row["_id"]["at"]) for row in rows}

    async def _record(self, before: Session, after: Session, fact: Fact) -> None:
        match fact:
            case Booked(visit):
                await self._take(after, visit)
            case Rescheduled(visit, _):
                await self._slots.delete_many({"session_id": before.id})
                await self._take(after, visit)
            case Cancelled() | Missed() | Aborted() | Voided():
                await self._slots.delete_many({"session_id": before.id})
        await self._save(before, after)
        await self._outbox.append(*of_session(after, fact), sequence=after.revision)

    async def _save(self, before: Session, after: Session) -> None:
        document = documents.of_session(after)
        if before.revision == 0:
            await self._rows.insert_one(document)
        elif not await self._rows.replace_one(
            {"_id": before.id, "revision": before.revision}, document
        ):
            raise Conflict

    async def _take(self, session: Session, visit: Visit) -> None:
        await self._slots.insert_many(
            [
                {
                    "_id": {
                        "resource": _key(session.location_id, taken.kind, taken.resource),
                        "at": at,
                    },
                    "session_id": session.id,
                }
                for taken in visit.reservations
                for at in taken.slots()
            ]
        )


def _key(location_id: str, kind: str, resource: str) -> str:
    """A chair or a nurse is one of a location; a patient is the same person everywhere."""
    return f"{'anywhere' if kind == PATIENT else location_id}/{kind}/{resource}"


def _name(key: str) -> str:
    return key.split("/", 2)[2]


def _taken(refused: DuplicateKey) -> Exception:
    slot = refused.key.get("_id")
    if not isinstance(slot, dict):  # not a slot: two made one session at once
        return Conflict()
    _, kind, name = str(slot["resource"]).split("/", 2)
    return SlotTaken(kind, PATIENT if kind == PATIENT else name, slot["at"])
