"""Server-sent events: an answer that goes on until there is a reason for it to end.

It is opened as every read is: by policy, and noted in the audit. It ends when its source does, when
the one who listens goes or takes nothing, when the login it was opened with runs out, or when the
process is to stop. Whoever listens comes again, with the id of the last event.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from clinic_platform.clock import Clock, utc_now
from clinic_platform.web.exchange import exchange_in

MEDIA_TYPE: Final = "text/event-stream"
TAKEN_WITHIN: Final = timedelta(seconds=10)  # beyond it the one who listens is given up
STOPPING: Final = "clinic.stopping"  # an asyncio.Event in the scope, where the server has one

DESCRIPTION: Final[Mapping[int | str, dict[str, object]]] = {
    200: {
        "description": "Events, as they happen.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
    }
}


def sse(data: str, *, event: str, id: str | None = None, retry: timedelta | None = None) -> bytes:
    """One event as bytes. `data` is one line, as JSON is; `id` comes back as `Last-Event-ID`."""
    lines = [f"event: {event}", f"data: {data}"]
    if id is not None:
        lines.insert(0, f"id: {id}")
    if retry is not None:
        lines.insert(0, f"retry: {int(retry.total_seconds() * 1000)}")
    return ("\n".join(lines) + "\n\n").encode()


COMMENT: Final = b":\n\n"  # nothing has happened, and it is known that nothing has


class EventStream(Response):
    """Sends what `source` gives, each piece as it comes; the source is closed at the end.

    `until` is when the caller's login ends, in real time.
    """

    media_type = MEDIA_TYPE

    def __init__(
        self,
        source: AsyncGenerator[bytes, None],
        *,
        until: datetime | None = None,
        clock: Clock = utc_now,
        taken_within: timedelta = TAKEN_WITHIN,
    ) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no"})  # proxies are not to collect it
        del self.headers["content-length"]
        self._source = source
        self._lasts = None if until is None else max(0.0, (until - clock()).total_seconds())
        self._taken_within = taken_within.total_seconds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange_in(scope).is_stream = True
        head = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        async with aclosing(self._source):
            await send(head)
            await self._until_a_reason(scope, receive, send)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._taken_within):
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _until_a_reason(self, scope: Scope, receive: Receive, send: Send) -> None:
        reasons = [self._sent(send), _gone(receive)]
        if scope.get(STOPPING) is not None:
            reasons.append(scope[STOPPING].wait())
        tasks = [asyncio.create_task(reason) for reason in reasons]
        try:
            await asyncio.wait(tasks, timeout=self._lasts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end

    async def _sent(self, send: Send) -> None:
        """Until the source ends, or a piece is not taken in time."""
        with suppress(TimeoutError):
            async for piece in self._source:
                async with asyncio.timeout(self._taken_within):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
