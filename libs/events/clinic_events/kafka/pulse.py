"""Whether a consumer still gets on. The driver may stop without a word: joining, polling, fetching.

Times are seconds of any clock that only rises. Pure.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

# Longer than a rebalance may take, in which nothing moves with good reason.
STALLED_AFTER: Final = timedelta(seconds=120)


class Pulse:
    """When it last moved, in each of the ways it has to."""

    def __init__(self, now: Callable[[], float], *, after: timedelta = STALLED_AFTER) -> None:
        self._now = now
        self._after = after.total_seconds()
        self._polled_at = self._joining_since = self._fetched_at = now()
        self._has_joined = False

    def polled(self) -> None:
        self._polled_at = self._now()

    def joined(self) -> None:
        """It was told its partitions, be it none."""
        self._has_joined = True
        self._fetched_at = self._now()

    def joins(self) -> None:
        """It waits to be told its partitions."""
        if self._has_joined:
            self._joining_since = self._now()
        self._has_joined = False

    def fetched(self) -> None:
        self._fetched_at = self._now()

    def polled_within(self, limit: timedelta) -> bool:
        return self._now() - self._polled_at < limit.total_seconds()

    @property
    def is_quiet(self) -> bool:
        """Nothing was fetched for long: either there is nothing, or it has stopped."""
        return self._has_joined and self._now() - self._fetched_at > self._after

    @property
    def stalled(self) -> str | None:
        """What it does no longer, as a code."""
        if self._now() - self._polled_at > self._after:
            return "polling"
        if not self._has_joined and self._now() - self._joining_since > self._after:
            return "joining"
        return None
