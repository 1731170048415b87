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
from functools import partial
from itertools import pairwise
from typing import Final, Self

from clinic_sessions.domain.booking import grid
from clinic_sessions.domain.booking.asks import Ask
from clinic_sessions.domain.errors import NotBookable
from clinic_sessions.domain.protocols.protocol import Spacing, Stage

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

    Between two booked visits the spacing is what it is, unless new ones before them move them into
    another stage of it; every step to or from a new one keeps it.
    """
    row = _Row.of(free, booked, wanted, spacing)
    for number in range(wanted, 0, -1):
        if spacing.stages and number < wanted:  # which infusion is the how-manieth has changed
            row = _Row.of(free, booked, number, spacing)
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
    return [one for one in found if one is not None and _moves_none(one.number, times, spacing)]


def _moves_none(number: int, times: Sequence[datetime], spacing: Spacing) -> bool:
    """Whether those behind a new infusion of this number, each of which has one number more then,
    are still far enough apart."""
    behind = enumerate(pairwise(times[number - 1 :]), start=number + 1)
    return all(_may_be(after - before, old, old + 1, spacing) for old, (before, after) in behind)


def _may_be(apart: timedelta, old: int, new: int, spacing: Spacing) -> bool:
    """Whether a step that is as it is may lead to infusion `new`, and not to `old` any more."""
    stage = spacing.step_to(new)
    return stage == spacing.step_to(old) or apart >= stage.least


def _opening(
    number: int,
    between: tuple[datetime | None, datetime | None],
    spacing: Spacing,
    since: datetime,
    until: datetime,
) -> Opening | None:
    before, then = between
    step, following = spacing.step_to(number), spacing.step_to(number + 1)
    if before is not None:
        since, until = max(since, before + step.least), min(until, before + step.most)
    if then is not None:
        since, until = max(since, then - following.most), min(until, then - following.least)
    return Opening(number, since, until) if since <= until else None


def apart(spacing: Spacing, least: timedelta | None, most: timedelta | None) -> Spacing:
    """The spacing as somebody wishes it, within the protocol's own. A stage that the wish does not
    meet keeps its own bounds; a wish that is within none raises NotBookable."""
    if not any(_holds(stage, least, most) for stage in spacing.all_stages):
        bounds = ", ".join(map(_in_words, spacing.all_stages))
        raise NotBookable("spacing", f"The protocol has {bounds} hours between two infusions.")
    return spacing.changed(partial(_narrowed, least=least, most=most))


def _holds(stage: Stage, least: timedelta | None, most: timedelta | None) -> bool:
    return stage.least <= (least or stage.least) <= (most or stage.most) <= stage.most


def _narrowed(stage: Stage, *, least: timedelta | None, most: timedelta | None) -> Stage:
    least, most = max(stage.least, least or stage.least), min(stage.most, most or stage.most)
    return replace(stage, least=least, most=most) if least <= most else stage


def _in_words(stage: Stage) -> str:
    least, most = (bound.total_seconds() / 3600 for bound in (stage.least, stage.most))
    since = "" if stage.from_infusion == 1 else f"from number {stage.from_infusion} on "
    return f"{since}{least:g} to {most:g}"


def seated_apart(spacing: Spacing, asks: Sequence[Ask]) -> Spacing:
    """With room for all that a visit takes up, so that two of one series never want one seat."""
    candidates = [(ask, one) for ask in asks for one in ask.candidates]
    begins = min((ask.start - one.before for ask, one in candidates), default=0)
    ends = max((ask.end + one.after for ask, one in candidates), default=0)
    room = (ends - begins) * grid.SLOT
    return spacing.changed(lambda stage: replace(stage, least=max(stage.least, room)))


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
    """`times` in order, `booked` are the places in it of those that are; `infusions` with as many
    new ones as are wanted. `steps[n][i]` and `ends[n][i]`: what may follow, and how early a way can
    end, from `i` on over `n` new visits and all that are booked."""

    times: Sequence[datetime]
    booked: Sequence[int]
    infusions: int
    spacing: Spacing
    steps: list[Sequence[_Steps]] = field(default_factory=list)
    ends: list[list[datetime]] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        free: Sequence[datetime],
        booked: Sequence[datetime],
        wanted: int,
        spacing: Spacing,
    ) -> Self:
        latest = min(booked) + spacing.within if booked else EVER
        times = sorted({start for start in free if start <= latest} | set(booked))
        places = [bisect_left(times, at) for at in sorted(booked)]
        row = cls(times=times, booked=places, infusions=wanted + len(places), spacing=spacing)
        row.look_back(wanted)
        return row

    def look_back(self, wanted: int) -> None:
        everyone = range(len(self.times))
        for left in range(wanted + 1):
            is_as_before = left > 0 and not self.spacing.stages
            steps = self.steps[0] if is_as_before else [self._steps_from(n, left) for n in everyone]
            self.steps.append(steps)
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
        steps = self.steps[left][place]
        if left == 0 and steps.may_end:
            return self.times[place]
        new = self.ends[left - 1][steps.first : steps.last] if left else []
        booked = [] if steps.booked is None else [self.ends[left][steps.booked]]
        return min([*new, *booked], default=NEVER)

    def _steps_from(self, place: int, left: int) -> _Steps:
        """What follows one that has `left` new ones behind it: so its number is known."""
        passed = bisect_right(self.booked, place)
        number = self.infusions - left - (len(self.booked) - passed)
        at, stage = self.times[place], self.spacing.step_to(number + 1)
        first = bisect_left(self.times, at + stage.least, lo=place + 1)
        last = bisect_right(self.times, at + stage.most, lo=place + 1)
        if passed == len(self.booked):
            return _Steps(first, last, None, may_end=True)
        booked = self.booked[passed]
        may_follow = first <= booked < last
        if place in self.booked:
            is_apart = self.times[booked] - at
            may_follow = _may_be(is_apart, passed + 1, number + 1, self.spacing)
        return _Steps(first, min(last, booked), booked if may_follow else None, may_end=False)

    def _followed(self, place: int, left: int, limit: datetime) -> Iterator[int]:
        """From `place` on, always to the first from where the rest can be done by the limit."""
        yield place
        while left or not self.steps[left][place].may_end:
            steps = self.steps[left][place]
            new = range(steps.first, steps.last) if left else range(0)
            in_time = (n for n in new if self.ends[left - 1][n] <= limit)
            following = next(in_time, steps.booked)
            assert following is not None, "There is a way from here."
            place, left = following, left - (following not in self.booked)
            yield place
