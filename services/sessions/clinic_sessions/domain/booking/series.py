"""A whole series at once: as many visits as are wanted, each as early as the others allow.

Free starts and the visits that are booked already stand in a row by time. A series is a way along
this row that leaves out no booked visit and whose steps keep the protocol's spacing. From the end
backwards it is known, for every start and every number of visits that are still to come, how early
the last of them can be; with that, the way forwards never has to turn back. The work grows with the
starts times those within one step of spacing times the visits, and a series that exists is found.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final, Self

from clinic_sessions.domain.booking import grid
from clinic_sessions.domain.booking.asks import Ask
from clinic_sessions.domain.errors import NotBookable
from clinic_sessions.domain.protocols.protocol import Spacing

NEVER: Final = datetime.max.replace(tzinfo=UTC)
EVER: Final = NEVER - grid.SLOT  # whenever it is


@dataclass(frozen=True, slots=True)
class Opening:
    """Where by the spacing one more visit could begin, from `since` until `until`, both included.
    It would be the infusion of that `number`."""

    number: int
    since: datetime
    until: datetime


def best_series(
    free: Sequence[datetime], booked: Sequence[datetime], wanted: int, spacing: Spacing
) -> tuple[datetime, ...]:
    """Starts out of `free`, in order: `wanted` of them if that is possible beside those that are
    `booked`, else as many as are. Among equals, whose first is earliest, then the second, ….

    Between two booked visits the spacing is what it is; every step to or from a new one keeps it.
    """
    row = _Row.of(free, booked, spacing)
    row.look_back(wanted)
    for number in range(wanted, 0, -1):
        way = row.way(number)
        if way is not None:
            return tuple(way)
    return ()


def openings(
    times: Sequence[datetime], spacing: Spacing, *, since: datetime, until: datetime
) -> list[Opening]:
    """Where one more visit could begin beside those at `times`, which are in order."""
    if not times:
        return [Opening(1, since, until)] if since <= until else []
    since, until = max(since, times[-1] - spacing.within), min(until, times[0] + spacing.within)
    pairs = pairwise([None, *times, None])
    found = (_opening(n, pair, spacing, since, until) for n, pair in enumerate(pairs, start=1))
    return [opening for opening in found if opening is not None]


def _opening(
    number: int,
    between: tuple[datetime | None, datetime | None],
    spacing: Spacing,
    since: datetime,
    until: datetime,
) -> Opening | None:
    before, then = between
    if before is not None:
        since, until = max(since, before + spacing.least), min(until, before + spacing.most)
    if then is not None:
        since, until = max(since, then - spacing.most), min(until, then - spacing.least)
    return Opening(number, since, until) if since <= until else None


def apart(spacing: Spacing, least: timedelta | None, most: timedelta | None) -> Spacing:
    """The spacing as somebody wishes it, within the protocol's own. Raises NotBookable."""
    wished = replace(spacing, least=least or spacing.least, most=most or spacing.most)
    if not spacing.least <= wished.least <= wished.most <= spacing.most:
        hours = [bound.total_seconds() / 3600 for bound in (spacing.least, spacing.most)]
        sentence = f"The protocol has {hours[0]:g} to {hours[1]:g} hours between two infusions."
        raise NotBookable("spacing", sentence)
    return wished


def seated_apart(spacing: Spacing, asks: Sequence[Ask]) -> Spacing:
    """With room for all that a visit takes up, so that two of one series never want one seat."""
    candidates = [(ask, one) for ask in asks for one in ask.candidates]
    begins = min((ask.start - one.before for ask, one in candidates), default=0)
    ends = max((ask.end + one.after for ask, one in candidates), default=0)
    return replace(spacing, least=max(spacing.least, (ends - begins) * grid.SLOT))


@dataclass(frozen=True, slots=True)
class _Steps:
    """What may follow: the new visits from `first` until `last`, not included, or `booked`. Where
    nothing that is booked is left, the way `may_end`."""

    first: int
    last: int
    booked: int | None
    may_end: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """`times` in order, `booked` are the places in it of those that are. `ends[n][i]`: how early a
    way from `i` on, over `n` new visits and all that are booked, can end."""

    times: Sequence[datetime]
    booked: Sequence[int]
    spacing: Spacing
    steps: list[_Steps] = field(default_factory=list)
    ends: list[list[datetime]] = field(default_factory=list)

    @classmethod
    def of(cls, free: Sequence[datetime], booked: Sequence[datetime], spacing: Spacing) -> Self:
        latest = min(booked) + spacing.within if booked else EVER
        times = sorted({start for start in free if start <= latest} | set(booked))
        places = [bisect_left(times, at) for at in sorted(booked)]
        return cls(times=times, booked=places, spacing=spacing)

    def look_back(self, wanted: int) -> None:
        everyone = range(len(self.times))
        self.steps.extend(self._steps_from(place) for place in everyone)
        for left in range(wanted + 1):
            self.ends.append([NEVER] * len(self.times))
            for place in reversed(everyone):
                self.ends[left][place] = self._end(place, left)

    def way(self, wanted: int) -> list[datetime] | None:
        """The new visits of the earliest way over so many of them. It begins at the first booked
        visit at the latest."""
        for place in range(self.booked[0] + 1 if self.booked else len(self.times)):
            is_new = place not in self.booked
            limit = self.times[place] + self.spacing.within if is_new else EVER
            if self.ends[wanted - is_new][place] <= limit:
                way = self._followed(place, wanted - is_new, limit)
                return [self.times[n] for n in way if n not in self.booked]
        return None

    def _end(self, place: int, left: int) -> datetime:
        steps = self.steps[place]
        if left == 0 and steps.may_end:
            return self.times[place]
        new = self.ends[left - 1][steps.first : steps.last] if left else []
        booked = [] if steps.booked is None else [self.ends[left][steps.booked]]
        return min([*new, *booked], default=NEVER)

    def _steps_from(self, place: int) -> _Steps:
        at, spacing = self.times[place], self.spacing
        first = bisect_left(self.times, at + spacing.least, lo=place + 1)
        last = bisect_right(self.times, at + spacing.most, lo=place + 1)
        number = bisect_right(self.booked, place)
        if number == len(self.booked):
            return _Steps(first, last, None, may_end=True)
        booked = self.booked[number]
        may_follow = place in self.booked or first <= booked < last
        return _Steps(first, min(last, booked), booked if may_follow else None, may_end=False)

    def _followed(self, place: int, left: int, limit: datetime) -> Iterator[int]:
        """From `place` on, always to the first from where the rest can be done by the limit."""
        yield place
        while left or not self.steps[place].may_end:
            steps = self.steps[place]
            new = range(steps.first, steps.last) if left else range(0)
            in_time = (n for n in new if self.ends[left - 1][n] <= limit)
            following = next(in_time, steps.booked)
            assert following is not None, "There is a way from here."
            place, left = following, left - (following not in self.booked)
            yield place
