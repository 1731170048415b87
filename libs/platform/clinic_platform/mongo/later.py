"""Deferred writes: kept until the end of the transaction, then sent together.

One round trip for the writes of fifty events instead of fifty. They are written in their order, and
before anything else is done with their collection, so that only the clock shows a difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pymongo import DeleteMany, InsertOne, ReplaceOne, UpdateMany
from pymongo.results import UpdateResult

from clinic_events.ports import Document, Refusal
from clinic_platform.mongo.alike import Alike, Change, alike
from clinic_platform.mongo.answers import answer_to

Other: TypeAlias = ReplaceOne[Document] | UpdateMany | DeleteMany
Write: TypeAlias = Document | Change | Other


@dataclass(slots=True)
class Later:
    """Deferred writes to one collection: documents to insert, and changes that must each find one.
    Without `counts`, changes and deletions of any number of documents, found or not.

    `unfound`: what to raise for each that must find a document. The database only counts how many
    did. Where one did not, the first error is raised: the transaction is undone in any case, and
    what is then run again alone raises its own. `taken`: what to raise, by the position of the
    write, where a unique index refuses.
    """

    collection: Any
    name: str
    counts: bool = True
    writes: list[Document | Change | Alike | Other] = field(default_factory=list)
    unfound: list[Exception] = field(default_factory=list)
    taken: dict[int, Refusal] = field(default_factory=dict)

    def add(
        self, writes: Sequence[Write], *, unfound: Exception | None, taken: Refusal | None
    ) -> None:
        if taken is not None:
            places = range(len(self.writes), len(self.writes) + len(writes))
            self.taken |= dict.fromkeys(places, taken)
        if unfound is not None:
            self.unfound.append(unfound)
        for write in writes:
            if isinstance(write, Change) and taken is None:
                self._update(write)
            else:
                self.writes.append(write)

    def _update(self, change: Change) -> None:
        """Merged with the write before it where that makes the same change of other documents: far
        less work for the database, and the same outcome, since no document is named twice."""
        same = alike(change)
        last = self.writes[-1] if self.writes else None
        if same is None:
            self.writes.append(change)
        elif not (isinstance(last, Alike) and last.joined_by(same)):
            self.writes.append(same)

    async def write(self, session: Any) -> None:
        self._check(await answer_to(self._sent_to(self.collection, session), session))

    def write_in_thread(self, session: Any) -> None:
        """In a thread, with Motor's `delegate`s: the blocking driver below it."""
        self._check(self._sent_to(self.collection.delegate, session))

    def _sent_to(self, collection: Any, session: Any) -> Any:
        """A bulk write only where needed: a single write, or inserts alone, are half the work."""
        match self.writes:
            case [dict() as document]:
                return collection.insert_one(document, session=session)
            case [Change(where, change, upsert)]:
                return collection.update_one(where, change, upsert=upsert, session=session)
            case writes if all(isinstance(write, dict) for write in writes):
                return collection.insert_many(writes, session=session)
        return collection.bulk_write([_sent(write) for write in self.writes], session=session)

    def _check(self, result: Any) -> None:
        if self.unfound and _found_by(result) < len(self.unfound):
            raise self.unfound[0]


def _found_by(result: Any) -> int:
    """How many were found or, by an upsert, added."""
    if isinstance(result, UpdateResult):
        return int(result.matched_count) + (result.upserted_id is not None)
    return int(result.matched_count + result.upserted_count)


def _sent(write: Document | Change | Alike | Other) -> Any:
    match write:
        case Change() | Alike():
            return write.sent()
        case dict():
            return InsertOne(write)
    return write
