"""Writes that nobody waits for: kept until the end of the transaction, then sent in one go.

One round trip for the writes of fifty events instead of fifty. They are written in their order, and
before anything else is done with their collection, so that nobody can tell but by the clock.
"""

from dataclasses import dataclass, field
from typing import Any

from clinic_events.ports import NothingMatched


@dataclass(slots=True)
class Later:
    """Writes to one collection. `to_match` are those that have to find a document."""

    collection: Any
    name: str
    writes: list[Any] = field(default_factory=list)
    to_match: int = 0

    async def write(self, session: Any) -> None:
        """Raises NothingMatched, DuplicateKey and whatever the driver raises."""
        result = await self.collection.bulk_write(self.writes, session=session)
        if result.matched_count + result.upserted_count < self.to_match:
            raise NothingMatched(self.name)
