"""Who is on call at a place, by its own clock."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

WEEKDAYS: Final = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Every week from `starts` until just before `ends`, but for the days of `away`, the first and
    the last of each included. `role`: as whom, None where the place names none."""

    email: str
    weekday: str
    starts: time
    ends: time
    away: tuple[tuple[date, date], ...] = ()
    role: str | None = None

    def holds(self, wall: datetime) -> bool:
        """`wall` is a moment on the clock of the place."""
        day = wall.date()
        return (
            WEEKDAYS[day.weekday()] == self.weekday
            and self.starts <= wall.time() < self.ends
            and not any(first <= day <= last for first, last in self.away)
        )
