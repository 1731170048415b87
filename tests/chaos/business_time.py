"""The clinic's time in a storm: when somebody moved it, so that a true moment can be found by it.

The clock of a service is the machine's, and an offset that only grows. Here is what the run itself
has seen of it, so that nobody need believe a service about its own hour.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple


class Span(NamedTuple):
    """From the earliest to the latest that a moment may have been; or a stretch of time."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One move of one service's clock. `asked_at` and `seen_at` are the machine's time, `now` what
    the service's clock showed at `seen_at`: somewhere between the two it was moved."""

    asked_at: datetime
    seen_at: datetime
    now: datetime

    @property
    def offset(self) -> timedelta:
        return self.now - self.seen_at


class BusinessTime:
    """The clocks' times, by the moves that a run has noted. The first of each is its start."""

    def __init__(self) -> None:
        self._moves: dict[str, list[Moved]] = defaultdict(list)

    def note(self, service: str, moved: Moved) -> None:
        self._moves[service].append(moved)

    def at(self, service: str, true: datetime) -> Span:
        """A true moment by the service's clock: two answers while that is being moved."""
        moves = self._moves[service]
        before = [move for move in moves if move.seen_at <= true] or moves[:1]
        under_way = [move for move in moves if move.asked_at <= true < move.seen_at]
        last = under_way[-1] if under_way else before[-1]
        return Span(true + before[-1].offset, true + last.offset)

    def stops(self, ended_at: datetime) -> Mapping[str, Sequence[Span]]:
        """By service, each stretch in which its clock ran by itself, from one move to the next;
        the last one until the true moment `ended_at`."""
        return {name: _stops_of(moves, ended_at) for name, moves in self._moves.items()}


def _stops_of(moves: Sequence[Moved], ended_at: datetime) -> list[Span]:
    ends = [*(move.asked_at for move in moves[1:]), ended_at]
    return [Span(move.now, end + move.offset) for move, end in zip(moves, ends, strict=True)]
