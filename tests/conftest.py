"""Fixtures every suite shares: the real database and the real broker, started once if asked for."""

from collections.abc import AsyncIterator, Iterator

import pytest
from ulid import ULID

from clinic_ctl.stack.topics import provision
from clinic_platform.mongo import DriverName, Mongo
from tests.support.stack import a_broker, a_database


@pytest.fixture(scope="session")
def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with a_database(tmp_path_factory.mktemp("mongod")) as url:
        yield url


@pytest.fixture(scope="session")
async def kafka_bootstrap(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A broker that has the product's topics."""
    with a_broker(tmp_path_factory.mktemp("kafka")) as bootstrap_servers:
        await provision(bootstrap_servers)
        yield bootstrap_servers


@pytest.fixture(params=["motor", "pymongo"])
async def database(mongo_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Mongo]:
    """A database of its own, on each driver in turn."""
    driver: DriverName = request.param
    database = await Mongo.connect(mongo_url, database=f"test_{ULID()}", driver=driver)
    yield database
    await database.drop()
    await database.close()
