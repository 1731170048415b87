"""Ports: protocols of the database, outbox, publisher, inbox and parked events."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol, TypeAlias, TypeVar

from clinic_events.envelope import Event

T = TypeVar("T")

Document: TypeAlias = dict[str, Any]  # as the document database returns it: the reader checks it
Change: TypeAlias = Document | list[Document]  # an update document, or a pipeline
Clock: TypeAlias = Callable[[], datetime]  # aware, UTC
Sort: TypeAlias = Sequence[tuple[str, int]]


class DuplicateKey(Exception):
    """A unique index refused a write. Inside a transaction it ends the transaction.

    `key` holds the fields of the index and the values refused.
    """

    def __init__(self, collection: str, key: Mapping[str, object]) -> None:
        super().__init__(f"{collection} holds that key already: {', '.join(key) or '_id'}.")
        self.collection = collection
        self.key = dict(key)


# What is raised instead of DuplicateKey: always the same, or by what was refused.
Refusal: TypeAlias = Exception | Callable[[DuplicateKey], Exception]


class NothingMatched(Exception):
    """A deferred write found no document: a concurrent write was faster."""

    def __init__(self, collection: str) -> None:
        super().__init__(f"{collection} does not hold what was to be changed.")


class Collection(Protocol):
    """One collection. Every call joins the transaction that is open where it is made.

    Raises DuplicateKey when a unique index refuses, Unavailable when the database does not answer.
    """

    async def find_one(self, where: Document, *, sort: Sort = ()) -> Document | None: ...

    async def find(
        self,
        where: Document,
        *,
        sort: Sort = (),
        limit: int = 0,
        fields: Sequence[str] = (),
        snapshot: bool = False,
    ) -> list[Document]:
        """All that match. With `snapshot`, as of one instant that a majority has agreed on."""

    async def first_of_each(self, conditions: Sequence[Document], *, sort: Sort) -> list[Document]:
        """For each condition its first document, where there is one; all in one round trip."""

    async def count(self, where: Document) -> int: ...

    async def insert_one(self, document: Document) -> None: ...

    async def insert_many(self, documents: Sequence[Document], *, stamp: str | None = None) -> None:
        """Add them all. With `stamp`, the server writes its own time into that field of each.

        That time only rises, document by document, whatever the clients' clocks say.
        """

    async def insert_later(
        self,
        documents: Sequence[Document],
        *,
        stamp: str | None = None,
        otherwise: Refusal | None = None,
    ) -> None:
        """Add them before the open transaction ends, together with other deferred writes.

        Reads in the transaction find them; only an error comes late, at the end of the transaction
        at the latest. Without a transaction they are written at once. When a unique index refuses,
        `otherwise` is raised, or DuplicateKey.
        """

    async def update_later(
        self,
        where: Document,
        change: Change,
        *,
        upsert: bool = False,
        otherwise: Exception | None = None,
        taken: Refusal | None = None,
    ) -> None:
        """As `insert_later`. When no document matches, `otherwise` is raised, or NothingMatched;
        when a unique index refuses, `taken`, or DuplicateKey."""

    async def replace_later(
        self,
        where: Document,
        document: Document,
        *,
        otherwise: Exception | None = None,
        taken: Refusal | None = None,
    ) -> None:
        """As `update_later`, of the whole document."""

    async def update_many_later(self, where: Document, change: Change) -> None:
        """As `insert_later`, of all that match when it is written; it may be none."""

    async def delete_many_later(self, where: Document) -> None:
        """As `update_many_later`."""

    async def update_one(self, where: Document, change: Change, *, upsert: bool = False) -> int:
        """How many matched (an upsert that added one counts)."""

    async def update_many(self, where: Document, change: Change) -> int:
        """How many matched."""

    async def replace_one(
        self, where: Document, document: Document, *, upsert: bool = False
    ) -> int:
        """How many matched (an upsert that added one counts)."""

    async def find_one_and_update(
        self, where: Document, change: Change, *, upsert: bool = False, before: bool = False
    ) -> Document | None:
        """The document after the change, or `before` it. None when there was none."""

    async def delete_one(self, where: Document) -> int: ...

    async def delete_many(self, where: Document) -> int: ...

    async def create_index(
        self,
        keys: Sort,
        *,
        unique: bool = False,
        partial: Document | None = None,
        expire_after: timedelta | None = None,
    ) -> None: ...


class Transactions(Protocol):
    """All or nothing, for everything done through collections meanwhile."""

    async def transaction(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run `work` in one transaction, or join the one that is open.

        `work` may run more than once when others write to the same documents: it must have no
        effect outside the database. An exception it raises undoes everything and is raised again.
        """

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call it once the open transaction has been committed; at once when none is open."""


class Database(Transactions, Protocol):
    def collection(self, name: str) -> Collection: ...


class Outbox(Protocol):
    """Events to publish, in the caller's transaction: published if and only if it commits."""

    async def append(self, *events: Event, sequence: int) -> None:
        """Add events of one aggregate, whose version is now `sequence` (from 1)."""


class Message(NamedTuple):
    """A Kafka message. A `value` of None is a tombstone: it deletes the key."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes] = MappingProxyType({})
    partition: int = -1
    offset: int = -1


class Publisher(Protocol):
    """Publishes messages to the broker."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return when every message is acknowledged, those of one key in the order given.

        Raises NotAllTaken when only some are known to be, Unavailable when none is. Any of the
        others may be on the topic, too: publish them again, at the time NotAllTaken gives.
        """


class AlreadyHandled(Exception):
    """The inbox has one of these events: the transaction is over, and all of it undone."""


class Inbox(Protocol):
    """The events that were handled. Both calls belong in the handlers' transaction."""

    async def held(self, event_ids: Iterable[str]) -> set[str]:
        """Those of them that were handled."""

    async def add(self, *event_ids: str) -> None:
        """Written at once. Raises AlreadyHandled when one was, or is being handled elsewhere."""


BEHIND: Final = "behind"  # the reason of an event parked only because an earlier one of its key is


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A parked message. `reason` is a code (`undecodable`, `failed`, `behind`); `error` is the name
    of an error's class, never its text; `place` counts within the key, from 1."""

    id: str
    event_id: str
    key: str
    place: int
    reason: str
    error: str
    attempts: int
    parked_at: datetime
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """A filter of parked events, by every field that is given. `event_type` has its version."""

    key: str | None = None
    event_type: str | None = None
    reason: str | None = None
    error: str | None = None
    since: datetime | None = None


EVERY: Final = Which()


class NotParked(Exception):
    def __init__(self, event_id: str) -> None:
        super().__init__(f"{event_id} is not parked here.")


class NotFirst(Exception):
    """Without it, the events behind the first would be handled out of order."""

    def __init__(self, event_id: str, first: str) -> None:
        super().__init__(f"{event_id} is behind {first}, the first of its key.")


class DeadLetters(Protocol):
    """The parked events of one consumer group. Writes belong in the caller's transaction."""

    async def blocked(self, keys: Iterable[str]) -> set[str]:
        """The keys that have parked events, so that later events must be parked behind them."""

    async def park(
        self, message: Message, *, event_id: str, key: str, reason: str, error: str, attempts: int
    ) -> None:
        """Park it as the last of its key. DuplicateKey when it is parked already."""

    async def parked(self, event_ids: Iterable[str]) -> set[str]:
        """Those of them that are parked."""

    async def list(self, which: Which = EVERY, *, limit: int = 100) -> list[Parked]:
        """The oldest first; within a key in its order."""

    async def get(self, event_id: str) -> Parked:
        """Raises NotParked."""

    async def keys(self, which: Which = EVERY, *, limit: int = 0) -> dict[str, int]:
        """The keys that have an event matching `which`, the longest parked first, each with the
        number of all its parked events: a key is redriven as a whole."""

    async def waiting(self) -> int: ...

    async def redrive(self, key: str) -> bool:
        """Ask for the key's events to be handled again, in order. False when none are parked."""

    async def next_to_redrive(self) -> Parked | None: ...

    async def clear(self, parked: Parked) -> bool:
        """Delete it, and unblock its key if it was the last. False when it was gone already."""

    async def discard(self, event_id: str, *, out_of_turn: bool = False) -> Parked:
        """Delete it unhandled. Its key is unblocked if it was the last; those behind it stay.

        Raises NotParked; NotFirst too, unless `out_of_turn`.
        """

    async def give_up(self, parked: Parked, *, error: str) -> None:
        """It failed again: it stays, and its key is not redriven until somebody asks again."""
