"""What is taken and when the place is open, as bits: one for each five minutes of a day.

A day is one on the location's own clock, with a margin on both sides for the buffers of visits at
its edges. All questions about a day are a few operations on whole numbers of some 400 bits, and no
question looks at more than one day: twice the weeks is twice the work.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Final, NamedTuple, Self, TypeAlias
from zoneinfo import ZoneInfo

from clinic_sessions.domain.booking import grid
from clinic_sessions.domain.booking.asks import Ask, Candidate
from clinic_sessions.domain.places.hours import Calendar, Closure, Hours

MARGIN: Final = 48  # slots: a room's buffers are at most four hours each
MIDNIGHT: Final = time()


class InSlots(NamedTuple):
    """What `Busy` is made of. `end` is the first slot that is not taken any more."""

    kind: str
    resource: str
    first: int
    end: int
    at_most: int


# The same without its name: the store has thousands, and hands them over as it finds them.
AsBusy: TypeAlias = tuple[str, str, int, int, int]


class Busy(InSlots):
    """Somebody has this, with the buffers, and tolerates `at_most` visits there. It is given in
    times and kept in slots."""

    __slots__ = ()

    def __new__(
        cls, kind: str, resource: str, taken_from: datetime, taken_until: datetime, at_most: int
    ) -> Self:
        first, end = grid.slot_of(taken_from), grid.slot_of(taken_until)
        return cls._make((kind, resource, first, end, at_most))

    @property
    def taken_from(self) -> datetime:
        return grid.instant_of(self.first)

    @property
    def taken_until(self) -> datetime:
        return grid.instant_of(self.end)


@dataclass(slots=True)
class Taken:
    """Who is there, slot by slot: `anybody` where one or more are, `several[k]` where k + 2 or
    more are, `within[n]` where somebody is who tolerates n. Mostly it is one alone."""

    anybody: int = 0
    several: list[int] = field(default_factory=list)
    within: dict[int, int] = field(default_factory=dict)

    def add(self, bits: int, at_most: int) -> None:
        self.within[at_most] = self.within.get(at_most, 0) | bits
        second = self.anybody & bits
        self.anybody |= bits
        if second:
            self._pile(second)

    def _pile(self, rising: int) -> None:
        for number, there in enumerate(self.several):
            self.several[number], rising = there | rising, there & rising
            if not rising:
                return
        self.several.append(rising)

    def full_for(self, at_most: int) -> int:
        """Where one more is too many: for themselves, or for one who is there."""
        full = self.at_least(at_most)
        for tolerated, where in self.within.items():
            full |= where & self.at_least(tolerated)
        return full

    def at_least(self, count: int) -> int:
        if count == 1:
            return self.anybody
        return self.several[count - 2] if len(self.several) >= count - 1 else 0

    @property
    def alone(self) -> int:
        """Where somebody is who tolerates nobody else."""
        return self.within.get(1, 0)


NOTHING: Final = Taken()


@dataclass(slots=True)
class Day:
    on: date
    first: int  # the slot of the first bit
    length: int
    midnight: int  # the bit at which the day begins
    open: int
    calendar: Calendar
    closure: Closure | None
    closed: frozenset[str]  # people, things and rooms, while the place itself is open
    everything: int
    taken: dict[tuple[str, str], Taken] = field(default_factory=dict)
    _shifts: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _opens: dict[timedelta, int] = field(default_factory=dict)

    @property
    def last(self) -> int:
        return self.first + self.length

    def bit(self, at: datetime) -> int:
        return grid.slot_of(at) - self.first

    def instant(self, bit: int) -> datetime:
        return grid.instant_of(self.first + bit)

    def between(self, start: int, end: int) -> int:
        """The bits from `start` until `end`, as far as they are of this day."""
        start, end = max(start, 0), min(end, self.length)
        return ((1 << (end - start)) - 1) << start if end > start else 0

    def of(self, kind: str, name: str) -> Taken:
        return self.taken.get((kind, name), NOTHING)

    def opens_for(self, lasts: timedelta) -> int:
        """The bits at which a visit of that length could begin, by the hours of the place."""
        if lasts not in self._opens:
            self._opens[lasts] = runs(self.open, grid.ceil(lasts))
        return self._opens[lasts]

    def stretches_of(self, candidate: Candidate) -> tuple[int, ...]:
        """When they could be here at all: one number a shift, those that touch being one; none when
        closed off."""
        if self.closed and (candidate.name in self.closed or candidate.room in self.closed):
            return ()
        member = candidate.member
        if member is None or not member.shifts:
            return (self.everything,)
        if member.name not in self._shifts:
            self._shifts[member.name] = tuple(map(self.hours_bits, member.hours_on(self.on)))
        return self._shifts[member.name]

    def free_of(self, ask: Ask, candidate: Candidate) -> tuple[int, ...]:
        """When they are here and have room for one more: one number a shift."""
        stretches = self.stretches_of(candidate)
        taken = self.taken.get((ask.kind, candidate.name))
        if taken is None:
            return stretches
        there = ~taken.full_for(candidate.at_most)
        return tuple([stretch & there for stretch in stretches])

    def is_there(self, ask: Ask, candidate: Candidate, bit: int) -> bool:
        """Whether they are at work, and not closed off, for all that is asked of a start."""
        wanted = self.between(bit + ask.start, bit + ask.end)
        return any(there & wanted == wanted for there in self.stretches_of(candidate))

    def hours_bits(self, hours: Hours) -> int:
        opens, closes = hours.instants(self.on, ZoneInfo(self.calendar.zone))
        opening = grid.ceil(opens - grid.EPOCH) - self.first
        return self.between(opening, self.bit(closes))


def runs(free: int, length: int) -> int:
    """The bits from which on `length` bits are set."""
    have = 1
    while have < length:
        step = min(have, length - have)
        free &= free >> step
        have += step
    return free


def union(bits: Iterable[int]) -> int:
    return reduce(or_, bits, 0)


def days_of(calendar: Calendar, first: date, last: date, busy: Iterable[AsBusy] = ()) -> list[Day]:
    """All days from `first` until `last`, both included, with what is taken."""
    days = [_day(calendar, first + timedelta(days=n)) for n in range((last - first).days + 1)]
    _take(days, busy)
    return days


def _day(calendar: Calendar, on: date) -> Day:
    begins, ends = (grid.slot_of(_midnight(calendar, on + timedelta(days=n))) for n in (0, 1))
    length = ends - begins + 2 * MARGIN
    day = Day(
        on=on,
        first=begins - MARGIN,
        length=length,
        everything=(1 << length) - 1,
        midnight=MARGIN,
        open=0,
        calendar=calendar,
        closure=next((c for c in calendar.closures if c.covers(on)), None),
        closed=frozenset(name for c in calendar.closures for name in c.of if c.covers(on, name)),
    )
    hours = calendar.hours_on(on)
    day.open = 0 if hours is None else day.hours_bits(hours)
    return day


def _midnight(calendar: Calendar, on: date) -> datetime:
    return datetime.combine(on, MIDNIGHT, ZoneInfo(calendar.zone))


def _take(days: Sequence[Day], busy: Iterable[AsBusy]) -> None:
    """Thousands at a time: each is looked for where it begins, and nowhere before. What is not of a
    day above its end does no harm, and below it is cut off."""
    begins, ends = [day.first for day in days], [day.last for day in days]
    taken = [day.taken for day in days]
    for kind, resource, first, end, at_most in busy:
        bits, key = (1 << (end - first)) - 1, (kind, resource)
        number = bisect_right(ends, first)
        while number < len(days) and (begin := begins[number]) < end:
            there = taken[number].get(key)
            if there is None:
                there = taken[number][key] = Taken()
            there.add(
                bits << (first - begin) if first >= begin else bits >> (begin - first), at_most
            )
            number += 1
