"""Counting a vial: what somebody finds in it, against what the ledger says."""

from collections.abc import Iterable
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


def is_proven(counts: Iterable[Count], *, since: datetime) -> bool:
    """Whether two different people have found what the ledger says, at `since` or later."""
    return len({c.by for c in counts if c.agrees and c.at >= since}) >= PEOPLE


def with_count(counts: tuple[Count, ...], count: Count) -> tuple[Count, ...]:
    """The last count of each person: an earlier one of theirs proves nothing that this does not."""
    return (*(known for known in counts if known.by != count.by), count)
