"""A process that is asked to stop while its database is away stops in order all the same."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest
from ulid import ULID

from clinic_ctl.stack.ports import LOOPBACK, free
from clinic_events.memory import MemoryBroker
from clinic_platform import lifecycle
from clinic_platform.lifecycle import Server
from clinic_platform.mongo import Mongo
from clinic_platform.promises import MongoPromises, PromiseKeeper
from clinic_platform.testing import FixedClock
from tests.support.eventually import eventually
from tests.support.outbox import a_lease, a_relay
from tests.support.proxy import Mode, Proxy

ENDS_AFTER = 3.0  # seconds: longer than leases are tried to be given back


@pytest.fixture
async def database(proxy: Proxy) -> AsyncIterator[Mongo]:
    url = f"mongodb://{proxy.address}/?directConnection=true"
    database = await Mongo.connect(url, database=f"test_{ULID()}", within=timedelta(seconds=1))
    yield database
    proxy.mode = Mode.PASS
    await database.drop()
    await database.close()


def relay(database: Mongo) -> Coroutine[Any, Any, None]:
    return a_relay(database, MemoryBroker()).run()


def keeper(database: Mongo) -> Coroutine[Any, Any, None]:
    clock = FixedClock()
    promises = MongoPromises(database, clock)
    return PromiseKeeper(database, promises, {}, a_lease(database, "worker_1"), clock).run()


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("Nobody asks.")


@pytest.mark.parametrize("mode", [Mode.REFUSE, Mode.BLACKHOLE])
@pytest.mark.parametrize("part", [relay, keeper])
async def test_a_part_that_cannot_give_its_leases_back_cuts_no_other_off(
    database: Mongo, proxy: Proxy, mode: Mode, part: Callable[[Mongo], Coroutine[Any, Any, None]]
) -> None:
    has_ended = False

    async def part_holds_leases() -> bool:
        return await database.collection("leases").count({"owner": {"$ne": None}}) > 0

    async def sibling() -> None:
        """Has work under way when it is asked to stop, which takes its time."""
        nonlocal has_ended
        await eventually(part_holds_leases)
        proxy.mode = mode
        os.kill(os.getpid(), signal.SIGTERM)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(ENDS_AFTER)
            has_ended = True

    await lifecycle.run(
        public=[],
        management=Server(nothing, host=LOOPBACK, port=free()),
        tasks={"part": part(database), "sibling": sibling()},
        on_stop=lambda: None,
    )
    assert has_ended
