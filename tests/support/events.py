"""Stand-ins for the database side of event handling, which undo on failure as the real one does."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from clinic_events.catalog import CATALOG, Catalog
from clinic_events.delivery import Delivery
from clinic_events.handling import HANDLED_WITHIN, Handling
from clinic_events.ports import (
    EVERY,
    AlreadyHandled,
    DuplicateKey,
    Message,
    NotFirst,
    NotParked,
    Parked,
    Which,
)
from clinic_events.retry import Retry
from clinic_events.subscription import Subscription
from clinic_events.testing import A_MOMENT

T = TypeVar("T")
NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)
AT_ONCE = Retry(attempts=3, first=Retry().first * 0, cap=Retry().cap * 0)


class InMemoryInbox:
    def __init__(self) -> None:
        self.handled: set[str] = set()

    async def held(self, event_ids: Iterable[str]) -> set[str]:
        return self.handled & {*event_ids}

    async def add(self, *event_ids: str) -> None:
        for event_id in event_ids:
            if event_id in self.handled:
                raise AlreadyHandled
            self.handled.add(event_id)


class InMemoryDeadLetters:
    def __init__(self) -> None:
        self.rows: dict[str, Parked] = {}
        self.redriven: dict[str, None] = {}  # whose last try is longest ago comes first

    async def blocked(self, keys: Iterable[str]) -> set[str]:
        return {parked.key for parked in self.rows.values()} & {*keys}

    async def park(
        self, message: Message, *, event_id: str, key: str, reason: str, error: str, attempts: int
    ) -> None:
        if event_id in self.rows:
            raise DuplicateKey("parked", {"_id": event_id})
        self.rows[event_id] = Parked(
            id=event_id,
            event_id=event_id,
            key=key,
            place=len(self.rows) + 1,
            reason=reason,
            error=error,
            attempts=attempts,
            parked_at=NOON,
            message=message,
        )

    async def parked(self, event_ids: Iterable[str]) -> set[str]:
        return self.rows.keys() & {*event_ids}

    async def list(self, which: Which = EVERY, *, limit: int = 100) -> list[Parked]:
        return [p for p in self.rows.values() if _fits(p, which)][:limit]

    async def get(self, event_id: str) -> Parked:
        if event_id not in self.rows:
            raise NotParked(event_id)
        return self.rows[event_id]

    async def keys(self, which: Which = EVERY, *, limit: int = 0) -> dict[str, int]:
        keys = [*dict.fromkeys(p.key for p in self.rows.values() if _fits(p, which))]
        return {key: len(self._of(key)) for key in keys[: limit or None]}

    async def waiting(self) -> int:
        return len(self.rows)

    async def redrive(self, key: str) -> bool:
        self.redriven.setdefault(key)
        return bool(await self.blocked([key]))

    async def next_to_redrive(self) -> Parked | None:
        key = next((key for key in self.redriven if self._of(key)), None)
        if key is None:
            return None
        del self.redriven[key]
        self.redriven[key] = None
        return self._of(key)[0]

    async def clear(self, parked: Parked) -> bool:
        return self.rows.pop(parked.id, None) is not None

    async def discard(self, event_id: str, *, out_of_turn: bool = False) -> Parked:
        parked = await self.get(event_id)
        first = self._of(parked.key)[0]
        if first != parked and not out_of_turn:
            raise NotFirst(event_id, first.event_id)
        await self.clear(parked)
        return parked

    async def give_up(self, parked: Parked, *, error: str) -> None:
        if parked.id in self.rows:
            self.redriven.pop(parked.key, None)

    def _of(self, key: str) -> Sequence[Parked]:
        return [parked for parked in self.rows.values() if parked.key == key]


def _fits(parked: Parked, which: Which) -> bool:
    event_type = parked.message.headers.get("ce_type", b"").decode(errors="replace")
    return (
        which.key in (None, parked.key)
        and which.event_type in (None, event_type)
        and which.reason in (None, parked.reason)
        and which.error in (None, parked.error)
        and (which.since is None or parked.parked_at >= which.since)
    )


class Undoing:
    """Transactions over things in memory: each has its attributes put back when the work fails."""

    def __init__(self, *things: object) -> None:
        self._things = things

    async def transaction(self, work: Callable[[], Awaitable[T]]) -> T:
        before = [{name: copy(value) for name, value in vars(t).items()} for t in self._things]
        try:
            return await work()
        except BaseException:
            for thing, attributes in zip(self._things, before, strict=True):
                vars(thing).update(attributes)
            raise

    def after_commit(self, callback: Callable[[], None]) -> None:
        callback()


class Effects:
    """The effects of handlers: undone with the rest when a handler fails."""

    def __init__(self) -> None:
        self.done: list[str] = []


class Listener:
    """One group of listeners in memory, and all that it keeps."""

    def __init__(self, *, retry: Retry = AT_ONCE) -> None:
        self.inbox = InMemoryInbox()
        self.dead_letters = InMemoryDeadLetters()
        self.effects = Effects()
        self._retry = retry

    def delivery(
        self,
        *subscriptions: Subscription,
        catalog: Catalog = CATALOG,
        is_again: bool = False,
        within: timedelta = HANDLED_WITHIN,
    ) -> Delivery:
        database = Undoing(self.inbox, self.dead_letters, self.effects)
        handling = Handling(
            database,
            self.inbox,
            self.dead_letters,
            subscriptions,
            catalog,
            clock=lambda: A_MOMENT,
            is_again=is_again,
            within=within,
        )
        return Delivery(handling, self.dead_letters, retry=self._retry)
