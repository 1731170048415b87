"""Whether a time suits at all, before anybody or anything is looked for: grid, notice, hours.

Of a start that is asked for, `unfit` gives what is in the way; of a whole day, `fit` gives at once
where nothing is.
"""

from datetime import datetime, timedelta
from typing import Final

from clinic_sessions.domain.booking import grid
from clinic_sessions.domain.booking.conflicts import (
    CLOSURE,
    GRID,
    HOURS,
    NOTICE,
    OVERRIDE_EXPIRED,
    Conflict,
    span,
)
from clinic_sessions.domain.booking.days import Day
from clinic_sessions.domain.booking.override import (
    OUTSIDE_HOURS,
    SHORT_NOTICE,
    Override,
    allows,
)
from clinic_sessions.domain.places.location import Notice

OFFER_EVERY: Final = timedelta(minutes=30)


def half_hours(day: Day) -> range:
    """The bits of the half hours on the clock at which somebody would ask to come."""
    hours = day.calendar.usual_hours_on(day.on)
    usual = 0 if hours is None else day.hours_bits(hours)
    if not usual:
        return range(0)
    step = OFFER_EVERY // grid.SLOT
    first = (usual & -usual).bit_length() - 1
    return range(first + (day.midnight - first) % step, usual.bit_length(), step)


def fit(day: Day, lasts: timedelta, *, notice: Notice, now: datetime) -> int:
    """The bits of a day at which `unfit` finds nothing in the way of anybody without permission."""
    if day.closure is not None:
        return 0
    earliest = grid.ceil(now + notice.book_at_least - grid.EPOCH)
    latest = grid.slot_of(now + notice.book_at_most)
    in_time = day.between(earliest - day.first, latest + 1 - day.first)
    return in_time & day.opens_for(lasts)


def unfit(
    day: Day,
    bit: int,
    starts_at: datetime,
    lasts: timedelta,
    *,
    notice: Notice,
    now: datetime,
    override: Override | None,
) -> Conflict | None:
    """`bit` is `starts_at` on that day."""
    if not grid.is_on_grid(starts_at):
        return Conflict(kind=GRID, sentence="A visit begins on a full five minutes.")
    if override is not None and not override.covers(starts_at):
        sentence = "The permission to override ends before the visit begins."
        return Conflict(kind=OVERRIDE_EXPIRED, sentence=sentence)
    return (
        _out_of_notice(notice, starts_at, now, override)
        or _closure(day)
        or _outside_hours(day, bit, starts_at, lasts, override)
    )


def _out_of_notice(
    notice: Notice, starts_at: datetime, now: datetime, override: Override | None
) -> Conflict | None:
    ahead = starts_at - now
    if ahead < notice.book_at_least and not allows(override, SHORT_NOTICE):
        hours = notice.book_at_least_hours
        return Conflict(kind=NOTICE, sentence=f"Visits are booked at least {hours} hours before.")
    if ahead > notice.book_at_most:
        days = notice.book_at_most_days
        return Conflict(kind=NOTICE, sentence=f"Visits are booked at most {days} days before.")
    return None


def _closure(day: Day) -> Conflict | None:
    """No permission opens what is closed: the way is to end the closure."""
    closure = day.closure
    if closure is None:
        return None
    until = "" if closure.last == closure.first else f" until {closure.last:%d %B %Y}"
    sentence = f"Closed from {closure.first:%d %B %Y}{until}: {closure.reason}."
    return Conflict(kind=CLOSURE, sentence=sentence)


def _outside_hours(
    day: Day, bit: int, starts_at: datetime, lasts: timedelta, override: Override | None
) -> Conflict | None:
    if day.opens_for(lasts) >> bit & 1:
        return None
    if allows(override, OUTSIDE_HOURS) and bit + grid.ceil(lasts) <= day.length:
        return None
    hours = day.calendar.hours_on(day.on)
    if hours is None:
        return Conflict(kind=HOURS, sentence="The location is not open that day.")
    when = span(starts_at, starts_at + lasts, day.calendar.zone)
    is_open = f"{hours.opens:%H:%M}–{hours.closes:%H:%M}"
    sentence = f"The visit would be {when}, and the location is open {is_open}."
    return Conflict(kind=HOURS, sentence=sentence)
