"""A database that answers, and slowly: what waits is published all the same, or it is reported."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from clinic_events import SessionCompleted
from clinic_events.memory import MemoryBroker
from clinic_events.outbox import Relay
from clinic_events.testing import example
from clinic_platform.mongo import Mongo
from tests.support.eventually import eventually
from tests.support.outbox import a_lease, an_outbox, nothing_waits, published
from tests.support.proxy import Mode, Proxy

LEASE = timedelta(seconds=2)


@pytest.fixture
async def slow(mongo_url: str, database: Mongo) -> AsyncIterator[tuple[Mongo, Proxy]]:
    """The same database, a fifth of a lease away: all calls of a renewal together outlast it."""
    proxy = Proxy(urlsplit(mongo_url).port or 0, delay=LEASE.total_seconds() * 0.09)
    proxy.start()
    url = f"mongodb://{proxy.address}/?directConnection=true"
    connected = await Mongo.connect(url, database=database.name)
    proxy.mode = Mode.DELAY
    yield connected, proxy
    proxy.mode = Mode.PASS
    await connected.close()
    await asyncio.to_thread(proxy.stop)


async def test_a_relay_publishes_through_a_database_that_is_slow(
    database: Mongo, slow: tuple[Mongo, Proxy]
) -> None:
    outbox, broker = await an_outbox(database), MemoryBroker()
    await outbox.append(example(SessionCompleted, session_id="ses_1"), sequence=1)
    relay = Relay(slow[0], broker, a_lease(slow[0], "relay_1", LEASE))
    running = asyncio.create_task(relay.run())

    await eventually(lambda: nothing_waits(outbox), within=20)

    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert len(published(broker)) == 1


async def test_a_relay_whose_lease_is_over_before_it_can_publish_reports_it(
    database: Mongo,
) -> None:
    def failures() -> float:
        return REGISTRY.get_sample_value("events_relay_failures_total") or 0.0

    outbox, broker, before = await an_outbox(database), MemoryBroker(), failures()
    await outbox.append(example(SessionCompleted, session_id="ses_1"), sequence=1)
    relay = Relay(database, broker, a_lease(database, "relay_1", timedelta(milliseconds=1)))
    with capture_logs() as logs:
        assert await relay.publish_waiting() == 0

    assert published(broker) == []
    assert "relay_lease_not_safe" in {line["event"] for line in logs}
    assert failures() == before + 1
