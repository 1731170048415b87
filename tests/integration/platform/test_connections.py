"""Connections of a service: how long an idle one is kept, and whose it is behind a proxy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from clinic_ctl.stack.ports import LOOPBACK, free
from clinic_platform.lifecycle import KEEP_ALIVE, Server
from tests.support.eventually import eventually

SOON = 1.5  # seconds
SENT_ON = {"X-Forwarded-For": "198.51.100.9, 203.0.113.7"}  # the first is the client's own word


async def who_asks(request: Request) -> PlainTextResponse:
    assert request.client is not None
    return PlainTextResponse(request.client.host)


@asynccontextmanager
async def a_server(
    *, keep_alive: timedelta = KEEP_ALIVE, proxies: str | None = None
) -> AsyncIterator[int]:
    """The port of one that answers with the address of who asks."""
    app = Starlette(routes=[Route("/", who_asks)])
    server = Server(app, host=LOOPBACK, port=free(), keep_alive=keep_alive, proxies=proxies)
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started)
    yield server.config.port
    server.stop()
    await serving


@asynccontextmanager
async def an_idle_connection(keep_alive: timedelta) -> AsyncIterator[asyncio.StreamReader]:
    """One request was answered on it."""
    async with a_server(keep_alive=keep_alive) as port:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.write(b"GET / HTTP/1.1\r\nHost: clinic.example\r\n\r\n")
        await reader.readuntil(LOOPBACK.encode())
        yield reader
        writer.close()


async def test_each_is_kept_for_as_long_as_is_set_and_no_longer() -> None:
    """By the default both would be closed within a moment of one another."""
    async with (
        an_idle_connection(timedelta(seconds=1)) as short,
        an_idle_connection(timedelta(seconds=60)) as long,
    ):
        assert await asyncio.wait_for(short.read(), timeout=20) == b""
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(long.read(), timeout=SOON)


@pytest.mark.parametrize(
    ("proxies", "asks"),
    [("127.0.0.0/8", "203.0.113.7"), ("192.0.2.0/24", LOOPBACK), (None, LOOPBACK)],
    ids=["by a trusted proxy", "by another", "without proxies"],
)
async def test_who_asks_is_what_a_trusted_proxy_says_and_no_one_else(
    proxies: str | None, asks: str
) -> None:
    async with a_server(proxies=proxies) as port, httpx.AsyncClient() as client:
        answer = await client.get(f"http://{LOOPBACK}:{port}/", headers=SENT_ON)
        assert answer.text == asks
