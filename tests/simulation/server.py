"""A database in memory as MongoDB is one: snapshots, writers that conflict, ends asked for again.

Everything here happens at one instant. The way there and back, and what gets lost on it, is the
driver's (`driver.py`).
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias

from bson import Timestamp
from pymongo.errors import DuplicateKeyError, OperationFailure

from clinic_events.ports import Document
from tests.simulation.documents import key_of

TRANSIENT: Final = "TransientTransactionError"
CONFLICT, NO_SUCH_TRANSACTION, DUPLICATE = 112, 251, 11_000

Table: TypeAlias = dict[Hashable, Document]
Place: TypeAlias = tuple[Hashable, ...]  # collection and key, or collection, index and values


class Locked(Exception):
    """A plain write waits for the transaction that has written there."""


class Written(NamedTuple):
    """One document of a commit: as it was, and as it is. `at` counts the commits."""

    at: int
    collection: str
    before: Document | None
    after: Document | None


class Transaction:
    """`base` is the state it began with. A table is copied when first it writes to it."""

    def __init__(self, tables: Mapping[str, Table], began_at: float) -> None:
        self.base = dict(tables)
        self.tables = dict(tables)
        self.written: dict[tuple[str, Hashable], None] = {}
        self.began_at = began_at
        self.is_over = False
        self.is_committed = False
        self._own: set[str] = set()

    def put(self, name: str, key: Hashable, after: Document | None) -> None:
        if name not in self._own:
            self._own.add(name)
            self.tables[name] = dict(self.tables.get(name, ()))
        self.written[name, key] = None
        _put(self.tables[name], key, after)


class Server:
    """`now` is its own clock. `log` has every committed write, in the order of the commits."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.tables: dict[str, Table] = defaultdict(dict)
        self.unique: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        self.log: list[Written] = []
        self.commits = 0
        self._seen_as_they_are: set[str] = set()  # tables that are some transaction's base
        self._locks: dict[Place, Transaction] = {}
        self._stamp = 0

    def stamp(self) -> Timestamp:
        self._stamp += 1
        return Timestamp(int(self.now().timestamp()), self._stamp)

    def begin(self, at: float) -> Transaction:
        self._seen_as_they_are.update(self.tables)
        return Transaction(self.tables, at)

    def seen(self, name: str, transaction: Transaction | None) -> Table:
        if transaction is None:
            return self.tables[name]
        if transaction.is_over:
            raise labelled(OperationFailure("No such transaction.", NO_SUCH_TRANSACTION), TRANSIENT)
        return transaction.tables.get(name, {})

    def write(
        self, name: str, key: Hashable, after: Document | None, transaction: Transaction | None
    ) -> None:
        """One document, or None for none. Raises what the server would answer, or Locked."""
        before = self.seen(name, transaction).get(key)
        places = [(name, key), *self._unique_places(name, after)]
        for place in places:
            if self._locks.get(place, transaction) is not transaction:
                raise Locked if transaction is None else conflict()
        if transaction is not None and transaction.base.get(name, {}).get(key) is not self.tables[
            name
        ].get(key):
            raise conflict()
        self._refuse_a_second(name, key, after, transaction)
        if transaction is None:
            self.commits += 1
            self._apply(name, key, before, after)
            return
        self._locks.update(dict.fromkeys(places, transaction))
        transaction.put(name, key, after)

    def commit(self, transaction: Transaction) -> None:
        """Once; asked again, the answer is the same."""
        if transaction.is_committed:
            return
        if transaction.is_over:
            raise labelled(OperationFailure("No such transaction.", NO_SUCH_TRANSACTION), TRANSIENT)
        self.commits += 1
        for name, key in transaction.written:
            before, after = self.tables[name].get(key), transaction.tables[name].get(key)
            self._apply(name, key, before, after)
        transaction.is_committed = True
        self.end(transaction)

    def end(self, transaction: Transaction) -> None:
        transaction.is_over = True
        for place in [p for p, holder in self._locks.items() if holder is transaction]:
            del self._locks[place]

    def _apply(
        self, name: str, key: Hashable, before: Document | None, after: Document | None
    ) -> None:
        if name in self._seen_as_they_are:
            self._seen_as_they_are.discard(name)
            self.tables[name] = dict(self.tables[name])
        _put(self.tables[name], key, after)
        self.log.append(Written(self.commits, name, before, after))

    def _unique_places(self, name: str, document: Document | None) -> list[Place]:
        if document is None:
            return []
        return [(name, index, _values(document, index)) for index in self.unique[name]]

    def _refuse_a_second(
        self, name: str, key: Hashable, after: Document | None, transaction: Transaction | None
    ) -> None:
        for index in self.unique[name] if after is not None else ():
            assert after is not None
            for other, document in self.seen(name, transaction).items():
                if other != key and _values(document, index) == _values(after, index):
                    raise duplicate(index, after)


def _values(document: Document, index: tuple[str, ...]) -> Hashable:
    return tuple(key_of(document.get(field)) for field in index)


def _put(table: Table, key: Hashable, after: Document | None) -> None:
    if after is None:
        table.pop(key, None)
    else:
        table[key] = after


def labelled(error: Any, *labels: str) -> Any:
    for label in labels:
        error._add_error_label(label)
    return error


def conflict() -> Any:
    return labelled(OperationFailure("Somebody else writes here.", CONFLICT), TRANSIENT)


def duplicate(index: tuple[str, ...], document: Document) -> DuplicateKeyError:
    details = {"keyValue": {field: document.get(field) for field in index}}
    return DuplicateKeyError("It is there already.", DUPLICATE, details)
