"""Writes that nobody waits for: kept until the end of the transaction, then sent in one go.

One round trip for the writes of fifty events instead of fifty. They are written in their order, and
before anything else is done with their collection, so that nobody can tell but by the clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import bson
from pymongo import UpdateMany, UpdateOne

from clinic_events.ports import Document

Change: TypeAlias = Document | list[Document]


@dataclass(slots=True)
class Same:
    """One change of several documents, asked for one after the other and named by their ids."""

    others: Document  # what they have to be like, apart from their ids
    change: Change
    # Compared as the database would read it: to Python, 1 and 1.0 and True are equal.
    encoded: bytes
    ids: dict[str, None]

    def joined_by(self, later: "Same") -> bool:
        """Whether it was: all the same, of another document."""
        if later.encoded != self.encoded or not self.ids.keys().isdisjoint(later.ids):
            return False
        self.ids |= later.ids
        return True

    def sent(self) -> UpdateOne | UpdateMany:
        if len(self.ids) == 1:
            return UpdateOne({"_id": next(iter(self.ids)), **self.others}, self.change)
        return UpdateMany({"_id": {"$in": list(self.ids)}, **self.others}, self.change)


@dataclass(slots=True)
class Later:
    """Writes to one collection. `refusals`: what to raise for each that has to find a document.

    The database tells only how many did. Where one did not, the first refusal stands for it: the
    transaction is undone in any case, and what is then done again alone names its own.
    """

    collection: Any
    writes: list[Any] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)

    def update(self, where: Document, change: Change) -> None:
        """Joined to the write before it where that changes other documents just so: a fraction of
        the database's work for the same outcome, since no document is named twice."""
        same = _same(where, change)
        last = self.writes[-1] if self.writes else None
        if same is None:
            self.writes.append(UpdateOne(where, change))
        elif not (isinstance(last, Same) and last.joined_by(same)):
            self.writes.append(same)

    async def write(self, session: Any) -> None:
        result = await self.collection.bulk_write(list(self._sent()), session=session)
        if result.matched_count + result.upserted_count < len(self.refusals):
            raise self.refusals[0]

    def _sent(self) -> Iterator[Any]:
        for write in self.writes:
            yield write.sent() if isinstance(write, Same) else write


def _same(where: Document, change: Change) -> Same | None:
    key = where.get("_id")
    if not isinstance(key, str):
        return None
    others = {name: wanted for name, wanted in where.items() if name != "_id"}
    return Same(others, change, bson.encode({"others": others, "change": change}), {key: None})
