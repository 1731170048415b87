"""The one place that knows the driver: client, transactions, collections, and its errors.

Motor by default; PyMongo's own asynchronous client by one setting. They differ in a handful of
calls, which this package hides; nothing else in the repository imports either.

A transaction is ambient: whatever a collection does while one is open belongs to it. It belongs to
the task that opened it, too: a task started meanwhile inherits the context but is refused, because
what it wrote would be undone or kept behind its back. A duplicate key ends a transaction on the
server; the wrapper remembers that, so that swallowing the error cannot turn into a silent loss.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, timedelta
from typing import Any, Final, Literal, TypeAlias, TypeVar

import pymongo
from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import AsyncMongoClient
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from clinic_events.errors import Unavailable
from clinic_events.ports import Collection, Document
from clinic_platform.mongo import ambient
from clinic_platform.mongo.ambient import TransactionDoomed
from clinic_platform.mongo.collection import DriverCollection

__all__ = ["DriverName", "Mongo", "TransactionDoomed"]

DriverName: TypeAlias = Literal["motor", "pymongo"]

TRANSACTION_WITHIN: Final = timedelta(seconds=10)
SELECT_SERVER_WITHIN_MS: Final = 5_000
MAJORITY: Final = WriteConcern(w="majority", j=True)

T = TypeVar("T")


class Mongo:
    """One database and its transactions: the port `Database`."""

    def __init__(self, client: Any, database: str, driver: DriverName) -> None:
        self._client = client
        self._driver = driver
        options: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)
        self._database = client.get_database(database, codec_options=options)

    @classmethod
    async def connect(cls, url: str, *, database: str, driver: DriverName = "motor") -> "Mongo":
        """A client for `url`. Answers at once: whether it can be reached is told by `ping`."""
        kind: Any = AsyncIOMotorClient if driver == "motor" else AsyncMongoClient
        client = kind(
            url,
            serverSelectionTimeoutMS=SELECT_SERVER_WITHIN_MS,
            connectTimeoutMS=SELECT_SERVER_WITHIN_MS,
            retryWrites=True,
            retryReads=True,
            w="majority",
            journal=True,
        )
        return cls(client, database, driver)

    def collection(self, name: str) -> Collection:
        return DriverCollection(self._database.get_collection(name), name)

    async def transaction(self, work: Callable[[], Awaitable[T]]) -> T:
        """See the port. Bounded by 10 s; conflicts with other writers are tried again within it."""
        if ambient.current() is not None:
            return await work()
        with ambient.translated("transaction"):
            result, callbacks = await self._in_session(work)
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

    async def drop(self) -> None:
        """Forget everything. For tests."""
        await self._client.drop_database(self._database.name)

    async def close(self) -> None:
        closed = self._client.close()
        if closed is not None:
            await closed

    async def _in_session(
        self, work: Callable[[], Awaitable[T]]
    ) -> tuple[T, list[Callable[[], None]]]:
        callbacks: list[Callable[[], None]] = []

        async def attempt(session: Any) -> T:
            transaction = ambient.Open(session, asyncio.current_task())
            token = ambient.opened.set(transaction)
            try:
                result = await work()
            finally:
                ambient.opened.reset(token)
            if transaction.doomed_by is not None:
                raise transaction.doomed_by
            callbacks[:] = transaction.callbacks
            return result

        started = self._client.start_session()
        session = await started if self._driver == "motor" else started
        async with session:
            with pymongo.timeout(TRANSACTION_WITHIN.total_seconds()):
                result = await session.with_transaction(
                    attempt,
                    read_concern=ReadConcern("snapshot"),
                    write_concern=MAJORITY,
                    read_preference=ReadPreference.PRIMARY,
                )
        return result, callbacks
