"""Storms made gentle: of some kinds, no more in a second than whoever is outside can take."""

import time
from collections.abc import Callable, Mapping


class Pace:
    """`a_second` gives for each kind how many; None is as many as there are."""

    def __init__(
        self,
        a_second: Mapping[str, float | None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rates = {kind: rate for kind, rate in a_second.items() if rate is not None}
        self._left = {kind: max(rate, 1) for kind, rate in self._rates.items()}
        self._monotonic = monotonic
        self._counted_at = monotonic()

    def lets(self, kind: str) -> bool:
        """Whether one more may go now; if so it is counted."""
        if kind not in self._rates:
            return True
        self._count()
        if self._left[kind] < 1:
            return False
        self._left[kind] -= 1
        return True

    def spent(self) -> list[str]:
        """The kinds of which none may go now."""
        self._count()
        return [kind for kind, left in self._left.items() if left < 1]

    def _count(self) -> None:
        now = self._monotonic()
        passed, self._counted_at = now - self._counted_at, now
        for kind, rate in self._rates.items():
            # At the most what a second holds is saved up, and never less than one.
            self._left[kind] = min(max(rate, 1), self._left[kind] + rate * passed)
