"""Where the two drivers differ: making a client, a session, and committing a transaction."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, Protocol, Self, TypeAlias

from motor.frameworks.asyncio import run_on_executor
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from clinic_events.failpoints import Failpoint, reach
from clinic_platform.mongo.ambient import translated
from clinic_platform.mongo.answers import answered
from clinic_platform.mongo.later import Later

DriverName: TypeAlias = Literal["motor", "pymongo"]
IsLate: TypeAlias = Callable[[], bool]

# The server's label on a commit whose outcome is unknown: it is sent again.
COMMIT_UNKNOWN: Final = "UnknownTransactionCommitResult"


class Driver(Protocol):
    """A session is used by one transaction at a time."""

    client: Any

    async def close(self) -> None: ...

    def session(self) -> Any: ...

    async def begin(self, session: Any, **options: object) -> None: ...

    async def commit(self, session: Any, later: Sequence[Later], *, is_late: IsLate) -> None:
        """Send the deferred writes, then commit. Where a write is refused, abort. A commit that was
        cut off is sent again until it `is_late`."""
        ...

    async def end(self, session: Any) -> None:
        """End the session. No transaction is open in it."""
        ...


class MotorDriver:
    """Motor runs each call in a thread, which costs more than the call.

    So all calls at the end of a transaction run in one thread, by the blocking driver below; and
    calls that do not wait for the server, as beginning and ending a session, run in none.
    """

    def __init__(self, client: Any) -> None:
        self.client = client

    @classmethod
    def connect(cls, url: str, **options: Any) -> Self:
        return cls(AsyncIOMotorClient(url, **options))

    async def close(self) -> None:
        self.client.close()

    def session(self) -> Any:
        return self.client.wrap(self.client.delegate.start_session())

    async def begin(self, session: Any, **options: object) -> None:
        session.start_transaction(**options)

    async def commit(self, session: Any, later: Sequence[Later], *, is_late: IsLate) -> None:
        loop = asyncio.get_running_loop()
        ending: asyncio.Future[None] = run_on_executor(  # type: ignore[no-untyped-call]
            loop, _commit_in_thread, session.delegate, later, is_late
        )
        try:
            await asyncio.shield(ending)
        except asyncio.CancelledError:
            # The thread goes on, and a session serves one call at a time. It ends by `is_late`.
            await answered(ending)
            raise

    async def end(self, session: Any) -> None:
        session.delegate.end_session()


class PyMongoDriver:
    def __init__(self, client: Any) -> None:
        self.client = client

    @classmethod
    def connect(cls, url: str, **options: Any) -> Self:
        return cls(AsyncMongoClient(url, **options))

    async def close(self) -> None:
        await self.client.close()

    def session(self) -> Any:
        return self.client.start_session()

    async def begin(self, session: Any, **options: object) -> None:
        await session.start_transaction(**options)

    async def commit(self, session: Any, later: Sequence[Later], *, is_late: IsLate) -> None:
        try:
            for writes in later:
                with translated(writes.name, writes.taken):
                    await writes.write(session)
            reach(Failpoint.TRANSACTION_BEFORE_COMMIT)
        except BaseException:
            await session.abort_transaction()
            raise
        while True:
            try:
                await session.commit_transaction()
                return
            except PyMongoError as error:
                if _has_failed(error, is_late):
                    raise

    async def end(self, session: Any) -> None:
        await session.end_session()


DRIVERS: Final[dict[DriverName, type[MotorDriver | PyMongoDriver]]] = {
    "motor": MotorDriver,
    "pymongo": PyMongoDriver,
}


def _commit_in_thread(session: Any, later: Sequence[Later], is_late: IsLate) -> None:
    try:
        for writes in later:
            with translated(writes.name, writes.taken):
                writes.write_in_thread(session)
        reach(Failpoint.TRANSACTION_BEFORE_COMMIT)
    except BaseException:
        session.abort_transaction()
        raise
    while True:
        try:
            session.commit_transaction()
            return
        except PyMongoError as error:
            if _has_failed(error, is_late):
                raise


def _has_failed(error: PyMongoError, is_late: IsLate) -> bool:
    return not error.has_error_label(COMMIT_UNKNOWN) or is_late()
