"""When readings are due. Pure.

A pause of the infusion changes nothing here: the drug still acts, and the patient is watched.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from clinic_sessions.domain.protocols.protocol import Monitoring


@dataclass(frozen=True, slots=True)
class Caution:
    """A stretch in which an alarm about the patient is open. `until` None: it still is."""

    since: datetime
    until: datetime | None = None

    def as_of(self, at: datetime) -> Self:
        return self if self.until is None or self.until <= at else replace(self, until=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What the dues follow from. Nothing is due after `closed_at`."""

    started_at: datetime
    ended_at: datetime | None = None
    closed_at: datetime | None = None
    cautions: tuple[Caution, ...] = ()

    @property
    def changes(self) -> list[datetime]:
        """When it became another: cautions began and ended, and dosing ended."""
        turns = {
            self.ended_at,
            *(c.since for c in self.cautions),
            *(c.until for c in self.cautions),
        }
        return sorted(turn for turn in turns if turn is not None)

    def as_of(self, at: datetime) -> Self:
        """As it was known then, but for when it was closed: nothing is due after that."""
        begun = (caution for caution in self.cautions if caution.since <= at)
        ended_at = None if self.ended_at is None or self.ended_at > at else self.ended_at
        return replace(self, ended_at=ended_at, cautions=tuple(one.as_of(at) for one in begun))


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


def _every(interval: timedelta, since: datetime, until: datetime) -> Iterator[datetime]:
    at = since + interval
    while at <= until:
        yield at
        at += interval


def _holds(caution: Caution, at: datetime) -> bool:
    return caution.since < at and (caution.until is None or at <= caution.until)


def _is_near(at: datetime, points: Iterable[datetime], margin: timedelta) -> bool:
    return any(abs(at - point) < margin for point in points)
