"""What becomes of a plan's visits when some of them cannot be where they are.

The visits keep their order: nobody's third infusion becomes the second. Each stays, moves to a free
start, or is lost. Never is one closer to another than the protocol's least: each keeps the number
it has, and with that its stage of the spacing, for what is lost is to be booked anew. What a way
of doing it costs is counted in this order: visits that are lost, visits that begin after the days
the series is to be done within, time beyond the most between two, visits that are moved, how far
they are moved. The cheapest is found: where a repair is possible that costs nothing clinically, it
is one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Final, NamedTuple, Self

from clinic_sessions.domain.booking.grid import EPOCH
from clinic_sessions.domain.protocols.protocol import Spacing, Stage

NONE: Final = timedelta()


class Cost(NamedTuple):
    """Compared from the left. `outside`: how many begin after the series should be done;
    `beyond`: time between two infusions above the most, of all steps together."""

    lost: int = 0
    outside: int = 0
    beyond: timedelta = NONE
    moved: int = 0
    distance: timedelta = NONE

    def plus(self, other: "Cost") -> "Cost":
        return Cost(
            self.lost + other.lost,
            self.outside + other.outside,
            self.beyond + other.beyond,
            self.moved + other.moved,
            self.distance + other.distance,
        )


NO_COST: Final = Cost()


@dataclass(frozen=True, slots=True)
class Remaining:
    """A booked visit; `may_stay` where nothing is in the way of it as it is."""

    id: str
    starts_at: datetime
    may_stay: bool


@dataclass(frozen=True, slots=True)
class Repair:
    """The start of each visit by its id, None for one that is lost."""

    starts: Mapping[str, datetime | None]
    cost: Cost


class _Way(NamedTuple):
    """The starts of the visits from one on, None for each that is lost, and what they cost."""

    cost: Cost
    starts: tuple[datetime | None, ...]

    def costing(self, more: Cost) -> Self:
        return self._replace(cost=self.cost.plus(more))


def best_repair(
    visits: Sequence[Remaining],
    free: Sequence[datetime],
    before: Sequence[datetime],
    spacing: Spacing,
    broken_off: Sequence[datetime] = (),
) -> Repair:
    """`visits` in the order of their starts; `before`: the plan's visits that have begun, in order.

    A start is free for any of them. One that may stay has its own start, too. From a visit that was
    `broken_off` although it was dosed the next one is as far as from an infusion.
    """
    search = _Search.of(visits, free, spacing, begun=len(before))
    if before:
        last = max([before[-1], *broken_off])
        way = search.after(last, search.ways(before[0] + spacing.within))
    else:
        way = search.without_any_before()
    ids = [visit.id for visit in visits]
    return Repair(dict(zip(ids, way.starts, strict=True)), way.cost)


_cost: Final = attrgetter("cost")


@dataclass(frozen=True, slots=True)
class _Ways:
    """For each start the cheapest way whose first visit is there, None where there is no way; and
    the way on which all are lost."""

    at: list[_Way | None]
    nowhere: _Way


@dataclass(frozen=True, slots=True)
class _Search:
    visits: Sequence[Remaining]
    free: frozenset[datetime]
    times: Sequence[datetime]
    spacing: Spacing
    begun: int

    @classmethod
    def of(
        cls,
        visits: Sequence[Remaining],
        free: Sequence[datetime],
        spacing: Spacing,
        *,
        begun: int,
    ) -> Self:
        """`begun`: how many infusions there are before the first of `visits`."""
        stays = {visit.starts_at for visit in visits if visit.may_stay}
        return cls(visits, frozenset(free), sorted(stays | set(free)), spacing, begun)

    def ways(self, limit: datetime | None) -> _Ways:
        """From the last visit backwards. Whatever begins after `limit` is outside."""
        ways = _Ways([None] * len(self.times), _Way(NO_COST, ()))
        numbered = [*enumerate(self.visits, start=self.begun + 1)]
        for number, visit in reversed(numbered):
            ways = self._with(visit, ways, limit, self.spacing.step_to(number + 1))
        return ways

    def without_any_before(self) -> _Way:
        """The series begins with whichever visit is the first. The cheapest beginnings are tried
        first, until none is left that could be cheaper than what was found."""
        hopes = self.ways(None)
        best = hopes.nowhere
        begun = [(self._hoped(n, way), n) for n, way in enumerate(hopes.at) if way is not None]
        for hoped, number in sorted(begun):
            if hoped >= best.cost:
                break
            way = self.ways(self.times[number] + self.spacing.within).at[number]
            assert way is not None, "With a limit it costs more, and is as possible."
            best = min(best, way, key=_cost)
        return best

    def _hoped(self, number: int, way: _Way) -> Cost:
        """No way that begins there costs less: as if the series had no end, and what is outside at
        least when none is lost."""
        if way.cost.lost:
            return way.cost
        return way.cost.plus(Cost(outside=len(self.visits) - self._in_time(number)))

    def _in_time(self, number: int) -> int:
        """How many visits can begin before the series ends, each as early as the one before it lets
        it."""
        limit = self.times[number] + self.spacing.within
        for placed, visit in enumerate(self.visits[1:], start=1):
            least = self.spacing.step_to(placed + 1).least
            first = bisect_left(self.times, self.times[number] + least)
            later = range(first, bisect_right(self.times, limit))
            can = (n for n in later if self._placing(visit, self.times[n], None) is not None)
            number = next(can, len(self.times))
            if number == len(self.times):
                return placed
        return len(self.visits)

    def after(self, before: datetime, ways: _Ways) -> _Way:
        step = self.spacing.step_to(self.begun + 1)
        return self._following(before, ways, _from_the_end(self.times, ways), step)

    def _with(self, visit: Remaining, ways: _Ways, limit: datetime | None, step: Stage) -> _Ways:
        """`step`: what holds from this visit to the next one that is not lost."""
        far = _from_the_end(self.times, ways)
        at: list[_Way | None] = []
        for number, start in enumerate(self.times):
            skipped = ways.at[number]
            choices = [] if skipped is None else [_lost(skipped)]
            placed = self._placing(visit, start, limit)
            if placed is not None:
                way = self._following(start, ways, far, step).costing(placed)
                choices.append(way._replace(starts=(start, *way.starts)))
            at.append(min(choices, key=_cost, default=None))
        return _Ways(at, _lost(ways.nowhere))

    def _placing(self, visit: Remaining, start: datetime, limit: datetime | None) -> Cost | None:
        outside = int(limit is not None and start > limit)
        if visit.may_stay and start == visit.starts_at:
            return Cost(outside=outside)
        if start in self.free:
            return Cost(outside=outside, moved=1, distance=abs(start - visit.starts_at))
        return None

    def _following(
        self, start: datetime, ways: _Ways, far: Sequence[_Way | None], step: Stage
    ) -> _Way:
        """The cheapest way on from a visit at `start`: near enough, too late, or not at all."""
        first = bisect_left(self.times, start + step.least)
        last = bisect_right(self.times, start + step.most)
        choices = [way for way in ways.at[first:last] if way is not None]
        late = far[max(first, last)]
        if late is not None:
            choices.append(late.costing(Cost(beyond=EPOCH - start - step.most)))
        return min([*choices, ways.nowhere], key=_cost)


def _from_the_end(times: Sequence[datetime], ways: _Ways) -> list[_Way | None]:
    """For each start the cheapest of the ways from there or later, as if all that is before them
    were too much: what is not, is taken off by whoever knows where the step begins."""
    found: list[_Way | None] = [None]
    for start, way in zip(reversed(times), reversed(ways.at), strict=True):
        late = [] if way is None else [way.costing(Cost(beyond=start - EPOCH))]
        later = [] if found[-1] is None else [found[-1]]
        found.append(min([*late, *later], key=_cost, default=None))
    return found[::-1]


def _lost(way: _Way) -> _Way:
    return _Way(way.cost.plus(Cost(lost=1)), (None, *way.starts))
