"""When a place is open: by its own clock, whatever the season."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

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
class Hours:
    """Times of day on the location's own clock."""

    opens: time
    closes: time

    def hold(self, starts: time, ends: time) -> bool:
        return self.opens <= starts and ends <= self.closes


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialDay:
    """A day with hours of its own; None: it is closed."""

    on: date
    hours: Hours | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """From `first` until `last`, that day included. `of` names what is closed: chairs, rooms,
    recovery places, equipment or people; the whole place when it names nothing. `reason` is a code.
    """

    id: str
    first: date
    last: date
    reason: str
    of: tuple[str, ...] = ()

    def covers(self, day: date, name: str | None = None) -> bool:
        """Whether it closes `name` that day; without a name, the place as a whole."""
        is_meant = not self.of if name is None else name in self.of
        return is_meant and self.first <= day <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """`week` has no entry for a day on which the place is closed."""

    zone: str
    week: Mapping[str, Hours]
    special_days: tuple[SpecialDay, ...] = ()
    closures: tuple[Closure, ...] = ()

    def hours_on(self, day: date) -> Hours | None:
        if any(closure.covers(day) for closure in self.closures):
            return None
        for special in self.special_days:
            if special.on == day:
                return special.hours
        return self.week.get(WEEKDAYS[day.weekday()])

    def usual_hours_on(self, day: date) -> Hours | None:
        """The hours one would ask about, also where the place is closed for once."""
        special = next((s.hours for s in self.special_days if s.on == day and s.hours), None)
        return special or self.week.get(WEEKDAYS[day.weekday()])

    def is_open(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether the place is open all that while, by its own clock, on one day."""
        start, end = self.local(starts_at), self.local(ends_at)
        hours = self.hours_on(start.date())
        if hours is None or start.date() != end.date():
            return False
        return hours.hold(start.time(), end.time())

    def is_closed_for(self, name: str, at: datetime) -> bool:
        """Whether a closure takes this chair, room, person or piece of equipment away that day."""
        day = self.local(at).date()
        return any(closure.covers(day, name) for closure in self.closures)

    def local(self, at: datetime) -> datetime:
        """The same moment on the wall of the place."""
        return at.astimezone(ZoneInfo(self.zone))
