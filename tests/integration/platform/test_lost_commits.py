"""A commit whose answer is cut off may have happened: it is asked for again, and has one effect."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from ulid import ULID

from clinic_events import SessionCompleted, on
from clinic_events.dead_letters import MongoDeadLetters
from clinic_events.delivery import Outcome
from clinic_events.errors import Unavailable
from clinic_events.handling import Handling
from clinic_events.inbox import MongoInbox
from clinic_events.testing import A_MOMENT, example, message_of
from clinic_platform.mongo import DriverName, Mongo
from tests.support.proxy import Proxy

COMMIT = b"commitTransaction"
ALWAYS = 1_000_000


@pytest.fixture(params=["motor", "pymongo"])
async def database(proxy: Proxy, request: pytest.FixtureRequest) -> AsyncIterator[Mongo]:
    driver: DriverName = request.param
    url = f"mongodb://{proxy.address}/?directConnection=true"
    database = await Mongo.connect(url, database=f"test_{ULID()}", driver=driver)
    yield database
    proxy.swallow_answers_to(COMMIT, 0)
    await database.drop()
    await database.close()


@pytest.mark.parametrize("times", [1, 5])  # once the driver asks again by itself; then we do
async def test_a_commit_whose_answer_is_cut_off_is_asked_for_again_and_happens_once(
    database: Mongo, proxy: Proxy, times: int
) -> None:
    rows, attempts = database.collection("rows"), 0
    await rows.count({})
    proxy.swallow_answers_to(COMMIT, times)

    async def work() -> None:
        nonlocal attempts
        attempts += 1
        await rows.insert_one({"attempt": attempts})

    await database.transaction(work)

    assert proxy.swallowed == times
    assert attempts == 1
    assert [row["attempt"] for row in await rows.find({})] == [1]


async def test_if_it_is_never_known_the_next_delivery_finds_the_event_in_the_inbox(
    database: Mongo, proxy: Proxy
) -> None:
    effects = database.collection("effects")

    async def handle(event: SessionCompleted) -> None:
        await effects.insert_one({"session_id": event.session_id})

    handling = Handling(
        database,
        MongoInbox(database, group="tests", clock=lambda: A_MOMENT),
        MongoDeadLetters(database, group="tests", clock=lambda: A_MOMENT),
        [on(SessionCompleted, handle)],
        clock=lambda: A_MOMENT,
    )
    message = message_of(example(SessionCompleted))
    proxy.swallow_answers_to(COMMIT, ALWAYS)
    with pytest.raises(Unavailable):
        async with asyncio.timeout(20):
            await handling.handle([message])
    proxy.swallow_answers_to(COMMIT, 0)

    assert await handling.handle([message]) == [Outcome.DUPLICATE]
    assert await effects.count({}) == 1
