"""What became of a booking: each change of its time, by whom, when, from where to where."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from clinic_sessions.domain.booking.visit import Visit


@dataclass(frozen=True, slots=True)
class Noted:
    """Who did something, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Placed:
    """A time and what was taken for it."""

    starts_at: datetime
    chair: str | None
    nurse: str | None

    @classmethod
    def of(cls, visit: Visit | None) -> Self | None:
        return None if visit is None else cls(visit.starts_at, visit.chair, visit.nurse)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`what`: booked, rescheduled or cancelled. `reason` is a code: of a cancellation, or of the
    override under which it was made. `overrode` names the rules that one permitted to break.
    `gap_days`: above the protocol's most, to the plan's visits next to it as they were then.
    `short_notice`: the time before was given back too late for anybody else to have it."""

    what: str
    by: str
    at: datetime
    before: Placed | None = None
    after: Placed | None = None
    reason: str | None = None
    overrode: tuple[str, ...] = ()
    gap_days: float = 0.0
    short_notice: bool = False


def booked(visit: Visit, noted: Noted, gap_days: float) -> Change:
    override = visit.override
    return Change(
        what="booked",
        by=noted.by,
        at=noted.at,
        after=Placed.of(visit),
        reason=None if override is None else override.reason,
        overrode=() if override is None else override.rules,
        gap_days=gap_days,
    )


def rescheduled(
    before: Visit | None, after: Visit, noted: Noted, gap_days: float, *, short_notice: bool
) -> Change:
    return Change(
        what="rescheduled",
        by=noted.by,
        at=noted.at,
        before=Placed.of(before),
        after=Placed.of(after),
        gap_days=gap_days,
        short_notice=short_notice,
    )


def cancelled(before: Visit | None, reason: str, noted: Noted, *, short_notice: bool) -> Change:
    return Change(
        what="cancelled",
        by=noted.by,
        at=noted.at,
        before=Placed.of(before),
        reason=reason,
        short_notice=short_notice,
    )
