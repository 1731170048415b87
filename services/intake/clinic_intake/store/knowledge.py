"""Locations, risk alerts and visits as received from the others, kept in MongoDB."""

from typing import Self

from clinic_events.ports import Collection, Database, Document
from clinic_intake.domain.place import Place
from clinic_intake.domain.risk import Risk
from clinic_intake.domain.visit import State, Visit
from clinic_intake.store import documents


class MongoPlaces:
    """The port `Places`."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("places")

    async def find(self, location_id: str) -> Place | None:
        document = await self._rows.find_one({"_id": location_id})
        return None if document is None else documents.place_in(document)

    async def note(self, place: Place) -> None:
        await _keep_newest(self._rows, documents.of_place(place))


class MongoRisks:
    """The port `Risks`."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("risks")

    @classmethod
    async def open_in(cls, database: Database) -> Self:
        await database.collection("risks").create_index([("patient_id", 1), ("is_open", 1)])
        return cls(database)

    async def note(self, risk: Risk) -> None:
        await _keep_newest(self._rows, documents.of_risk(risk))

    async def open_of(self, patient_id: str) -> list[Risk]:
        rows = await self._rows.find({"patient_id": patient_id, "is_open": True}, sort=[("_id", 1)])
        return [documents.risk_in(row) for row in rows]


class MongoVisits:
    """The port `Visits`."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("visits")

    @classmethod
    async def open_in(cls, database: Database) -> Self:
        await database.collection("visits").create_index([("patient_id", 1), ("state", 1)])
        return cls(database)

    async def note(self, visit: Visit) -> None:
        await _keep_newest(self._rows, documents.of_visit(visit))

    async def open_of(self, patient_id: str) -> list[Visit]:
        where = {"patient_id": patient_id, "state": {"$ne": State.OVER.value}}
        return [documents.visit_in(row) for row in await self._rows.find(where, sort=[("_id", 1)])]


async def _keep_newest(rows: Collection, document: Document) -> None:
    """The database compares: nobody waits for what is there already, nor for it to be written."""
    is_older: Document = {"$lt": ["$version", document["version"]]}  # none sorts below every number
    newest = {"$cond": [is_older, {"$literal": document}, "$$ROOT"]}
    await rows.update_later({"_id": document["_id"]}, [{"$replaceWith": newest}], upsert=True)
