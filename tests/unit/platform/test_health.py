"""Alive is a question to the loop alone; ready is one to what the process stands on."""

import asyncio
import time
from dataclasses import dataclass

import httpx
import pytest
from prometheus_client import REGISTRY

from clinic_events.errors import Unavailable
from clinic_platform.health import BEAT_EVERY, Health, management_app
from tests.support.eventually import eventually


@dataclass
class Stopwatch:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Database:
    is_away: bool = False
    asked: int = 0

    async def answers(self) -> bool:
        self.asked += 1
        if self.is_away:
            raise Unavailable("It does not answer.")
        return True


async def nothing() -> None:
    pass


def client_of(health: Health) -> httpx.AsyncClient:
    app = management_app(health, before_metrics=nothing)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://management")


async def status(health: Health, path: str) -> int:
    async with client_of(health) as client:
        return (await client.get(path)).status_code


async def test_a_database_that_is_away_makes_it_unready_but_not_dead() -> None:
    health, database = Health(), Database(is_away=True)
    health.check("database", database.answers)

    assert await status(health, "/health/ready") == 503
    assert await status(health, "/health/live") == 200


async def test_the_database_is_not_asked_by_every_probe() -> None:
    seconds, database = Stopwatch(), Database()
    health = Health(seconds=seconds)
    health.check("database", database.answers)

    for _ in range(10):
        assert all((await health.readiness()).values())
    assert database.asked == 1
    seconds.now += 3
    await health.readiness()
    assert database.asked == 2


async def test_on_its_way_out_it_is_not_ready() -> None:
    health = Health()
    assert await status(health, "/health/ready") == 200

    health.begin_stopping()

    assert await status(health, "/health/ready") == 503


async def test_a_loop_that_is_held_up_is_not_alive() -> None:
    seconds = Stopwatch()
    health = Health(seconds=seconds)
    beating = asyncio.create_task(health.beat())
    await asyncio.sleep(0)
    assert health.is_alive

    seconds.now += 11
    assert not health.is_alive
    beating.cancel()
    with pytest.raises(asyncio.CancelledError):
        await beating


async def test_the_metrics_can_be_read() -> None:
    async with client_of(Health()) as client:
        response = await client.get("/metrics")

    assert response.status_code == 200
    assert "http_request_seconds" in response.text


async def test_a_loop_that_was_held_up_shows_in_the_metrics() -> None:
    def late() -> float:
        labels = {"le": "0.25"}
        every = REGISTRY.get_sample_value("event_loop_lag_seconds_count")
        soon = REGISTRY.get_sample_value("event_loop_lag_seconds_bucket", labels)
        assert every is not None
        assert soon is not None
        return every - soon

    before = late()
    health = Health()
    beating = asyncio.create_task(health.beat())
    await asyncio.sleep(0)
    time.sleep(BEAT_EVERY.total_seconds() + 0.5)  # noqa: ASYNC251  # what no code here may do

    async def is_measured() -> bool:
        return late() > before

    await eventually(is_measured)
    beating.cancel()
