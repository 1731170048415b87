"""When a place is open: by its own clock, whatever the season."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
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

    def instants(self, day: date, zone: tzinfo | None) -> tuple[datetime, datetime]:
        """From when until when, in UTC.

        A time of day that comes twice, or never, because the clocks are changed: the later of the
        two instants opens, the earlier one closes. In doubt it is shut.
        """
        return max(_instants(day, self.opens, zone)), min(_instants(day, self.closes, zone))

    def cover(self, start: datetime, end: datetime) -> bool:
        """Whether a stretch, in the local time of the place, lies within them on its first day."""
        opens_at, closes_at = self.instants(start.date(), start.tzinfo)
        return opens_at <= start.astimezone(UTC) and end.astimezone(UTC) <= closes_at


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialDay:
    """A day with hours of its own; None: it is closed."""

    on: date
    hours: Hours | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """From `first` until `last`, that day included. `of` names what is closed: chairs, rooms,
    recovery places, equipment or people; the whole place when it names nothing. `protocols`: it is
    closed for what is given by them alone; for everything when it names none. `reason` is a code.
    """

    id: str
    first: date
    last: date
    reason: str
    of: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()

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
        start = self.local(starts_at)
        hours = self.hours_on(start.date())
        return hours is not None and hours.cover(start, ends_at)

    def is_closed_for(self, name: str, at: datetime) -> bool:
        """Whether a closure takes this chair, room, person or piece of equipment away that day."""
        day = self.local(at).date()
        return any(closure.covers(day, name) for closure in self.closures)

    def away(self, name: str) -> tuple[tuple[date, date], ...]:
        """The days, each first and last included, on which this person is not there: a closure
        names them, or the place as a whole is closed for once."""
        closed = [(one.first, one.last) for one in self.closures if not one.of or name in one.of]
        shut = [(day.on, day.on) for day in self.special_days if day.hours is None]
        return tuple(sorted((*closed, *shut)))

    def local(self, at: datetime) -> datetime:
        """The same moment on the wall of the place."""
        return at.astimezone(ZoneInfo(self.zone))


def joined(stretches: Iterable[Hours]) -> list[Hours]:
    """The same time of day in as few stretches as there can be, the earliest first."""
    whole: list[Hours] = []
    for one in sorted(stretches, key=lambda hours: hours.opens):
        if whole and one.opens <= whole[-1].closes:
            later = max(whole[-1].closes, one.closes)
            whole[-1] = Hours(opens=whole[-1].opens, closes=later)
        else:
            whole.append(one)
    return whole


def gaps_in(hours: Hours, covered: Iterable[Hours]) -> list[Hours]:
    """What of `hours` is not covered."""
    at, gaps = hours.opens, []
    for one in joined(covered):
        until = min(one.opens, hours.closes)
        if at < until:
            gaps.append(Hours(opens=at, closes=until))
        at = max(at, one.closes)
    if at < hours.closes:
        gaps.append(Hours(opens=at, closes=hours.closes))
    return gaps


def _instants(day: date, at: time, zone: tzinfo | None) -> list[datetime]:
    """When it is that time of day: once or twice."""
    wall = datetime.combine(day, at, zone)
    return [wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
