"""Incidents."""

from typing import Final

from pydantic import TypeAdapter

from clinic_events.ports import Database, Document, DuplicateKey
from clinic_sessions.domain.drugs.incident import Fact, Incident
from clinic_sessions.domain.errors import Conflict
from clinic_sessions.domain.errors.drugs import IncidentNotFound

_INCIDENT: Final = TypeAdapter(Incident)


class MongoIncidents:
    """The port `Incidents`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows = database.collection("drug_incidents")

    async def prepare(self) -> None:
        await self._rows.create_index([("location_id", 1), ("is_open", 1), ("_id", 1)])

    async def get(self, incident_id: str) -> Incident:
        found = await self.find(incident_id)
        if found is None:
            raise IncidentNotFound
        return found

    async def find(self, incident_id: str) -> Incident | None:
        document = await self._rows.find_one({"_id": incident_id})
        return None if document is None else _incident_in(document)

    async def record(self, incident: Incident, fact: Fact) -> Incident:
        after = incident.after(fact)
        try:
            await self._database.transaction(lambda: self._save(incident, after))
        except DuplicateKey:
            raise Conflict from None
        return after

    async def page(
        self, location_id: str, *, after: str | None, limit: int, is_open: bool
    ) -> list[Incident]:
        where: Document = {"location_id": location_id, "_id": {"$gt": after or ""}}
        if is_open:
            where["is_open"] = True
        rows = await self._rows.find(where, sort=[("_id", 1)], limit=limit)
        return [_incident_in(row) for row in rows]

    async def open_at(self, location_id: str) -> list[Incident]:
        where = {"location_id": location_id, "is_open": True}
        return [_incident_in(row) for row in await self._rows.find(where, sort=[("_id", 1)])]

    async def _save(self, before: Incident, after: Incident) -> None:
        document = _INCIDENT.dump_python(after)
        document = {"_id": document.pop("id"), **document, "is_open": after.closed is None}
        if before.revision == 0:
            await self._rows.insert_one(document)
        elif not await self._rows.replace_one(
            {"_id": before.id, "revision": before.revision}, document
        ):
            raise Conflict


def _incident_in(document: Document) -> Incident:
    return _INCIDENT.validate_python({**document, "id": document["_id"]})
