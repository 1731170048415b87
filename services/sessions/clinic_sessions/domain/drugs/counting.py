"""Counting a vial: what somebody finds in it, against what the ledger says."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

Shift: TypeAlias = Literal["start", "end"]
PEOPLE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One person's, each on their own. `expected` is what the ledger said then; micrograms."""

    shift: Shift
    found: int
    expected: int
    tolerance: int
    at: datetime
    by: str

    @property
    def difference(self) -> int:
        return self.found - self.expected

    @property
    def agrees(self) -> bool:
        return abs(self.difference) <= self.tolerance


def is_proven(counts: Iterable[Count], shift: Shift, *, since: datetime) -> bool:
    """Whether two different people have found what the ledger says, at `since` or later, at this
    end of a shift."""
    return len({c.by for c in _agreeing(counts, shift) if c.at >= since}) >= PEOPLE


def shift_is_open(counts: Iterable[Count], *, since: datetime) -> bool:
    """Whether two have counted at the start of a shift that is of `since` or later, and no two at
    its end."""
    known = tuple(counts)
    ends = sorted((count.at for count in _agreeing(known, "end")), reverse=True)
    ended_at = ends[PEOPLE - 1] if len(ends) >= PEOPLE else since
    return is_proven(known, "start", since=max(since, ended_at))


def with_count(counts: tuple[Count, ...], count: Count) -> tuple[Count, ...]:
    """The last count of each person at each end of a shift: an earlier one of theirs proves nothing
    that this does not."""
    others = (c for c in counts if (c.by, c.shift) != (count.by, count.shift))
    return (*others, count)


def _agreeing(counts: Iterable[Count], shift: Shift) -> Iterator[Count]:
    return (count for count in counts if count.shift == shift and count.agrees)
