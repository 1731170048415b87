"""When readings are due. Pure.

A pause of the infusion changes nothing here: the drug still acts, and the patient is watched.
"""

from collections.abc import Iterable, Iterator, Sequence
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

        While caution holds its cadence takes the place of the protocol's, due by due. A due of a
        cadence that is nearer to a fixed point than what counts as late is left out: one reading
        serves both. So neighbouring dues are never further apart than the protocol's cadence, and
        than what counts as late where one of them serves two.
        """
        last = until if of.closed_at is None else min(until, of.closed_at)
        fixed = [at for at in self._fixed(of) if at <= last]
        margin = self.monitoring.late_after
        regular = (at for at in self._regular(of, last, fixed) if not _is_near(at, fixed, margin))
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

    def _regular(
        self, of: Timeline, last: datetime, fixed: Sequence[datetime]
    ) -> Iterator[datetime]:
        grid = self._grid(of, last)
        replaced = {
            caution: [at for at in grid if self._takes_its_place(caution, at, fixed)]
            for caution in of.cautions
        }
        yield from {*grid} - {at for those in replaced.values() for at in those}
        for caution, those in replaced.items():
            end = last if caution.until is None else self._last_of(caution, caution.until, those)
            for at in _every(self.caution_every, caution.since, min(last, end)):
                if at > of.started_at:
                    yield at

    def _grid(self, of: Timeline, last: datetime) -> list[datetime]:
        """What the protocol's cadence asks for, whatever alarms."""
        ended = of.ended_at
        during = last if ended is None else min(last, ended)
        grid = [*_every(self.monitoring.during_every, of.started_at, during)]
        if ended is not None:
            grid += _every(self.monitoring.after_every, ended, last)
        return grid

    def _takes_its_place(self, caution: Caution, at: datetime, fixed: Sequence[datetime]) -> bool:
        """Whether caution asks for a reading before this due would count as late. It follows from
        when caution began, not from when it ends: what was not due is not due all at once."""
        margin, first = self.monitoring.late_after, caution.since + self.caution_every
        is_soon = first - at < margin and not _is_near(first, fixed, margin)
        return _holds(caution, at) and (first <= at or is_soon)

    def _last_of(self, caution: Caution, until: datetime, replaced: Sequence[datetime]) -> datetime:
        """The next reading after its end is still due where it takes the place of another."""
        if not replaced:
            return until
        steps = -((caution.since - replaced[-1]) // self.caution_every)  # rounded up
        return max(until, caution.since + steps * self.caution_every)


def _every(interval: timedelta, since: datetime, until: datetime) -> Iterator[datetime]:
    at = since + interval
    while at <= until:
        yield at
        at += interval


def _holds(caution: Caution, at: datetime) -> bool:
    return caution.since < at and (caution.until is None or at <= caution.until)


def _is_near(at: datetime, points: Iterable[datetime], margin: timedelta) -> bool:
    return any(abs(at - point) < margin for point in points)
