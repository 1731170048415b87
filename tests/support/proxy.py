"""A TCP proxy that fails as it is set to: in front of a broker or a database it is the network."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from enum import StrEnum
from threading import Event, Thread
from typing import Final

from clinic_ctl.stack.ports import LOOPBACK, free

CHUNK: Final = 64 * 1024


class Mode(StrEnum):
    PASS = "pass"
    REFUSE = "refuse"  # nobody listens, and what was open is closed
    BLACKHOLE = "blackhole"  # connections stand, and nothing comes through either way
    RESET = "reset"  # every connection is cut in mid-sentence
    DELAY = "delay"  # everything comes through, later
    DEAF = "deaf"  # what is sent arrives, and no answer comes back


class Proxy:
    """From `port` on this machine to `target`, in a thread with a loop of its own.

    `mode` may be set from any thread. What was held back in a blackhole comes through afterwards,
    as it would after a cable was plugged in again.
    """

    def __init__(self, target: int, *, port: int = 0, delay: float = 0.2) -> None:
        self.port = free(port)
        self._target = target
        self._delay = delay
        self._mode = Mode.PASS
        self._open: set[asyncio.StreamWriter] = set()
        self._question = b""
        self._to_swallow = 0
        self.swallowed = 0
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._is_up = Event()
        self._changed = asyncio.Condition()
        self._thread = Thread(target=self._run, name=f"proxy-{self.port}", daemon=True)

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def mode(self) -> Mode:
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._call(self._become(mode))

    def swallow_answers_to(self, question: bytes, times: int) -> None:
        """A question with these bytes arrives; then, so many times, the connection is cut."""
        self._question, self._to_swallow = question, times

    def start(self) -> None:
        self._thread.start()
        self._is_up.wait()

    def stop(self) -> None:
        self._call(self._become(Mode.REFUSE))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Awaitable[None]) -> None:
        asyncio.run_coroutine_threadsafe(_awaited(work), self._loop).result()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._is_up.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, LOOPBACK, self.port)

    async def _become(self, mode: Mode) -> None:
        async with self._changed:
            self._mode = mode
            self._changed.notify_all()
        if mode in (Mode.REFUSE, Mode.RESET):
            for writer in list(self._open):
                _cut(writer)
        if mode is Mode.REFUSE and self._server is not None:
            self._server.close()
            self._server = None
        elif mode is not Mode.REFUSE and self._server is None:
            await self._listen()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._mode is Mode.RESET:
            _cut(writer)
            return
        self._open.add(writer)
        try:
            there, back = await asyncio.open_connection(LOOPBACK, self._target)
        except OSError:
            _cut(writer)
            self._open.discard(writer)
            return
        self._open.add(back)
        try:
            asked = asyncio.Event()
            await asyncio.gather(
                self._pump(reader, back, lambda: self._mode is not Mode.BLACKHOLE, asks=asked),
                self._pump(
                    there,
                    writer,
                    lambda: self._mode not in (Mode.BLACKHOLE, Mode.DEAF),
                    answers=asked,
                ),
            )
        finally:
            for one in (writer, back):
                self._open.discard(one)
                one.close()

    async def _pump(
        self,
        source: asyncio.StreamReader,
        to: asyncio.StreamWriter,
        may_pass: Callable[[], bool],
        *,
        asks: asyncio.Event | None = None,
        answers: asyncio.Event | None = None,
    ) -> None:
        """Passes bytes from the one to the other, until either ends."""
        with contextlib.suppress(ConnectionError):
            while chunk := await source.read(CHUNK):
                await self._changed_until(may_pass)
                if asks is not None and self._to_swallow and self._question in chunk:
                    self._to_swallow -= 1
                    asks.set()
                if answers is not None and answers.is_set():
                    self.swallowed += 1
                    _cut(to)
                    break
                if self._mode is Mode.DELAY:
                    await asyncio.sleep(self._delay)
                to.write(chunk)
                await to.drain()
        to.close()

    async def _changed_until(self, may_pass: Callable[[], bool]) -> None:
        async with self._changed:
            await self._changed.wait_for(may_pass)


def _cut(writer: asyncio.StreamWriter) -> None:
    """As a firewall does that has lost its memory: reset, with nothing sent after it."""
    raw = writer.get_extra_info("socket")
    if raw is not None:
        with contextlib.suppress(OSError):  # it was closed already
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _awaited(work: Awaitable[None]) -> None:
    await work
