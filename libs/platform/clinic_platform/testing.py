"""For tests of services: time that stands, an outbox and promises in memory, a caller."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from clinic_events.envelope import Event
from clinic_events.ports import Transactions
from clinic_platform.auth import Caller, Grant
from clinic_platform.promises import Promise, PromiseRow, State

NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)


class FixedClock:
    """A clock that moves only when asked to."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move_to(self, instant: datetime) -> None:
        self.now = instant


class InMemoryOutbox:
    """The port `Outbox`. `published` holds the events in order; those of a transaction of
    `database`, if there is one, once it has committed."""

    def __init__(self, database: Transactions | None = None) -> None:
        self.published: list[Event] = []
        self._database = database

    async def append(self, *events: Event, sequence: int) -> None:
        assert sequence >= 1, "An aggregate's version counts from 1."
        if self._database is None:
            self.published.extend(events)
        else:
            self._database.after_commit(lambda: self.published.extend(events))


class InMemoryPromises:
    """The port `Promises`; keeps the suite that the one in MongoDB keeps."""

    def __init__(self, clock: FixedClock | None = None) -> None:
        self.rows: dict[str, PromiseRow] = {}
        self._versions: dict[str, int] = {}
        self._clock = clock or FixedClock()

    async def plan(
        self, about: str, version: int, promises: Sequence[Promise], *, reason: str
    ) -> bool:
        if self._versions.get(about, -1) >= version:
            return False
        self._versions[about] = version
        wanted = {promise.key: promise for promise in promises}
        for row in [row for row in self.rows.values() if row.about == about]:
            if row.key not in wanted:
                await self.withdraw(row.key, reason=reason)
        for promise in wanted.values():
            await self._add_or_move(promise)
        return True

    async def make(self, *promises: Promise) -> int:
        new = {one.key: _pending(one) for one in promises if one.key not in self.rows}
        self.rows |= new
        return len(new)

    async def withdraw(self, *keys: str, reason: str) -> None:
        found = [row for row in self.pending() if row.key in keys]
        for row in found:
            ended = replace(row, state=State.WITHDRAWN, reason=reason, ended_at=self._clock())
            self.rows[row.key] = ended

    async def of_person(self, person: str, *, until: datetime | None = None) -> list[PromiseRow]:
        rows = [row for row in self.rows.values() if row.person == person]
        return sorted(
            (row for row in rows if until is None or row.due_at <= until),
            key=lambda row: row.due_at,
        )

    def pending(self) -> list[PromiseRow]:
        return [row for row in self.rows.values() if row.state is State.PENDING]

    async def _add_or_move(self, promise: Promise) -> None:
        row = self.rows.get(promise.key)
        if row is None or (row.state is State.PENDING and _is_other(row, promise)):
            self.rows[promise.key] = _pending(promise)


def _is_other(row: Promise, promise: Promise) -> bool:
    return any(
        getattr(row, name) != getattr(promise, name)
        for name in ("due_at", "useful_until", "rule", "facts")
    )


def _pending(promise: Promise) -> PromiseRow:
    fields = {name: getattr(promise, name) for name in Promise.__slots__}
    return PromiseRow(**fields, state=State.PENDING, reason=None, attempts=0, ended_at=None)


def caller_of(role: str, *locations: str, actor: str = "usr_testa") -> Caller:
    """Somebody with one role at these locations; at all of them when none is named."""
    return Caller.by(actor, [Grant(role, frozenset(locations) if locations else None)])
