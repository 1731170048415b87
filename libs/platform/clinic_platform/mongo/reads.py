"""Reads of collections: alone, several in one statement, or answered from what was read before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from inspect import iscoroutine
from typing import Any

import bson

from clinic_events.ports import Document, Sort


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A read of one collection. `limit` 0 is all; `fields` empty is whole documents."""

    collection: Any
    name: str
    where: Document
    sort: Sort = ()
    limit: int = 0
    fields: Sequence[str] = ()

    @property
    def projection(self) -> Document | None:
        return dict.fromkeys(self.fields, 1) or None

    async def alone(self, session: Any) -> list[Document]:
        order = list(self.sort) or None
        if self.limit == 1:
            one: Document | None = await self.collection.find_one(
                self.where, self.projection, sort=order, session=session
            )
            return [] if one is None else [one]
        cursor = self.collection.find(
            self.where, self.projection, sort=order, limit=self.limit, session=session
        )
        found: list[Document] = await cursor.to_list(None)
        return found

    def stages(self) -> list[Document]:
        stages: list[Document] = [{"$match": self.where}]
        if self.sort:
            stages.append({"$sort": dict(self.sort)})
        if self.limit:
            stages.append({"$limit": self.limit})
        if self.fields:
            stages.append({"$project": self.projection})
        return stages


@dataclass(slots=True)
class Known:
    """The single documents that a transaction has read. It sees one snapshot of the database: the
    same query finds the same, until it writes to that collection itself.

    Kept as bytes, so that every reader gets a copy.
    """

    found: dict[str, dict[bytes, bytes]] = field(default_factory=dict)

    def of(self, read: Read) -> list[Document] | None:
        kept = self.found.get(read.name)
        if kept is None or read.limit != 1:
            return None
        encoded = kept.get(_question(read))
        if encoded is None:
            return None
        rows: list[Document] = bson.decode(encoded, read.collection.codec_options)["rows"]
        return rows

    def learn(self, read: Read, rows: list[Document]) -> None:
        if read.limit == 1:
            self.found.setdefault(read.name, {})[_question(read)] = bson.encode({"rows": rows})

    def forget(self, name: str) -> None:
        self.found.pop(name, None)


def _question(read: Read) -> bytes:
    """Equal for equal reads only, as BSON: in Python 1, 1.0 and True are equal."""
    asked = {"where": read.where, "sort": [*map(list, read.sort)], "fields": [*read.fields]}
    return bson.encode(asked)


async def in_one_statement(reads: Sequence[Read], session: Any) -> list[list[Document]]:
    """The documents each read finds. Each uses its collection's indexes, as it would alone."""
    if len(reads) == 1:
        return [await reads[0].alone(session)]
    names = [f"of_{number}" for number in range(len(reads))]
    joined = [
        {"$lookup": {"from": read.name, "pipeline": read.stages(), "as": name}}
        for name, read in zip(names, reads, strict=True)
    ]
    database = reads[0].collection.database
    cursor = database.aggregate([{"$documents": [{}]}, *joined], session=session)
    # One driver returns the cursor, the other a coroutine of it.
    cursor = await cursor if iscoroutine(cursor) else cursor
    [found] = await cursor.to_list(None)
    return [found[name] for name in names]
