"""When nobody is disturbed, by the wall clock of the person concerned."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `starts` until just before `ends`, local time; may pass midnight; equal means never."""

    starts: time
    ends: time

    @classmethod
    def parse(cls, starts: str, ends: str) -> Self:
        """From `HH:MM`. Raises ValueError."""
        return cls(time.fromisoformat(starts), time.fromisoformat(ends))

    def hold(self, wall: time) -> bool:
        if self.starts <= self.ends:
            return self.starts <= wall < self.ends
        return wall >= self.starts or wall < self.ends

    def end_after(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """When the quiet that holds at `at` is over; None when it is not quiet then.

        Where the clocks skip the end, it is over by as much later as they skipped; where they
        repeat it, the first time, unless that has passed.
        """
        local = at.astimezone(zone)
        wall = local.time()
        if not self.hold(wall):
            return None
        day = local.date() if wall < self.ends else local.date() + timedelta(days=1)
        end = datetime.combine(day, self.ends, tzinfo=zone)
        first, second = end.astimezone(UTC), end.replace(fold=1).astimezone(UTC)
        return first if first > at else second


def zone_or(name: str | None, otherwise: str) -> ZoneInfo:
    """The zone of that name; the other one when it is missing or no zone at all."""
    try:
        return ZoneInfo(name or otherwise)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(otherwise)
