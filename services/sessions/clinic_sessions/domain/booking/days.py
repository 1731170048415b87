"""What is taken and when the place is open, as bits: one for each five minutes of a day.

A day is one on the location's own clock, with a margin on both sides for the buffers of visits at
its edges. All questions about a day are a few operations on whole numbers of some 400 bits, and no
question looks at more than one day: twice the weeks is twice the work.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from clinic_sessions.domain.booking import grid
from clinic_sessions.domain.booking.asks import Ask, Candidate
from clinic_sessions.domain.places.hours import Calendar, Closure, Hours
from clinic_sessions.domain.places.staff import Member

MARGIN: Final = 48  # slots: a room's buffers are at most four hours each
MIDNIGHT: Final = time()


class Busy(NamedTuple):
    """Somebody has this, with the buffers, and tolerates `at_most` visits there."""

    kind: str
    resource: str
    taken_from: datetime
    taken_until: datetime
    at_most: int


@dataclass(slots=True)
class Taken:
    """Who is there, slot by slot: `at_least[k]` where k + 1 or more are, `within[n]` where somebody
    is who tolerates n."""

    at_least: list[int] = field(default_factory=list)
    within: dict[int, int] = field(default_factory=dict)

    def add(self, bits: int, at_most: int) -> None:
        rising = bits
        for number, there in enumerate(self.at_least):
            self.at_least[number], rising = there | rising, there & rising
        if rising:
            self.at_least.append(rising)
        self.within[at_most] = self.within.get(at_most, 0) | bits

    def full_for(self, at_most: int) -> int:
        """Where one more is too many: for themselves, or for one who is there."""
        full = self.at_least[at_most - 1] if len(self.at_least) >= at_most else 0
        for tolerated, where in self.within.items():
            if len(self.at_least) >= tolerated:
                full |= where & self.at_least[tolerated - 1]
        return full

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
    taken: dict[tuple[str, str], Taken] = field(default_factory=dict)
    _there: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _opens: dict[int, int] = field(default_factory=dict)

    @property
    def everything(self) -> int:
        return (1 << self.length) - 1

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

    def opens_for(self, length: int) -> int:
        """The bits at which a visit of that length could begin, by the hours of the place."""
        if length not in self._opens:
            self._opens[length] = runs(self.open, length)
        return self._opens[length]

    def stretches_of(self, ask: Ask, candidate: Candidate) -> tuple[int, ...]:
        """When they could be here at all: one number a shift; none when closed off."""
        key = f"{ask.kind}/{candidate.name}/{candidate.member is None}"
        if key not in self._there:
            names = (candidate.name, *((candidate.room,) if candidate.room else ()))
            closures = self.calendar.closures
            is_closed = any(c.covers(self.on, name) for c in closures for name in names)
            there = () if is_closed else self._shifts(candidate.member)
            self._there[key] = there
        return self._there[key]

    def starts_for(self, ask: Ask, candidate: Candidate) -> int:
        """The bits at which a visit could begin, as far as this candidate is concerned."""
        full = self.of(ask.kind, candidate.name).full_for(candidate.at_most)
        first, last = ask.start - candidate.before, ask.end + candidate.after
        found = 0
        for stretch in self.stretches_of(ask, candidate):
            found |= runs(stretch & ~full, last - first)
        return found >> first if first >= 0 else found << -first

    def is_there(self, ask: Ask, candidate: Candidate, bit: int) -> bool:
        """Whether they are at work, and not closed off, for all that is asked of a start."""
        wanted = self.between(bit + ask.start, bit + ask.end)
        return any(there & wanted == wanted for there in self.stretches_of(ask, candidate))

    def hours_bits(self, hours: Hours) -> int:
        zone = ZoneInfo(self.calendar.zone)
        opens = datetime.combine(self.on, hours.opens, zone)
        closes = datetime.combine(self.on, hours.closes, zone).replace(fold=1)
        opening = grid.ceil(opens - grid.EPOCH) - self.first
        return self.between(opening, self.bit(closes))

    def _shifts(self, member: Member | None) -> tuple[int, ...]:
        if member is None or not member.shifts:
            return (self.everything,)
        return tuple(self.hours_bits(s.hours) for s in member.shifts if s.is_on(self.on))


def runs(free: int, length: int) -> int:
    """The bits from which on `length` bits are set."""
    have = 1
    while have < length:
        step = min(have, length - have)
        free &= free >> step
        have += step
    return free


def days_of(calendar: Calendar, first: date, last: date, busy: Iterable[Busy] = ()) -> list[Day]:
    """All days from `first` until `last`, both included, with what is taken."""
    days = [_day(calendar, first + timedelta(days=n)) for n in range((last - first).days + 1)]
    _take(days, busy)
    return days


def _day(calendar: Calendar, on: date) -> Day:
    begins, ends = (grid.slot_of(_midnight(calendar, on + timedelta(days=n))) for n in (0, 1))
    day = Day(
        on=on,
        first=begins - MARGIN,
        length=ends - begins + 2 * MARGIN,
        midnight=MARGIN,
        open=0,
        calendar=calendar,
        closure=next((c for c in calendar.closures if c.covers(on)), None),
    )
    hours = calendar.hours_on(on)
    day.open = 0 if hours is None else day.hours_bits(hours)
    return day


def _midnight(calendar: Calendar, on: date) -> datetime:
    return datetime.combine(on, MIDNIGHT, ZoneInfo(calendar.zone))


def _take(days: Sequence[Day], busy: Iterable[Busy]) -> None:
    """Thousands at a time: a time that is met again is not reckoned again."""
    ends = [day.last for day in days]
    known: dict[datetime, int] = {}
    for kind, resource, taken_from, taken_until, at_most in busy:
        start, end = known.get(taken_from), known.get(taken_until)
        if start is None:
            start = known[taken_from] = grid.slot_of(taken_from)
        if end is None:  # seats are taken on the grid
            end = known[taken_until] = grid.slot_of(taken_until)
        number = bisect_right(ends, start)
        while number < len(days) and days[number].first < end:
            _take_on(days[number], (kind, resource), start, end, at_most)
            number += 1


def _take_on(day: Day, key: tuple[str, str], start: int, end: int, at_most: int) -> None:
    bits, shift = (1 << (end - start)) - 1, start - day.first
    bits = bits << shift if shift >= 0 else bits >> -shift
    taken = day.taken.get(key)
    if taken is None:
        taken = day.taken[key] = Taken()
    taken.add(bits, at_most)
