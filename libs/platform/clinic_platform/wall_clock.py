"""Whether this machine's clock agrees with the database's: what one writes down the other ages.

An inbox row bears this machine's time and is cleaned away by the database's. Written by a clock
weeks behind it would go within the minute, and the event, delivered again, have a second effect.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from clinic_events.errors import CannotStart
from clinic_platform.clock import Clock, utc_now

# Far less than the week by which an inbox row outlives its event, far more than any clock drifts.
OFF_BY_AT_MOST: Final = timedelta(hours=1)

log = structlog.get_logger()


class WallClock:
    """The machine's, which no sandbox moves. `theirs` asks for the database's."""

    def __init__(self, theirs: Callable[[], Awaitable[datetime]], ours: Clock = utc_now) -> None:
        self._theirs = theirs
        self._ours = ours

    async def check(self) -> None:
        """Raises CannotStart."""
        off_by = await self._off_by()
        if abs(off_by) > OFF_BY_AT_MOST:
            where = "ahead of" if off_by > timedelta() else "behind"
            raise CannotStart(f"This machine's clock is {abs(off_by)} {where} the database's.")

    async def agrees(self) -> bool:
        """Of a service that runs: a machine's clock may be moved under it."""
        off_by = await self._off_by()
        if abs(off_by) > OFF_BY_AT_MOST:
            log.error("wall_clock_is_off", seconds=int(off_by.total_seconds()))
            return False
        return True

    async def _off_by(self) -> timedelta:
        off_by = self._ours() - await self._theirs()
        return timedelta(seconds=int(off_by.total_seconds()))
