"""Merges updates that make the same change of different documents into one."""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import bson
from pymongo import UpdateMany, UpdateOne

from clinic_events.ports import Document

Changed: TypeAlias = Document | list[Document]


@dataclass(frozen=True, slots=True)
class Change:
    """An update of the one document that `where` finds or, by an `upsert`, adds."""

    where: Document
    change: Changed
    upsert: bool = False

    def sent(self) -> UpdateOne:
        return UpdateOne(self.where, self.change, upsert=self.upsert)


@dataclass
class Alike:
    """One change of several documents, named by their ids."""

    others: Document  # what they have to be like, apart from their ids
    change: Changed
    ids: dict[str, None]

    @cached_property
    def encoded(self) -> bytes:
        """For comparison, as BSON: in Python 1, 1.0 and True are equal."""
        return bson.encode({"others": self.others, "change": self.change})

    def joined_by(self, later: "Alike") -> bool:
        """Merge `later` into this, if it is the same change of other documents. Whether it was."""
        if not self.ids.keys().isdisjoint(later.ids) or later.encoded != self.encoded:
            return False
        self.ids |= later.ids
        return True

    def sent(self) -> UpdateOne | UpdateMany:
        if len(self.ids) == 1:
            return UpdateOne({"_id": next(iter(self.ids)), **self.others}, self.change)
        return UpdateMany({"_id": {"$in": list(self.ids)}, **self.others}, self.change)


def alike(change: Change) -> Alike | None:
    """None where it is not named by an id, or may add the document."""
    key = change.where.get("_id")
    if change.upsert or not isinstance(key, str):
        return None
    others = {name: wanted for name, wanted in change.where.items() if name != "_id"}
    return Alike(others, change.change, {key: None})
