"""What is shown of what is due: how each reading stands, and where nobody has looked. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from clinic_sessions.domain.bedside.answering import done
from clinic_sessions.domain.bedside.monitoring import Schedule, Timeline

DueState: TypeAlias = Literal["done", "upcoming", "due", "late", "overdue"]


@dataclass(frozen=True, slots=True)
class Expected:
    """A reading that is due, and how it stands."""

    due_at: datetime
    state: DueState
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which nobody has looked for longer than was due. `until` None: it lasts."""

    since: datetime
    until: datetime | None


def due_list(
    schedule: Schedule, of: Timeline, taken: Sequence[datetime], *, now: datetime
) -> list[Expected]:
    """Everything due until now, and the next."""
    horizon = now + max(schedule.monitoring.during_every, schedule.monitoring.after_every)
    dues = schedule.dues(of, until=horizon)
    read = done(schedule, of, taken, until=horizon)
    shown = dues[: bisect_right(dues, now) + 1]
    return [Expected(at, _state(schedule, at, read.get(at), now), read.get(at)) for at in shown]


def gaps(
    schedule: Schedule, of: Timeline, taken: Iterable[datetime], *, now: datetime
) -> list[Gap]:
    """Neighbouring readings further apart than was due, and what counts as late."""
    closed = of.closed_at is not None and of.closed_at <= now
    end = of.closed_at if closed and of.closed_at is not None else now
    looked = sorted({of.started_at, *(at for at in taken if of.started_at < at < end)})
    margin = schedule.monitoring.late_after
    return [
        Gap(since, until if until != end or closed else None)
        for since, until in zip(looked, [*looked[1:], end], strict=True)
        if until - since > schedule.interval_at(since, of) + margin
    ]


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
