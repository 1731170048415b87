"""Writes that nobody waits for: kept until the end of the transaction, then sent in one go.

One round trip for the writes of fifty events instead of fifty. They are written in their order, and
before anything else is done with their collection, so that only the clock shows a difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pymongo import DeleteMany, InsertOne, ReplaceOne, UpdateMany, UpdateOne

from clinic_events.ports import Document
from clinic_platform.mongo.alike import Alike, Change, alike
from clinic_platform.mongo.answers import answer_to

Other: TypeAlias = UpdateOne | ReplaceOne[Document] | UpdateMany | DeleteMany
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
    writes: list[Document | Alike | Other] = field(default_factory=list)
    unfound: list[Exception] = field(default_factory=list)
    taken: dict[int, Exception] = field(default_factory=dict)

    def add(
        self, writes: Sequence[Write], *, unfound: Exception | None, taken: Exception | None
    ) -> None:
        if taken is not None:
            places = range(len(self.writes), len(self.writes) + len(writes))
            self.taken |= dict.fromkeys(places, taken)
        if unfound is not None:
            self.unfound.append(unfound)
        for write in writes:
            if isinstance(write, Change):
                self._update(write)
            else:
                self.writes.append(write)

    def _update(self, change: Change) -> None:
        """Joined to the write before it where that changes other documents just so: a fraction of
        the database's work for the same outcome, since no document is named twice."""
        same = alike(change)
        last = self.writes[-1] if self.writes else None
        if same is None:
            self.writes.append(UpdateOne(change.where, change.change))
        elif not (isinstance(last, Alike) and last.joined_by(same)):
            self.writes.append(same)

    async def write(self, session: Any) -> None:
        self._check(await answer_to(self._sent_to(self.collection, session), session))

    def write_in_thread(self, session: Any) -> None:
        """With Motor's `delegate`s, the blocking driver below it."""
        self._check(self._sent_to(self.collection.delegate, session))

    def _sent_to(self, collection: Any, session: Any) -> Any:
        first = self.writes[0]
        if len(self.writes) == 1 and isinstance(first, dict):  # half the driver's work
            return collection.insert_one(first, session=session)
        return collection.bulk_write([_sent(write) for write in self.writes], session=session)

    def _check(self, result: Any) -> None:
        if self.unfound and result.matched_count + result.upserted_count < len(self.unfound):
            raise self.unfound[0]


def _sent(write: Document | Alike | Other) -> Any:
    if isinstance(write, Alike):
        return write.sent()
    return InsertOne(write) if isinstance(write, dict) else write
