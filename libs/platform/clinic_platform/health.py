"""Whether the process is alive, and whether it should be sent work: the management port.

Liveness asks nothing but the event loop: a dependency that is away is no reason to restart us.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final, TypeAlias

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clinic_events.errors import Unavailable
from clinic_platform.metrics import LOOP_LAG

Check: TypeAlias = Callable[[], Awaitable[bool]]

BEAT_EVERY: Final = timedelta(seconds=1)
ALIVE_WITHIN: Final = timedelta(seconds=10)
CACHED_FOR: Final = timedelta(seconds=2)
CHECK_WITHIN: Final = timedelta(seconds=2)


class Health:
    """Named checks, a heartbeat, and whether the process is on its way out."""

    def __init__(self, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._beat_at = seconds()
        self._checks: dict[str, Check] = {}
        self._answers: dict[str, tuple[float, bool]] = {}
        self.is_stopping = False

    def check(self, name: str, check: Check) -> None:
        """Ready only while this is true. Unavailable and a slow answer count as no."""
        self._checks[name] = check

    def begin_stopping(self) -> None:
        self.is_stopping = True

    async def beat(self) -> None:
        """The heartbeat, until cancelled. A loop that is held up is not alive."""
        while True:
            self._beat_at = self._seconds()
            await asyncio.sleep(BEAT_EVERY.total_seconds())
            late = self._seconds() - self._beat_at - BEAT_EVERY.total_seconds()
            LOOP_LAG.observe(max(0.0, late))

    @property
    def is_alive(self) -> bool:
        return self._seconds() - self._beat_at < ALIVE_WITHIN.total_seconds()

    async def readiness(self) -> Mapping[str, bool]:
        """Every check's answer, a little old at most."""
        answers = {name: await self._answer(name, check) for name, check in self._checks.items()}
        return {"not_stopping": not self.is_stopping, **answers}

    async def _answer(self, name: str, check: Check) -> bool:
        at, answer = self._answers.get(name, (float("-inf"), False))
        if self._seconds() - at < CACHED_FOR.total_seconds():
            return answer
        try:
            async with asyncio.timeout(CHECK_WITHIN.total_seconds()):
                answer = await check()
        except (Unavailable, TimeoutError):
            answer = False
        self._answers[name] = (self._seconds(), answer)
        return answer


def management_app(
    health: Health,
    *,
    before_metrics: Callable[[], Awaitable[None]],
    more: Sequence[Route] = (),
) -> Starlette:
    """`/health/live`, `/health/ready`, `/metrics`, and what a sandbox adds."""

    async def live(_: Request) -> Response:
        return JSONResponse({"alive": health.is_alive}, 200 if health.is_alive else 503)

    async def ready(_: Request) -> Response:
        checks = await health.readiness()
        return JSONResponse(dict(checks), 200 if all(checks.values()) else 503)

    async def measured(_: Request) -> Response:
        await before_metrics()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[
            Route("/health/live", live),
            Route("/health/ready", ready),
            Route("/metrics", measured),
            *more,
        ]
    )
