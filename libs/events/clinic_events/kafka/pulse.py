"""Detects a stalled consumer: the driver may stop joining, polling or fetching without an error.

Times are seconds of a monotonic clock. Pure.
"""

from collections.abc import Callable, Hashable
from datetime import timedelta
from typing import Final

# Longer than a rebalance may take, during which nothing moves.
STALLED_AFTER: Final = timedelta(seconds=120)


class Pulse:
    """When a consumer last joined, polled, and fetched of each partition."""

    def __init__(self, now: Callable[[], float], *, after: timedelta = STALLED_AFTER) -> None:
        self._now = now
        self._after = after.total_seconds()
        self._fetched_at: dict[Hashable, float] = {}
        self.restart()

    def restart(self) -> None:
        """A new consumer, or one that has just reached no broker: its time starts anew."""
        self._polled_at = self._joining_since = self._joined_at = self._now()
        self.has_joined = False

    def polled(self) -> None:
        self._polled_at = self._now()

    def joined(self) -> None:
        """It was assigned its partitions, even none."""
        self.has_joined = True
        self._joined_at = self._now()
        self._fetched_at.clear()

    def joining(self) -> None:
        """It waits for its partitions. Called again meanwhile, the wait does not begin anew."""
        if self.has_joined:
            self._joining_since = self._now()
        self.has_joined = False

    def fetched(self, partition: Hashable) -> None:
        self._fetched_at[partition] = self._now()

    def polled_within(self, limit: timedelta) -> bool:
        return self._now() - self._polled_at < limit.total_seconds()

    def is_quiet(self, partition: Hashable) -> bool:
        """Nothing of it was fetched for long: there is nothing, or fetching has stopped."""
        moved_at = self._fetched_at.get(partition, self._joined_at)
        return self.has_joined and self._now() - moved_at > self._after

    @property
    def stalled(self) -> str | None:
        """What has stalled, as a code: `polling` or `joining`. None where nothing has."""
        if self._now() - self._polled_at > self._after:
            return "polling"
        if not self.has_joined and self._now() - self._joining_since > self._after:
            return "joining"
        return None
