"""The database in memory keeps what the engine needs of MongoDB: the same suites, word for word."""

import pytest

from clinic_platform.clock import utc_now
from clinic_platform.mongo import Mongo
from clinic_platform.mongo.drivers import PyMongoDriver
from tests.integration.events import test_dead_letters, test_leases, test_outbox
from tests.integration.platform import test_later, test_mongo, test_promises
from tests.simulation.driver import Client
from tests.simulation.server import Server
from tests.simulation.weather import ShortWay

SUITES = (test_dead_letters, test_leases, test_outbox, test_later, test_mongo, test_promises)


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
