"""The day of a place, by its own clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Day:
    """From midnight to midnight there: 23 or 25 hours where the clocks change."""

    date: date
    since: datetime
    until: datetime

    @classmethod
    def of(cls, now: datetime, zone: str) -> Self:
        place = ZoneInfo(zone)
        today = now.astimezone(place).date()
        following = today + timedelta(days=1)
        since, until = (
            datetime.combine(day, time(), place).astimezone(UTC) for day in (today, following)
        )
        return cls(today, since, until)
