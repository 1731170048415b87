"""What is shown of what is due: how each reading stands, and where nobody has looked. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from clinic_sessions.domain.bedside.answering import answered_by, found_for, times_of
from clinic_sessions.domain.bedside.monitoring import Schedule, Timeline
from clinic_sessions.domain.bedside.reading import Look

DueState: TypeAlias = Literal["done", "upcoming", "due", "late", "overdue"]


@dataclass(frozen=True, slots=True)
class Expected:
    """A reading that is due, and how it stands."""

    due_at: datetime
    state: DueState
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which something that is needed was not read for longer than was due. `until`
    None: it lasts."""

    since: datetime
    until: datetime | None


def due_list(
    schedule: Schedule, of: Timeline, looks: Sequence[Look], *, now: datetime
) -> list[Expected]:
    """Everything due until now, and the next."""
    horizon = now + max(schedule.monitoring.during_every, schedule.monitoring.after_every)
    dues = schedule.dues(of, until=horizon)
    read = answered_by(schedule, found_for(schedule, of, looks, until=horizon))
    shown = dues[: bisect_right(dues, now) + 1]
    return [Expected(at, _state(schedule, at, read.get(at), now), read.get(at)) for at in shown]


def gaps(schedule: Schedule, of: Timeline, looks: Sequence[Look], *, now: datetime) -> list[Gap]:
    """Where neighbouring readings of what is needed are further apart than was due, and what counts
    as late. A device that sends one parameter by the second hides no gap in another."""
    closed = of.closed_at is not None and of.closed_at <= now
    end = of.closed_at if closed and of.closed_at is not None else now
    needed = {times_of(name, looks) for name in schedule.monitoring.needs}
    found = {gap for taken in needed for gap in _apart(schedule, of, taken, end)}
    return [
        Gap(since, until if until != end or closed else None) for since, until in _merged(found)
    ]


def _apart(
    schedule: Schedule, of: Timeline, taken: Iterable[datetime], end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    looked = sorted({of.started_at, *(at for at in taken if of.started_at < at < end)})
    margin = schedule.monitoring.late_after
    for since, until in zip(looked, [*looked[1:], end], strict=True):
        if until - since > schedule.interval_at(since, of) + margin:
            yield since, until


def _merged(stretches: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Those that overlap are one; those that only meet stay two: somebody looked between them."""
    merged: list[tuple[datetime, datetime]] = []
    for since, until in sorted(stretches):
        if merged and since < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(until, merged[-1][1]))
        else:
            merged.append((since, until))
    return merged


def _state(
    schedule: Schedule, due_at: datetime, read_at: datetime | None, now: datetime
) -> DueState:
    if read_at is not None:
        return "done"
    if now < due_at:
        return "upcoming"
    monitoring = schedule.monitoring
    if now >= due_at + monitoring.escalate_after:
        return "overdue"
    return "late" if now >= due_at + monitoring.late_after else "due"
