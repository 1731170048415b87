"""An answer that goes on: opened as every read is, and ended for one of five reasons."""

import asyncio
from collections.abc import AsyncGenerator, MutableMapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI, Request

from clinic_platform.audit import AuditOutcome
from clinic_platform.auth import Authenticator, Grant, NotAuthenticated, Policy, Principal
from clinic_platform.testing import NOON
from clinic_platform.web import EventStream, Router, create_app, login_ends_at, sse
from clinic_platform.web.streaming import STOPPING
from tests.support.web import FakeKit

router = Router()


@router.get("/v1/ticks", operation_id="watch_ticks")
async def watch_ticks(request: Request) -> EventStream:
    source = request.app.state.source
    return EventStream(
        source.pieces(),
        until=login_ends_at(request),
        clock=lambda: NOON,
        taken_within=timedelta(seconds=0.05),
    )


class Logins(Authenticator):
    """`Bearer nurse` may, for `lasts` from noon on."""

    def __init__(self, lasts: timedelta) -> None:
        self.lasts = lasts

    async def principal(self, authorization: str | None) -> Principal:
        if authorization is None:
            raise NotAuthenticated
        return Principal("usr_ada", (Grant("nurse", None),), NOON + self.lasts)


@dataclass
class Source:
    """Gives what is put in, until None."""

    queue: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)
    is_closed: bool = False

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        try:
            while (piece := await self.queue.get()) is not None:
                yield piece
        finally:
            self.is_closed = True


@dataclass
class Listener:
    """The other end of one connection, without a network."""

    app: FastAPI
    kit: FakeKit
    source: Source
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    leaves: asyncio.Event = field(default_factory=asyncio.Event)
    takes: asyncio.Event = field(default_factory=asyncio.Event)
    sent: asyncio.Queue[MutableMapping[str, Any]] = field(default_factory=asyncio.Queue)

    def opens(self, *, login: bytes | None = b"Bearer nurse") -> asyncio.Task[None]:
        self.takes.set()
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/v1/ticks",
            "raw_path": b"/v1/ticks",
            "query_string": b"",
            "headers": [] if login is None else [(b"authorization", login)],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "scheme": "http",
            "http_version": "1.1",
            "root_path": "",
            STOPPING: self.stopping,
        }
        return asyncio.create_task(self.app(scope, self._receive, self._send))

    async def next(self) -> MutableMapping[str, Any]:
        return await asyncio.wait_for(self.sent.get(), timeout=5)

    async def _receive(self) -> MutableMapping[str, Any]:
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        await self.sent.put(message)
        await self.takes.wait()


@pytest.fixture
def listener() -> Listener:
    kit = FakeKit(authenticator=Logins(timedelta(hours=1)))
    source = Source()
    app = create_app(
        kit,
        title="Ticks",
        routers=[router],
        problems={},
        policy=Policy.parse({"operations": {"watch_ticks": {"roles": ["nurse"]}}}),
        state={"source": source},
    )
    return Listener(app, kit, source)


async def ended(task: asyncio.Task[None]) -> None:
    await asyncio.wait_for(task, timeout=5)


async def test_a_stream_is_noted_once_and_before_its_first_byte(listener: Listener) -> None:
    task = listener.opens()
    head = await listener.next()
    assert (head["status"], dict(head["headers"])[b"content-type"]) == (
        200,
        b"text/event-stream; charset=utf-8",
    )
    assert dict(head["headers"])[b"cache-control"] == b"no-store"
    assert [entry.outcome for entry in listener.kit.audit.entries] == [AuditOutcome.READ]
    for piece in (b"one", b"two"):
        await listener.source.queue.put(piece)
        assert (await listener.next())["body"] == piece
    await listener.source.queue.put(None)
    await ended(task)
    assert len(listener.kit.audit.entries) == 1


async def test_a_stream_without_a_login_is_refused_as_any_read(listener: Listener) -> None:
    await ended(listener.opens(login=None))
    assert (await listener.next())["status"] == 401
    assert not listener.source.is_closed, "Nobody has asked it for anything."


async def test_a_stream_that_cannot_be_noted_is_not_opened(listener: Listener) -> None:
    listener.kit.audit.is_away = True
    await ended(listener.opens())
    assert (await listener.next())["status"] == 503


@pytest.mark.parametrize("reason", ["it leaves", "the process stops", "the source ends"])
async def test_a_stream_ends_for_a_reason_and_closes_its_source(
    listener: Listener, reason: str
) -> None:
    task = listener.opens()
    await listener.next()
    match reason:
        case "it leaves":
            listener.leaves.set()
        case "the process stops":
            listener.stopping.set()
        case _:
            await listener.source.queue.put(None)
    await ended(task)
    assert (await listener.next())["more_body"] is False
    assert listener.source.is_closed or reason != "the source ends"


async def test_a_stream_lasts_no_longer_than_the_login_it_was_opened_with(
    listener: Listener,
) -> None:
    listener.kit.authenticator = Logins(timedelta(seconds=0.05))
    task = listener.opens()
    await listener.next()
    await ended(task)
    assert (await listener.next())["more_body"] is False


async def test_one_who_takes_nothing_is_given_up(listener: Listener) -> None:
    task = listener.opens()
    await listener.next()
    listener.takes.clear()
    await listener.source.queue.put(b"one")
    await ended(task)
    assert listener.source.is_closed


def test_an_event_is_lines_and_ends_with_an_empty_one() -> None:
    event = sse("{}", event="changed", id="c1", retry=timedelta(seconds=2))
    assert event == b"retry: 2000\nid: c1\nevent: changed\ndata: {}\n\n"
