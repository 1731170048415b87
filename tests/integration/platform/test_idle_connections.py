"""How long a service keeps a connection on which nothing is asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from starlette.applications import Starlette

from clinic_ctl.stack.ports import LOOPBACK, free
from clinic_platform.lifecycle import Server
from tests.support.eventually import eventually

SOON = 1.5  # seconds


@asynccontextmanager
async def an_idle_connection(keep_alive: timedelta) -> AsyncIterator[asyncio.StreamReader]:
    """One request was answered on it: 404, by an application that has nothing."""
    port = free()
    server = Server(Starlette(), host=LOOPBACK, port=port, keep_alive=keep_alive)
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started)
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(b"GET / HTTP/1.1\r\nHost: clinic.example\r\n\r\n")
    answer = await reader.readuntil(b"Not Found\r\n")
    assert answer.startswith(b"HTTP/1.1 404")
    await reader.readuntil(b"Not Found")
    yield reader
    writer.close()
    server.stop()
    await serving


async def test_each_is_kept_for_as_long_as_is_set_and_no_longer() -> None:
    """By the default both would be closed within a moment of one another."""
    async with (
        an_idle_connection(timedelta(seconds=1)) as short,
        an_idle_connection(timedelta(seconds=60)) as long,
    ):
        assert await asyncio.wait_for(short.read(), timeout=20) == b""
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(long.read(), timeout=SOON)
