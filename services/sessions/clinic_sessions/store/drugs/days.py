"""The days of each place: a row that every entry of the day and its closing write."""

from datetime import date
from typing import Final

from pydantic import TypeAdapter

from clinic_events.ports import Database, Document
from clinic_sessions.domain.drugs.day import Closing

_CLOSING: Final = TypeAdapter(Closing)


class MongoDays:
    """The port `Days`. Two transactions that write one row cannot both commit: the later one runs
    again, and finds the day closed."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("drug_days")

    async def prepare(self) -> None:
        await self._rows.create_index([("location_id", 1), ("day", 1)])

    async def queue_for(self, location_id: str, day: date) -> Closing | None:
        named = {"location_id": location_id, "day": day.isoformat()}
        row = await self._rows.find_one_and_update(
            {"_id": _key(location_id, day)}, {"$inc": {"posts": 1}, "$set": named}, upsert=True
        )
        return None if row is None or "closing" not in row else _closing_in(row)

    async def find(self, location_id: str, day: date) -> Closing | None:
        row = await self._rows.find_one({"_id": _key(location_id, day)})
        return None if row is None or "closing" not in row else _closing_in(row)

    async def close(self, closing: Closing) -> None:
        document = _CLOSING.dump_python(closing, mode="json")
        named = {"location_id": closing.location_id, "day": closing.day.isoformat()}
        where = {"_id": _key(closing.location_id, closing.day)}
        await self._rows.update_one(where, {"$set": {**named, "closing": document}}, upsert=True)

    async def page(self, location_id: str, *, before: date | None, limit: int) -> list[Closing]:
        where: Document = {"location_id": location_id, "closing": {"$exists": True}}
        if before is not None:
            where["day"] = {"$lt": before.isoformat()}
        rows = await self._rows.find(where, sort=[("day", -1)], limit=limit)
        return [_closing_in(row) for row in rows]


def _key(location_id: str, day: date) -> str:
    return f"{location_id}/{day.isoformat()}"


def _closing_in(row: Document) -> Closing:
    return _CLOSING.validate_python(row["closing"])
