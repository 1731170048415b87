"""Writes that nobody waits for: kept until the end of the transaction, then sent in one go.

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
    """Writes to one collection: a document to be added, or a change of one that must be found. Or,
    where nothing `counts`, changes and ends of however many there are.

    `unfound`: what to raise for each that has to find a document. The database counts only how many
    did. Where one did not, the first stands for it: the transaction is undone in any case, and what
    is then done again alone names its own. `taken`: what to raise, by the place of the write, where
    a unique index refuses.
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
        """Joined to the write before it where that changes other documents just so: a fraction of
        the database's work for the same outcome, since no document is named twice."""
        same = alike(change)
        last = self.writes[-1] if self.writes else None
        if same is None:
            self.writes.append(change)
        elif not (isinstance(last, Alike) and last.joined_by(same)):
            self.writes.append(same)

    async def write(self, session: Any) -> None:
        self._check(await answer_to(self._sent_to(self.collection, session), session))

    def write_in_thread(self, session: Any) -> None:
        """With Motor's `delegate`s, the blocking driver below it."""
        self._check(self._sent_to(self.collection.delegate, session))

    def _sent_to(self, collection: Any, session: Any) -> Any:
        """A single write, or documents alone, are half the driver's work."""
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
