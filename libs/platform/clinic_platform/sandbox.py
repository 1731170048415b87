"""A sandbox's movable time, shared by all processes of a service and kept over a restart."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clinic_events.errors import Unavailable
from clinic_events.ports import Database
from clinic_platform.clock import ClockGoesBackwards, SandboxClock
from clinic_platform.problems import UnreadableRequest
from clinic_platform.web.bodies import BodyReader, Moment, Sent

LOOK_EVERY: Final = timedelta(milliseconds=500)
CLOCK: Final = {"_id": "clock"}

log = structlog.get_logger()


class SharedClock:
    """The offset of a SandboxClock, in the collection `sandbox`. It only grows, for everybody."""

    def __init__(self, database: Database, clock: SandboxClock) -> None:
        self._rows = database.collection("sandbox")
        self._clock = clock

    async def move_to(self, instant: datetime) -> None:
        """Raises ClockGoesBackwards."""
        self._clock.move_to(instant)
        offset = self._clock.offset // timedelta(microseconds=1)
        await self._rows.update_one(CLOCK, {"$max": {"offset": offset}}, upsert=True)

    async def read(self) -> bool:
        """Catch up with the others. Whether time has moved."""
        row = await self._rows.find_one(CLOCK)
        offset = timedelta(microseconds=row["offset"] if row else 0)
        has_moved = offset > self._clock.offset
        self._clock.offset = max(offset, self._clock.offset)
        return has_moved

    async def follow(self, moved: Callable[[], None]) -> None:
        """Catch up every half second, until cancelled; call `moved` when time has."""
        while True:
            try:
                if await self.read():
                    moved()
            except Unavailable as error:
                log.warning("sandbox_clock_not_read", error=type(error).__name__)
            await asyncio.sleep(LOOK_EVERY.total_seconds())


class SetClock(Sent):
    now: Moment


def sandbox_routes(
    clock: SandboxClock,
    shared: SharedClock,
    *,
    moved: Callable[[], None],
    state: Callable[[], Awaitable[dict[str, object]]],
) -> list[Route]:
    """`GET/PUT /sandbox/clock` and `GET /sandbox/state`."""
    reader = BodyReader(SetClock)

    async def time(_: Request) -> Response:
        return JSONResponse({"now": clock().isoformat()})

    async def move(request: Request) -> Response:
        try:
            await shared.move_to(reader.read(await request.body()).now)
        except UnreadableRequest as error:
            return JSONResponse({"detail": str(error)}, 422)
        except ClockGoesBackwards as error:
            return JSONResponse({"detail": str(error)}, 409)
        moved()
        return await time(request)

    async def shown(_: Request) -> Response:
        return JSONResponse({"now": clock().isoformat(), **await state()})

    return [
        Route("/sandbox/clock", time, methods=["GET"]),
        Route("/sandbox/clock", move, methods=["PUT"]),
        Route("/sandbox/state", shown),
    ]
