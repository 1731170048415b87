"""The database in memory keeps what the engine needs of MongoDB: the same suites, word for word."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest

from clinic_platform.clock import utc_now
from clinic_platform.mongo import Mongo
from clinic_platform.mongo.drivers import PyMongoDriver
from tests.integration.events import test_dead_letters, test_leases, test_outbox
from tests.integration.platform import test_later, test_mongo, test_promises
from tests.simulation.driver import Client
from tests.simulation.server import Server

T = TypeVar("T")
SUITES = (test_dead_letters, test_leases, test_outbox, test_later, test_mongo, test_promises)


class ShortWay:
    """To a server in the same process, with nothing lost on it; a moment each way."""

    reaches = True

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        """Nobody dies here, so nothing is left for the server to end."""

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def there_and_back(self, work: Callable[[], T], *, is_grave: bool = False) -> T:
        await asyncio.sleep(0)
        return work()


@pytest.fixture
def database() -> Mongo:
    return Mongo(PyMongoDriver(Client(Server(utc_now), ShortWay())), "simulated")


for suite in SUITES:
    about = suite.__name__.rpartition(".test_")[2]
    globals().update(
        {
            f"test_{about}: {name.removeprefix('test_')}": test
            for name, test in vars(suite).items()
            if name.startswith("test_")
        }
    )
