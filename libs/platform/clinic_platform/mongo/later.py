"""Writes that nobody waits for: kept until the end of the transaction, then sent in one go.

One round trip for the writes of fifty events instead of fifty. They are written in their order, and
before anything else is done with their collection, so that nobody can tell but by the clock.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Later:
    """Writes to one collection. `refusals`: what to raise for each that has to find a document.

    The database tells only how many did. Where one did not, the first refusal stands for it: the
    transaction is undone in any case, and what is then done again alone names its own.
    """

    collection: Any
    writes: list[Any] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)

    async def write(self, session: Any) -> None:
        result = await self.collection.bulk_write(self.writes, session=session)
        if result.matched_count + result.upserted_count < len(self.refusals):
            raise self.refusals[0]
