"""Whether a consumer still gets on. The driver may stop without a word: joining, polling, fetching.

Times are seconds of any clock that only rises. Pure.
"""

from collections.abc import Callable, Hashable
from datetime import timedelta
from typing import Final

# Longer than a rebalance may take, in which nothing moves with good reason.
STALLED_AFTER: Final = timedelta(seconds=120)


class Pulse:
    """When it last moved, in each of the ways it has to."""

    def __init__(self, now: Callable[[], float], *, after: timedelta = STALLED_AFTER) -> None:
        self._now = now
        self._after = after.total_seconds()
        self._fetched_at: dict[Hashable, float] = {}
        self.begins()

    def begins(self) -> None:
        """A new one, or one that had no broker to ask: it has all its time before it."""
        self._polled_at = self._joining_since = self._joined_at = self._now()
        self.has_joined = False

    def polled(self) -> None:
        self._polled_at = self._now()

    def joined(self) -> None:
        """It was told its partitions, be it none."""
        self.has_joined = True
        self._joined_at = self._now()
        self._fetched_at.clear()

    def joins(self) -> None:
        """It waits to be told its partitions. Told so again while it does, it waits on."""
        if self.has_joined:
            self._joining_since = self._now()
        self.has_joined = False

    def fetched(self, partition: Hashable) -> None:
        self._fetched_at[partition] = self._now()

    def polled_within(self, limit: timedelta) -> bool:
        return self._now() - self._polled_at < limit.total_seconds()

    def is_quiet(self, partition: Hashable) -> bool:
        """Nothing of it was fetched for long: either there is nothing, or it has stopped."""
        moved_at = self._fetched_at.get(partition, self._joined_at)
        return self.has_joined and self._now() - moved_at > self._after

    @property
    def stalled(self) -> str | None:
        """What it does no longer, as a code."""
        if self._now() - self._polled_at > self._after:
            return "polling"
        if not self.has_joined and self._now() - self._joining_since > self._after:
            return "joining"
        return None
