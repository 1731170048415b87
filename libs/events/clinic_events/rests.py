"""A refused topic, partition or key is not tried for a while: twice as long after each refusal."""

from collections.abc import Hashable
from datetime import timedelta
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Rests(Generic[K]):
    """Times are seconds of a monotonic clock that the caller reads. `first` and `most` are the
    lengths of the first rest and of the longest."""

    def __init__(self, *, first: timedelta, most: timedelta) -> None:
        self._first = first.total_seconds()
        self._most = most.total_seconds()
        self._rests: dict[K, tuple[float, float]] = {}  # until when, and how long it lasts

    def __bool__(self) -> bool:
        """Whether anything was refused and not accepted since."""
        return bool(self._rests)

    def __contains__(self, what: object) -> bool:
        """Whether it was refused and not accepted since: it rests, or may be tried again."""
        return what in self._rests

    def refused(self, what: K, *, now: float) -> None:
        """Begin its next rest. Refusals during a rest count once."""
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
        """Forget what was neither refused nor accepted for long after its rest: another process may
        have published it."""
        if self._rests:
            self._rests = {
                what: (until, lasts)
                for what, (until, lasts) in self._rests.items()
                if now < until + self._most
            }
