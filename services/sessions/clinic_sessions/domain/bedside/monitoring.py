"""When readings are due, which of them there are, and where nobody has looked. Pure.

A pause of the infusion changes nothing here: the drug still acts, and the patient is watched.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from clinic_sessions.domain.protocols.protocol import Monitoring

DueState: TypeAlias = Literal["done", "upcoming", "due", "late", "overdue"]


@dataclass(frozen=True, slots=True)
class Caution:
    """A stretch in which an alarm about the patient is open. `until` None: it still is."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What the dues follow from. Nothing is due after `closed_at`."""

    started_at: datetime
    ended_at: datetime | None = None
    closed_at: datetime | None = None
    cautions: tuple[Caution, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A protocol's monitoring, and how often readings are due while caution holds."""

    monitoring: Monitoring
    caution_every: timedelta

    def dues(self, of: Timeline, *, until: datetime) -> list[datetime]:
        """In order: at fixed points, at the end of dosing, and in between at the cadence.

        While caution holds its cadence takes the place of the protocol's. A due of a cadence that
        is nearer to a fixed point than what counts as late is left out: one reading serves both.
        """
        last = until if of.closed_at is None else min(until, of.closed_at)
        fixed = [at for at in self._fixed(of) if at <= last]
        margin = self.monitoring.late_after
        regular = (at for at in self._regular(of, last) if not _is_near(at, fixed, margin))
        return sorted({*fixed, *regular})

    def interval_at(self, at: datetime, of: Timeline) -> timedelta:
        if any(_holds(caution, at) for caution in of.cautions):
            return self.caution_every
        has_ended = of.ended_at is not None and at >= of.ended_at
        return self.monitoring.after_every if has_ended else self.monitoring.during_every

    def _fixed(self, of: Timeline) -> Iterator[datetime]:
        for after in self.monitoring.at:
            yield of.started_at + after
        if of.ended_at is not None:
            yield of.ended_at

    def _regular(self, of: Timeline, last: datetime) -> Iterator[datetime]:
        ended = of.ended_at
        during = last if ended is None else min(last, ended)
        grid = [*_every(self.monitoring.during_every, of.started_at, during)]
        if ended is not None:
            grid += _every(self.monitoring.after_every, ended, last)
        for at in grid:
            if not any(_holds(caution, at) for caution in of.cautions):
                yield at
        for caution in of.cautions:
            end = last if caution.until is None else min(last, caution.until)
            for at in _every(self.caution_every, caution.since, end):
                if at > of.started_at:
                    yield at


def answered(dues: Sequence[datetime], of: Timeline, at: datetime) -> datetime | None:
    """The due that a reading of that time answers: the nearest, the earlier of two as near.

    None for one that is nearest to the start of dosing or of caution, which it belongs to.
    """
    if at <= of.started_at:
        return None
    beginnings = {of.started_at, *(caution.since for caution in of.cautions)}
    points = sorted({*dues, *(b for b in beginnings if b >= of.started_at)})
    place = bisect_left(points, at)
    near = points[max(place - 1, 0) : place + 1]
    nearest = min(near, key=lambda point: (abs(point - at), point))
    return nearest if nearest in dues else None


def done(
    dues: Sequence[datetime], of: Timeline, taken: Iterable[datetime]
) -> dict[datetime, datetime]:
    """Each due that was answered, and the reading nearest to it. In whatever order they came."""
    answers: dict[datetime, datetime] = {}
    for at in taken:
        due = answered(dues, of, at)
        if due is not None and _is_nearer(at, answers.get(due), due):
            answers[due] = at
    return answers


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
    read = done(dues, of, taken)
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


def _every(interval: timedelta, since: datetime, until: datetime) -> Iterator[datetime]:
    at = since + interval
    while at <= until:
        yield at
        at += interval


def _holds(caution: Caution, at: datetime) -> bool:
    return caution.since < at and (caution.until is None or at <= caution.until)


def _is_near(at: datetime, points: Iterable[datetime], margin: timedelta) -> bool:
    return any(abs(at - point) < margin for point in points)


def _is_nearer(at: datetime, known: datetime | None, due: datetime) -> bool:
    return known is None or (abs(at - due), at) < (abs(known - due), known)
