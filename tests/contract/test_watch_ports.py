"""The ports that watching over patients needs keep their promises, in memory and in MongoDB."""

from collections.abc import AsyncIterator

import pytest
from ulid import ULID

from clinic_platform.mongo import Mongo
from tests.support.sessions import a_call
from tests.support.sessions_ports import Ports, in_memory, in_mongo


@pytest.fixture(params=["in_memory", "motor", "pymongo"])
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    if request.param == "in_memory":
        yield in_memory()
        return
    url: str = request.getfixturevalue("mongo_url")
    database = await Mongo.connect(url, database=f"test_{ULID()}", driver=request.param)
    yield await in_mongo(database)
    await database.drop()
    await database.close()


async def test_a_call_made_twice_is_one_and_told_once(ports: Ports) -> None:
    assert await ports.calls.make(a_call())
    assert not await ports.calls.make(a_call())
    assert await ports.calls.make(a_call(2, patient_id=None))
    assert ports.said == ["StaffCalled", "StaffCalled"]
    assert [event.key for event in ports.outbox.said] == ["pat_1", "loc_sample"]
