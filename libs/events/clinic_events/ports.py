"""What the machinery needs from outside, and what it promises inside, in words."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol, TypeAlias, TypeVar

from clinic_events.envelope import Event

T = TypeVar("T")

Document: TypeAlias = dict[str, Any]  # what a document database gives: the reader checks it
Change: TypeAlias = Document | list[Document]  # one, or the stages of one
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
    """A write that was done later found no document: somebody else was faster."""

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
        """Add them before the open transaction ends, in one go with other later writes.

        Of what is written later only the error comes late: with the end of the transaction, at the
        latest. Whoever reads finds it. Without a transaction it is written at once. When a unique
        index refuses, `otherwise` is raised, or DuplicateKey.
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
        """As `insert_later`, of all that match then; it may be none."""

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
    """What is to be said, kept in the caller's transaction: said if and only if that commits."""

    async def append(self, *events: Event, sequence: int) -> None:
        """Announce events of one aggregate, whose version is now `sequence` (from 1)."""


class Message(NamedTuple):
    """Bytes as they are on a topic. A `value` of None is a tombstone: forget this key."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes] = MappingProxyType({})
    partition: int = -1
    offset: int = -1


class Publisher(Protocol):
    """Says messages to the clinic."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return when every message is safely on its topic, those of one key in the order given.

        Raises NotAllTaken when that is known of some only, Unavailable when it is known of none:
        any of the others may be there, too, so publish them again, when NotAllTaken says.
        """


class AlreadyHeard(Exception):
    """The inbox has one of these events: the transaction is over, and nothing of it happened."""


class Inbox(Protocol):
    """What was heard already. Both calls belong in the handlers' transaction."""

    async def held(self, event_ids: Iterable[str]) -> set[str]:
        """Those of them that were heard."""

    async def add(self, *event_ids: str) -> None:
        """At once. Raises AlreadyHeard when one of them was, or is heard just now elsewhere."""


BEHIND: Final = "behind"  # the reason of an event that only waits for the one before it


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A message set aside. `reason` is a code (`undecodable`, `failed`, `behind`); `error` names a
    kind of error, never its text; `place` counts within the key, from 1."""

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
    """Some of what is parked: what fits every field that is given. `event_type` has its version."""

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
    """Without it, those behind it would be handled out of their order."""

    def __init__(self, event_id: str, first: str) -> None:
        super().__init__(f"{event_id} is behind {first}, the first of its key.")


class DeadLetters(Protocol):
    """What one group of listeners has set aside. The writes belong in the caller's transaction."""

    async def blocked(self, keys: Iterable[str]) -> set[str]:
        """The keys of which earlier events are parked, so that later ones must wait behind."""

    async def park(
        self, message: Message, *, event_id: str, key: str, reason: str, error: str, attempts: int
    ) -> None:
        """Set it aside as the last of its key. DuplicateKey when it is parked already."""

    async def parked(self, event_ids: Iterable[str]) -> set[str]:
        """Those of them that are parked."""

    async def list(self, which: Which = EVERY, *, limit: int = 100) -> list[Parked]:
        """The oldest first; within a key in its order."""

    async def get(self, event_id: str) -> Parked:
        """Raises NotParked."""

    async def keys(self, which: Which = EVERY, *, limit: int = 0) -> dict[str, int]:
        """The keys that have such an event, who waits longest first, each with how many of its
        events are parked, such or not: they can only go together."""

    async def waiting(self) -> int: ...

    async def redrive(self, key: str) -> bool:
        """Ask for the key's events to be handled again, in order. False when none are parked."""

    async def next_to_redrive(self) -> Parked | None: ...

    async def clear(self, parked: Parked) -> bool:
        """Take it out, and free its key if it was the last. False when it was gone already."""

    async def discard(self, event_id: str, *, out_of_turn: bool = False) -> Parked:
        """Take it out unhandled, for good. Its key is freed if it was the last; those behind stay.

        Raises NotParked; NotFirst too, unless `out_of_turn`.
        """

    async def give_up(self, parked: Parked, *, error: str) -> None:
        """It failed again: it stays, and its key is not tried further until somebody asks."""
