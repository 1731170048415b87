"""Vials, each with its ledger, and the history of everything that happened to each."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final, get_args

from pydantic import TypeAdapter

from clinic_events.ports import Database, Document, DuplicateKey
from clinic_platform.clock import Clock
from clinic_sessions.domain.drugs.past import Recorded
from clinic_sessions.domain.drugs.vial import Fact, Vial
from clinic_sessions.domain.errors import Conflict
from clinic_sessions.domain.errors.drugs import VialNotFound

_VIAL: Final = TypeAdapter(Vial)
_FACTS: Final = {kind.__name__: TypeAdapter[Fact](kind) for kind in get_args(Fact)}


class MongoVials:
    """The port `Vials`. Decimals and days are kept as text: BSON has neither."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._rows = database.collection("vials")
        self._history = database.collection("vial_history")

    async def prepare(self) -> None:
        await self._rows.create_index([("location_id", 1), ("is_settled", 1), ("_id", 1)])
        await self._rows.create_index([("location_id", 1), ("last_entry_at", 1)])
        await self._rows.create_index([("location_id", 1), ("drug", 1)])
        await self._rows.create_index([("sessions", 1)])
        await self._history.create_index([("vial_id", 1), ("revision", 1)], unique=True)

    async def get(self, vial_id: str) -> Vial:
        document = await self._rows.find_one({"_id": vial_id})
        if document is None:
            raise VialNotFound
        return _vial_in(document)

    async def record(self, vial: Vial, fact: Fact) -> Vial:
        after = vial.after(fact)
        try:
            await self._database.transaction(lambda: self._save(vial, after, fact))
        except DuplicateKey:
            raise Conflict from None
        return after

    async def histories(self, vial_ids: Collection[str]) -> Mapping[str, list[Recorded]]:
        found: dict[str, list[Recorded]] = {vial_id: [] for vial_id in vial_ids}
        where = {"vial_id": {"$in": [*found]}}
        for row in await self._history.find(where, sort=[("vial_id", 1), ("revision", 1)]):
            fact = _FACTS[row["fact"]].validate_python(row["data"])
            found[row["vial_id"]].append(Recorded(row["at"], fact))
        return found

    async def of_location(self, location_id: str, *, since: datetime) -> list[Vial]:
        wanted = [{"is_settled": False}, {"last_entry_at": {"$gte": since}}]
        where = {"location_id": location_id, "$or": wanted}
        return [_vial_in(row) for row in await self._rows.find(where, sort=[("_id", 1)])]

    async def page(
        self, location_id: str, *, after: str | None, limit: int, is_open: bool
    ) -> list[Vial]:
        where: Document = {"location_id": location_id, "_id": {"$gt": after or ""}}
        if is_open:
            where["is_settled"] = False
        rows = await self._rows.find(where, sort=[("_id", 1)], limit=limit)
        return [_vial_in(row) for row in rows]

    async def for_session(self, session_id: str) -> list[Vial]:
        rows = await self._rows.find({"sessions": session_id}, sort=[("_id", 1)])
        return [_vial_in(row) for row in rows]

    async def keeps(self, location_id: str, drug: str) -> bool:
        where = {"location_id": location_id, "drug": drug}
        return await self._rows.find_one(where) is not None

    async def _save(self, before: Vial, after: Vial, fact: Fact) -> None:
        document = _of_vial(after)
        if before.revision == 0:
            await self._rows.insert_one(document)
        elif not await self._rows.replace_one(
            {"_id": before.id, "revision": before.revision}, document
        ):
            raise Conflict
        kind = type(fact).__name__
        await self._history.insert_one(
            {
                "_id": f"{after.id}/{after.revision}",
                "vial_id": after.id,
                "revision": after.revision,
                "at": self._clock(),
                "fact": kind,
                "data": _FACTS[kind].dump_python(fact, mode="json"),
            }
        )


def _of_vial(vial: Vial) -> Document:
    document = _VIAL.dump_python(vial, mode="json")
    # Looked for by these: kept beside the ledger that they follow from.
    found_by = {
        "drug": vial.product.drug,
        "is_settled": vial.is_settled,
        "last_entry_at": vial.last_entry_at,
        "sessions": sorted(vial.sessions),
    }
    return {"_id": document.pop("id"), **document, **found_by}


def _vial_in(document: Document) -> Vial:
    return _VIAL.validate_python({**document, "id": document["_id"]})
