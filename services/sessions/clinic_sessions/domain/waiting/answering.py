"""Until when somebody can answer: only the time counts in which a letter may come and the place
answers its telephone.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from clinic_sessions.domain.places.location import Location, Quiet

# An engineering choice: a place that is shut for longer asks nobody until it opens.
LOOK_AHEAD: Final = 14  # days


def answerable_from(location: Location, at: datetime) -> datetime | None:
    """The first moment from `at` on; None where there is none soon."""
    return next((since for since, _ in _stretches(location, at)), None)


def answer_by(location: Location, at: datetime, within: timedelta) -> datetime | None:
    """When so much time will have passed since `at`; None where there is not so much soon."""
    left = within
    for since, until in _stretches(location, at):
        if until - since >= left:
            return since + left
        left -= until - since
    return None


def _stretches(location: Location, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    today = location.calendar.local(at).date()
    for days in range(LOOK_AHEAD + 1):
        since, until = _stretch_on(location, today + timedelta(days=days))
        if max(since, at) < until:
            yield max(since, at), until


def _stretch_on(location: Location, day: date) -> tuple[datetime, datetime]:
    """Empty where the place is closed. Of a time of day that comes twice or never, in doubt it is
    shut: the later instant opens, the earlier one closes."""
    hours, zone = location.calendar.hours_on(day), location.details.zone
    if hours is None:
        return max(_instants(day, time(), zone)), max(_instants(day, time(), zone))
    opens, closes = _outside(location.details.quiet_hours, hours.opens, hours.closes)
    return max(_instants(day, opens, zone)), min(_instants(day, closes, zone))


def _outside(quiet: Quiet, opens: time, closes: time) -> tuple[time, time]:
    """Quiet hours that begin and end while the place is open are left to whoever writes."""
    is_over_midnight = quiet.ends < quiet.starts
    if is_over_midnight:
        return max(opens, quiet.ends), min(closes, quiet.starts)
    if quiet.starts <= opens:
        return max(opens, quiet.ends), closes
    return opens, min(closes, quiet.starts) if closes <= quiet.ends else closes


def _instants(day: date, at: time, zone: str) -> list[datetime]:
    wall = datetime.combine(day, at, ZoneInfo(zone))
    return [wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
