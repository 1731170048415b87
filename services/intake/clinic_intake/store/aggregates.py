"""One aggregate to one document: its version is checked, and its events go with the change."""

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from clinic_events import Event
from clinic_events.ports import Collection, Database, Document, Outbox
from clinic_intake.domain.errors import Conflict, IntakeError


class Versioned(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def revision(self) -> int: ...


A = TypeVar("A", bound=Versioned)


class Aggregates(Generic[A]):
    """What the stores of this service share: one collection, and how its documents are made."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        rows: Collection,
        *,
        of: Callable[[A], Document],
        into: Callable[[Document], A],
        missing: type[IntakeError],
    ) -> None:
        self.database = database
        self.rows = rows
        self._outbox = outbox
        self._of = of
        self._into = into
        self._missing = missing

    async def get(self, aggregate_id: str) -> A:
        document = await self.rows.find_one({"_id": aggregate_id})
        if document is None:
            raise self._missing()
        return self._into(document)

    async def newest(self, where: Document) -> A | None:
        """Ids rise with time."""
        document = await self.rows.find_one(where, sort=[("_id", -1)])
        return None if document is None else self._into(document)

    async def all(self, where: Document) -> list[A]:
        """The newest first."""
        rows = await self.rows.find(where, sort=[("_id", -1)])
        return [self._into(row) for row in rows]

    async def save(self, before: A, after: A, events: Sequence[Event]) -> A:
        """In the caller's transaction, or one of its own. Raises Conflict, at its end perhaps."""

        async def work() -> None:
            await self._write(before, after)
            if events:
                await self._outbox.append(*events, sequence=after.revision)

        await self.database.transaction(work)
        return after

    async def _write(self, before: A, after: A) -> None:
        document = self._of(after)
        if before.revision == 0:
            await self.rows.insert_later([document], otherwise=Conflict())
        else:
            where = {"_id": before.id, "revision": before.revision}
            await self.rows.replace_later(where, document, otherwise=Conflict())
