"""Writes that nobody waits for: kept until the end of the transaction, then sent in one go.

One round trip for the writes of fifty events instead of fifty. They are written in their order, and
before anything else is done with their collection, so that nobody can tell but by the clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pymongo import InsertOne, ReplaceOne, UpdateOne

from clinic_events.ports import Document

Write: TypeAlias = Document | UpdateOne | ReplaceOne[Document]


@dataclass(slots=True)
class Later:
    """Writes to one collection: a document to be added, or a change of one that must be found.

    `unfound`: what to raise for each that has to find a document. The database tells only how many
    did. Where one did not, the first stands for it: the transaction is undone in any case, and what
    is then done again alone names its own. `taken`: what to raise, by the place of the write, where
    a unique index refuses.
    """

    collection: Any
    name: str
    writes: list[Write] = field(default_factory=list)
    unfound: list[Exception] = field(default_factory=list)
    taken: dict[int, Exception] = field(default_factory=dict)

    def add(
        self, writes: Sequence[Write], *, unfound: Exception | None, taken: Exception | None
    ) -> None:
        if taken is not None:
            self.taken |= dict.fromkeys(
                range(len(self.writes), len(self.writes) + len(writes)), taken
            )
        if unfound is not None:
            self.unfound.append(unfound)
        self.writes.extend(writes)

    async def write(self, session: Any) -> None:
        self._check(await self._sent_to(self.collection, session))

    def write_in_thread(self, session: Any) -> None:
        """With Motor's `delegate`s, the blocking driver below it."""
        self._check(self._sent_to(self.collection.delegate, session))

    def _sent_to(self, collection: Any, session: Any) -> Any:
        first = self.writes[0]
        if len(self.writes) == 1 and isinstance(first, dict):  # half the driver's work
            return collection.insert_one(first, session=session)
        writes = [InsertOne(one) if isinstance(one, dict) else one for one in self.writes]
        return collection.bulk_write(writes, session=session)

    def _check(self, result: Any) -> None:
        if self.unfound and result.matched_count + result.upserted_count < len(self.unfound):
            raise self.unfound[0]
