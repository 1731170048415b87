"""The open transaction of the current task, and the translation of the driver's errors."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)

from clinic_events.errors import Unavailable
from clinic_events.ports import Document, DuplicateKey, Refusal
from clinic_platform.mongo.later import Later
from clinic_platform.mongo.reads import Known, Read, in_one_statement
from clinic_platform.together import gathering, reads_by

NOT_PRIMARY: Final = frozenset({91, 189, 10107, 11600, 11602, 13435, 13436})
DUPLICATE: Final = 11_000


class TransactionDoomed(Exception):
    """A write was refused, which aborted the transaction: nothing more can be done in it."""


@dataclass(slots=True)
class Open:
    """An open transaction: its owner, what it has read, deferred writes, callbacks for its commit.
    Its own task reads, also for tasks that read together in it."""

    session: Any
    owner: asyncio.Task[Any] | None
    doomed_by: Exception | None = None
    callbacks: list[Callable[[], None]] = field(default_factory=list)
    later: list[Later] = field(default_factory=list)
    known: Known = field(default_factory=Known)

    async def answers(self, questions: Sequence[Read]) -> list[list[Document]]:
        """What each read finds. A known answer is not read again."""
        current()
        known = [self.known.of(read) for read in questions]
        asked = [read for read, rows in zip(questions, known, strict=True) if rows is None]
        new = iter(await self._read(asked) if asked else ())
        return [next(new) if rows is None else rows for rows in known]

    async def _read(self, asked: Sequence[Read]) -> list[list[Document]]:
        """Deferred writes to the collections that are read are written first."""
        for read in asked:
            await self.write(read.name)
        with translated(asked[0].name):
            found = await in_one_statement(asked, self.session)
        for read, rows in zip(asked, found, strict=True):
            self.known.learn(read, rows)
        return found

    def later_to(self, collection: Any, name: str, counts: bool) -> Later:
        """The deferred writes of this collection, to be added to: new ones, if there are none."""
        self.known.forget(name)
        for last in reversed(self.later):
            if last.name == name:
                if last.counts == counts:
                    return last
                break
        new = Later(collection, name, counts)
        self.later.append(new)
        return new

    async def write(self, name: str) -> None:
        """Write this collection's deferred writes now."""
        due = [later for later in self.later if later.name == name]
        if due:
            self.later = [later for later in self.later if later.name != name]
        for later in due:
            with translated(name, later.taken):
                await later.write(self.session)

    def check(self) -> None:
        """Raises the refusal that has doomed it, if the caller has swallowed it."""
        if self.doomed_by is not None:
            raise self.doomed_by


opened: ContextVar[Open | None] = ContextVar("clinic_transaction", default=None)


@contextmanager
def within(session: Any) -> Iterator[Open]:
    """With this session's transaction open."""
    transaction = Open(session, asyncio.current_task())
    token = opened.set(transaction)
    try:
        with reads_by(transaction):
            yield transaction
    finally:
        opened.reset(token)


def current() -> Open | None:
    """The open transaction, if it is this task's and can still be used."""
    transaction = opened.get()
    if transaction is None:
        return None
    if transaction.owner is not asyncio.current_task():
        raise RuntimeError("A transaction belongs to the task that opened it.")
    if transaction.doomed_by is not None:
        raise TransactionDoomed from transaction.doomed_by
    return transaction


async def session_for(name: str) -> Any:
    """The session to use this collection with. Its deferred writes are written first, so that reads
    find them."""
    transaction = current()
    if transaction is None:
        return None
    transaction.known.forget(name)
    await transaction.write(name)
    return transaction.session


async def found(read: Read) -> list[Document]:
    """What the read finds: with other reads, in the open transaction, or outside of any."""
    others = gathering()
    if others is not None:
        rows: list[Document] = await others.ask(read)
        return rows
    transaction = current()
    if transaction is not None:
        [rows] = await transaction.answers([read])
        return rows
    with translated(read.name):
        return await read.alone(None)


@contextmanager
def translated(name: str, taken: Mapping[int, Refusal] | None = None) -> Iterator[None]:
    """Translate the driver's errors to the ports'. Errors that `Mongo` retries pass through.

    `taken`: what to raise instead of DuplicateKey, by the place of the write that is refused.
    A cancellation that the driver has swallowed is raised here: `asyncio.wait_for` of Python 3.11,
    with which PyMongo sends, loses one that comes just as all is sent."""
    cancelled_before = _cancellations()
    try:
        yield
    except (DuplicateKeyError, BulkWriteError) as error:
        raise _refused(error, name, taken or {}) from None
    except PyMongoError as error:
        if opened.get() is not None and error.has_error_label("TransientTransactionError"):
            raise
        if is_away(error):
            raise Unavailable(f"The database does not answer: {type(error).__name__}.") from None
        raise
    if _cancellations() > cancelled_before:
        raise asyncio.CancelledError


def _cancellations() -> int:
    """How often this task was asked to end; 0 in a thread, which is never asked."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return 0
    return task.cancelling() if task is not None else 0


def _refused(error: OperationFailure, name: str, taken: Mapping[int, Refusal]) -> Exception:
    details: Mapping[str, Any] = error.details or {}
    if isinstance(error, BulkWriteError):
        refused = [e for e in details.get("writeErrors", ()) if e.get("code") == DUPLICATE]
        if not refused:
            return error
        details = refused[0]
    duplicate = DuplicateKey(name, details.get("keyValue") or {})
    meant = taken.get(details.get("index", 0), duplicate)
    refusal = meant if isinstance(meant, Exception) else meant(duplicate)
    transaction = opened.get()
    if transaction is not None:
        transaction.doomed_by = refusal
    return refusal


def is_away(error: PyMongoError) -> bool:
    if isinstance(error, ConnectionFailure | WTimeoutError | ExecutionTimeout) or error.timeout:
        return True
    return isinstance(error, OperationFailure) and (
        error.code in NOT_PRIMARY or error.has_error_label("TransientTransactionError")
    )
