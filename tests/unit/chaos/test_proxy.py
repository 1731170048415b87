"""A real server behind the proxy, and a client that meets each of its faults."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.support.proxy import Mode, Proxy

SOON = 5.0


@asynccontextmanager
async def an_echo() -> AsyncIterator[tuple[Proxy, asyncio.Queue[bytes]]]:
    """A server that sends everything back, its proxy, and what the server received."""
    received: asyncio.Queue[bytes] = asyncio.Queue()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            received.put_nowait(line)
            writer.write(line)
        writer.close()

    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        proxy = Proxy(server.sockets[0].getsockname()[1])
        proxy.start()
        try:
            yield proxy, received
        finally:
            await asyncio.to_thread(proxy.stop)


class Caller:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def of(cls, proxy: Proxy) -> "Caller":
        return cls(*await asyncio.open_connection("127.0.0.1", proxy.port))

    def send(self, line: bytes) -> None:
        self._writer.write(line)

    async def receives(self) -> bytes:
        async with asyncio.timeout(SOON):
            return await self._reader.readline()


async def become(proxy: Proxy, mode: Mode) -> None:
    def change() -> None:
        proxy.mode = mode

    await asyncio.to_thread(change)


async def greeted(proxy: Proxy) -> bytes:
    caller = await Caller.of(proxy)
    caller.send(b"hello\n")
    return await caller.receives()


async def test_it_passes_on_what_is_sent_both_ways() -> None:
    async with an_echo() as (proxy, _):
        assert await greeted(proxy) == b"hello\n"


async def test_a_blackhole_holds_back_and_later_lets_through() -> None:
    async with an_echo() as (proxy, received):
        caller = await Caller.of(proxy)
        await become(proxy, Mode.BLACKHOLE)
        caller.send(b"hello\n")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await caller.receives()
        assert received.empty()
        await become(proxy, Mode.PASS)
        assert await caller.receives() == b"hello\n"


async def test_deaf_it_lets_a_request_through_and_no_answer() -> None:
    async with an_echo() as (proxy, received):
        caller = await Caller.of(proxy)
        await become(proxy, Mode.DEAF)
        caller.send(b"hello\n")
        async with asyncio.timeout(SOON):
            assert await received.get() == b"hello\n"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await caller.receives()


async def test_refusing_it_cuts_what_was_open_and_takes_nobody() -> None:
    async with an_echo() as (proxy, _):
        caller = await Caller.of(proxy)
        caller.send(b"hello\n")
        await caller.receives()
        await become(proxy, Mode.REFUSE)
        with pytest.raises(ConnectionError):
            await caller.receives()
        with pytest.raises(ConnectionRefusedError):
            await Caller.of(proxy)
        await become(proxy, Mode.PASS)
        assert await greeted(proxy) == b"hello\n"


async def test_resetting_it_cuts_every_new_connection() -> None:
    async with an_echo() as (proxy, _):
        await become(proxy, Mode.RESET)
        with pytest.raises(ConnectionError):  # at once, or with the first thing sent
            await greeted(proxy)


async def test_delaying_it_is_late() -> None:
    async with an_echo() as (proxy, _):
        caller = await Caller.of(proxy)
        await become(proxy, Mode.DELAY)
        started = asyncio.get_running_loop().time()
        caller.send(b"hello\n")
        assert await caller.receives() == b"hello\n"
        assert asyncio.get_running_loop().time() - started >= 0.4  # 0.2 s each way
