"""Readings. The id is the device's own number within the session, with its version."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from clinic_events.ports import Database, Document
from clinic_sessions.domain.bedside.reading import Look, Reading
from clinic_sessions.domain.protocols.limits import NUMBERS
from clinic_sessions.ports.watch import Marked, Window

FIELDS: Final = tuple(Reading.__dataclass_fields__)


class MongoReadings:
    """The port `Readings`, in the collection `readings`."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("readings")

    async def prepare(self) -> None:
        await self._rows.create_index([("session_id", 1), ("counts_at", 1)])
        await self._rows.create_index(
            [("session_id", 1), ("marks", 1), ("counts_at", 1)],
            partial={"marks": {"$exists": True}},  # most leave none
        )

    async def held(
        self, session_id: str, names: Sequence[tuple[str, int]]
    ) -> dict[tuple[str, int], Reading]:
        first = [f"{session_id}/{device}/{sequence}/1" for device, sequence in names]
        rows = await self._rows.find({"_id": {"$in": first}})
        found = {(row["device"], row["sequence"]): row for row in rows}
        for name in [name for name, row in found.items() if row["is_corrected"]]:
            found[name] = await self._newest(session_id, *name)
        return {name: _reading(row) for name, row in found.items()}

    async def add(self, marked: Sequence[Marked]) -> None:
        for reading, _ in marked:
            if reading.corrects is not None:
                before = f"{_name(reading)}/{reading.corrects}"
                await self._rows.update_one({"_id": before}, {"$set": {"is_corrected": True}})
        if marked:
            await self._rows.insert_later([_document(reading, marks) for reading, marks in marked])

    async def remark(self, marked: Sequence[Marked]) -> None:
        for reading, marks in marked:
            await self._rows.update_one({"_id": reading.id}, {"$set": {"marks": list(marks)}})

    async def of_session(self, session_id: str) -> list[Reading]:
        order = [("counts_at", 1), ("version", 1)]
        rows = await self._rows.find({"session_id": session_id}, sort=order)
        return [_reading(row) for row in rows]

    async def counting(
        self, session_id: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[Reading]:
        where: Document = {"session_id": session_id, "is_corrected": False}
        bounds = {"$gte": since, "$lte": until}
        if known := {name: at for name, at in bounds.items() if at is not None}:
            where["counts_at"] = known
        return [_reading(row) for row in await self._rows.find(where, sort=[("counts_at", 1)])]

    async def taken(self, session_id: str, *, since: datetime | None = None) -> list[Look]:
        where: Document = {"session_id": session_id, "is_corrected": False, "clock": "right"}
        if since is not None:
            where["counts_at"] = {"$gte": since}
        order = [("counts_at", 1)]
        rows = await self._rows.find(where, sort=order, fields=["counts_at", *NUMBERS])
        return [_look(row) for row in rows]

    async def marked(self, session_id: str, mark: str, windows: Sequence[Window]) -> Reading | None:
        within = [{"counts_at": {"$gte": since, "$lte": until}} for since, until in windows]
        row = await self._rows.find_one(
            {"session_id": session_id, "marks": mark, "is_corrected": False, "$or": within}
        )
        return None if row is None else _reading(row)

    async def _newest(self, session_id: str, device: str, sequence: int) -> Document:
        where = {"session_id": session_id, "device": device, "sequence": sequence}
        row = await self._rows.find_one({**where, "is_corrected": False})
        assert row is not None, "The newest version of a reading is not corrected."
        return row


def _name(reading: Reading) -> str:
    return reading.id.rpartition("/")[0]


def _document(reading: Reading, marks: Sequence[str]) -> Document:
    fields = {name: getattr(reading, name) for name in FIELDS}
    left = {"marks": list(marks)} if marks else {}
    kept = {"_id": reading.id, "counts_at": reading.counts_at, "is_corrected": False}
    return {**kept, **fields, **left}


def _look(row: Document) -> Look:
    return Look(row["counts_at"], frozenset(name for name in NUMBERS if row[name] is not None))


def _reading(row: Document) -> Reading:
    symptoms = row["symptoms"]
    codes = None if symptoms is None else tuple(symptoms)
    fields = {name: row[name] for name in FIELDS if name in row}  # older rows lack newer fields
    return Reading(**{**fields, "symptoms": codes})
