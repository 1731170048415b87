"""MongoDB: the client, transactions, collections and errors. Only this package knows the driver.

Motor by default; PyMongo's own asynchronous client by one setting. They differ in a handful of
calls, which this package hides; nothing else in the repository imports either.

A transaction is ambient: whatever a collection does while one is open belongs to it. It belongs to
the task that opened it, too: a task started meanwhile inherits the context but is refused, because
its writes would be committed or undone with a transaction it does not control. A duplicate key
aborts a transaction on the server; the wrapper remembers that, so that swallowing the error cannot
turn into a silent loss.

The drivers' own `with_transaction` is not used: Motor's commits outside its retry loop, so that a
conflict reported at the commit is never tried again, and both would go on for two minutes.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import pymongo
from bson.codec_options import CodecOptions
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from clinic_events.errors import OutOfTime, Unavailable
from clinic_events.ports import Collection, Document
from clinic_platform.mongo import ambient
from clinic_platform.mongo.ambient import TransactionDoomed
from clinic_platform.mongo.collection import INDEX_WITHIN, DriverCollection
from clinic_platform.mongo.drivers import DRIVERS, Driver, DriverName

__all__ = ["TRANSACTION_WITHIN", "DriverName", "Mongo", "TransactionDoomed"]

TRANSACTION_WITHIN: Final = timedelta(seconds=10)
OPTIONS: Final[CodecOptions[Document]] = CodecOptions(tz_aware=True, tzinfo=UTC)
# Seconds. The driver gives up a little before the end where no answer can come in time.
ALL_ITS_TIME: Final = 0.9 * TRANSACTION_WITHIN.total_seconds()
ANSWER_WITHIN: Final = 2.0
SELECT_SERVER_WITHIN_MS: Final = 5_000
# Of each call outside of a transaction. On a half-open connection nothing shows that the other side
# is gone: without a limit a lease or a claim hangs for minutes. Less than a request's 10 s.
CALL_WITHIN: Final = timedelta(seconds=8)
MAJORITY: Final = WriteConcern(w="majority", j=True)
# The server's label on an error after which the transaction is to be run again.
TRANSIENT: Final = "TransientTransactionError"
FIRST_PAUSE: Final = 0.005
LONGEST_PAUSE: Final = 0.5

T = TypeVar("T")


class Mongo:
    """One database and its transactions: the port `Database`. `monotonic` counts seconds."""

    def __init__(
        self,
        driver: Driver,
        database: str,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._driver = driver
        self._database = driver.client.get_database(database, codec_options=OPTIONS)

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        database: str,
        driver: DriverName = "motor",
        within: timedelta = CALL_WITHIN,
    ) -> "Mongo":
        """A client for `url`. Answers at once: `ping` shows whether it can be reached. A call
        that takes longer than `within` ends as Unavailable; a transaction has a time of its own."""
        chosen = DRIVERS[driver].connect(
            url,
            serverSelectionTimeoutMS=SELECT_SERVER_WITHIN_MS,
            connectTimeoutMS=SELECT_SERVER_WITHIN_MS,
            timeoutMS=int(within.total_seconds() * 1000),
            retryWrites=True,
            retryReads=True,
            w="majority",
            journal=True,
        )
        return cls(chosen, database)

    @property
    def name(self) -> str:
        return str(self._database.name)

    def collection(self, name: str) -> Collection:
        return DriverCollection(self._database.get_collection(name), name)

    async def transaction(self, work: Callable[[], Awaitable[T]]) -> T:
        """See the port. Bounded by 10 s; conflicts with other writers are tried again within it."""
        if ambient.current() is not None:
            return await work()
        began_at = self._monotonic()
        try:
            with ambient.translated("transaction"):
                result, callbacks = await self._in_session(work)
        except Unavailable:
            if self._monotonic() - began_at > ALL_ITS_TIME and await self._answers():
                raise OutOfTime("A transaction took all the time it has.") from None
            raise
        for callback in callbacks:
            callback()
        return result

    def after_commit(self, callback: Callable[[], None]) -> None:
        transaction = ambient.current()
        if transaction is None:
            callback()
        else:
            transaction.callbacks.append(callback)

    async def ping(self) -> None:
        """Unavailable unless a writable primary answers."""
        with ambient.translated("ping"):
            hello = await self._database.command("hello")
        if not hello.get("isWritablePrimary"):
            raise Unavailable("No primary answers.")

    async def now(self) -> datetime:
        """The time by the server's clock."""
        with ambient.translated("now"):
            hello = await self._database.command("hello", codec_options=OPTIONS)
        now: datetime = hello["localTime"]
        return now

    async def _answers(self) -> bool:
        try:
            with pymongo.timeout(ANSWER_WITHIN):
                await self.ping()
        except Unavailable:
            return False
        return True

    async def drop(self) -> None:
        """Delete the whole database. For tests."""
        with pymongo.timeout(INDEX_WITHIN.total_seconds()):
            await self._driver.client.drop_database(self.name)

    async def close(self) -> None:
        await self._driver.close()

    async def _in_session(
        self, work: Callable[[], Awaitable[T]]
    ) -> tuple[T, list[Callable[[], None]]]:
        session = self._driver.session()
        deadline = self._monotonic() + TRANSACTION_WITHIN.total_seconds()
        try:
            with pymongo.timeout(TRANSACTION_WITHIN.total_seconds()):
                for pause in self._pauses(deadline):
                    try:
                        return await self._attempt(session, work, deadline)
                    except PyMongoError as error:
                        if not error.has_error_label(TRANSIENT) or pause is None:
                            raise
                    await asyncio.sleep(pause)
        finally:
            await self._driver.end(session)
        raise AssertionError("The last attempt returns or raises.")

    async def _attempt(
        self, session: Any, work: Callable[[], Awaitable[T]], deadline: float
    ) -> tuple[T, list[Callable[[], None]]]:
        await self._driver.begin(
            session,
            read_concern=ReadConcern("snapshot"),
            write_concern=MAJORITY,
            read_preference=ReadPreference.PRIMARY,
        )
        with ambient.within(session) as transaction:
            try:
                result = await work()
                transaction.check()
            except BaseException:
                await session.abort_transaction()
                raise
            later = transaction.later
            await self._driver.commit(session, later, is_late=lambda: self._monotonic() > deadline)
        return result, transaction.callbacks

    def _pauses(self, deadline: float) -> Iterator[float | None]:
        """Random seconds to wait after each attempt; None when the attempt is the last."""
        longest = FIRST_PAUSE
        while self._monotonic() < deadline:
            yield random.uniform(0, longest)  # noqa: S311  # spreads rivals out, hides nothing
            longest = min(longest * 1.5, LONGEST_PAUSE)
        yield None
