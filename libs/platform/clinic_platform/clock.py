"""The time, as a dependency. The one place that asks for it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]  # aware, UTC


def utc_now() -> datetime:
    return datetime.now(UTC)


class ClockGoesBackwards(ValueError):
    def __init__(self) -> None:
        super().__init__("The clock of a sandbox only moves forward.")


class SandboxClock:
    """Real time plus an offset that only grows, so that weeks can be played in seconds."""

    def __init__(self, offset: timedelta = timedelta(), *, real: Clock = utc_now) -> None:
        self._real = real
        self.offset = offset

    def __call__(self) -> datetime:
        return self._real() + self.offset

    def move_to(self, instant: datetime) -> None:
        """Raises ClockGoesBackwards when the instant has passed already."""
        further = instant - self()
        if further < timedelta():
            raise ClockGoesBackwards
        self.offset += further
