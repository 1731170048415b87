"""What was refused is left alone for a while: twice as long each time, until it is taken again."""

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

    def refused(self, what: K, *, now: float) -> None:
        """It rests. Said again within one rest, as of several messages at once, it counts once."""
        until, lasts = self._rests.get(what, (now, self._first / 2))
        if until <= now:
            lasts = min(2 * lasts, self._most)
            self._rests[what] = (now + lasts, lasts)

    def taken(self, *what: K) -> None:
        if self._rests:
            for one in what:
                self._rests.pop(one, None)

    def at(self, now: float) -> set[K]:
        """All that rest now. What nobody has refused or taken since its rest is forgotten in time:
        somebody else may have dealt with it."""
        if not self._rests:
            return set()
        self._rests = {
            what: (until, lasts)
            for what, (until, lasts) in self._rests.items()
            if now < until + self._most
        }
        return {what for what, (until, _) in self._rests.items() if now < until}
