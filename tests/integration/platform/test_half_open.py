"""A connection that stands and carries nothing: a call on it fails in time."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from ulid import ULID

from clinic_events.errors import Unavailable
from clinic_events.ports import Collection
from clinic_platform.mongo import CALL_WITHIN, TRANSACTION_WITHIN, DriverName, Mongo
from tests.support.proxy import Mode, Proxy

WITHIN = timedelta(seconds=1)


@pytest.fixture(params=["motor", "pymongo"])
async def database(proxy: Proxy, request: pytest.FixtureRequest) -> AsyncIterator[Mongo]:
    driver: DriverName = request.param
    url = f"mongodb://{proxy.address}/?directConnection=true"
    database = await Mongo.connect(url, database=f"test_{ULID()}", driver=driver, within=WITHIN)
    yield database
    proxy.mode = Mode.PASS
    await database.drop()
    await database.close()


async def find(rows: Collection) -> None:
    await rows.find({})


async def count(rows: Collection) -> None:
    await rows.count({})


async def update(rows: Collection) -> None:
    await rows.update_one({"_id": 1}, {"$set": {"is": "new"}}, upsert=True)


@pytest.mark.parametrize("ask", [find, count, update])
async def test_a_call_that_nobody_answers_ends_in_time(
    database: Mongo, proxy: Proxy, ask: Callable[[Collection], Awaitable[None]]
) -> None:
    rows = database.collection("rows")
    await ask(rows)
    proxy.mode = Mode.BLACKHOLE
    began = time.monotonic()
    async with asyncio.timeout(10):
        with pytest.raises(Unavailable):
            await ask(rows)
    assert time.monotonic() - began < 3 * WITHIN.total_seconds()


async def test_a_call_in_a_transaction_has_the_transactions_time(
    database: Mongo, proxy: Proxy
) -> None:
    rows = database.collection("rows")

    async def work() -> None:
        await rows.insert_one({"is": "first"})
        proxy.mode = Mode.BLACKHOLE
        asyncio.get_running_loop().call_later(2 * WITHIN.total_seconds(), later.set)
        await rows.insert_one({"is": "second"})

    async def plug_in_again() -> None:
        await later.wait()
        proxy.mode = Mode.PASS

    later = asyncio.Event()
    plugging = asyncio.create_task(plug_in_again())
    await database.transaction(work)
    await plugging
    assert await rows.count({}) == 2


def test_a_call_ends_before_its_request_and_a_transaction_does() -> None:
    assert CALL_WITHIN < TRANSACTION_WITHIN
