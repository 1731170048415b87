"""What was refused is not tried for a while: twice as long each time, until it is taken again."""

from collections.abc import Hashable
from datetime import timedelta
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Rests(Generic[K]):
    """Times are seconds of a steady clock that the caller reads. `first` and `most` are how long
    the first rest lasts, and the longest."""

    def __init__(self, *, first: timedelta, most: timedelta) -> None:
        self._first = first.total_seconds()
        self._most = most.total_seconds()
        self._rests: dict[K, tuple[float, float]] = {}  # until when, and how long it lasts

    def __bool__(self) -> bool:
        """Whether anything is known of anybody."""
        return bool(self._rests)

    def __contains__(self, what: object) -> bool:
        """Whether it was refused and not taken since: it rests, or is to be tried again."""
        return what in self._rests

    def refused(self, what: K, *, now: float) -> None:
        """It rests. Refused again within one rest, it counts once."""
        until, lasts = self._rests.get(what, (now, self._first / 2))
        if until <= now:
            lasts = min(2 * lasts, self._most)
            self._rests[what] = (now + lasts, lasts)

    def taken(self, *what: K) -> None:
        if self._rests:
            for one in what:
                self._rests.pop(one, None)

    def left(self, what: K, *, now: float) -> float:
        """Seconds for which it still rests, or 0."""
        until, _ = self._rests.get(what, (now, 0.0))
        return max(until - now, 0.0)

    def forget_old(self, *, now: float) -> None:
        """What nobody has refused or taken for long after its rest: somebody else may have dealt
        with it."""
        if self._rests:
            self._rests = {
                what: (until, lasts)
                for what, (until, lasts) in self._rests.items()
                if now < until + self._most
            }
