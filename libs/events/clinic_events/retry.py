"""The retry policy: after a failure an event is tried again after a pause, or parked. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

from clinic_events.errors import OutOfTime, Park, Unavailable


@dataclass(frozen=True, slots=True)
class Again:
    after: timedelta


@dataclass(frozen=True, slots=True)
class SetAside:
    pass


Verdict: TypeAlias = Again | SetAside


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """`attempts` tries in all, waiting `first`, then twice as long each time, never above `cap`.

    What cannot succeed is parked at once; what fails because a system we depend on is away is
    retried without end, because it is not the event's fault.
    """

    attempts: int = 5
    first: timedelta = timedelta(milliseconds=100)
    cap: timedelta = timedelta(seconds=10)

    def after(self, error: Exception, *, attempt: int) -> Verdict:
        """The verdict on the `attempt`-th failure (from 1)."""
        if is_away(error):
            return Again(self._pause(attempt))
        if isinstance(error, Park) or attempt >= self.attempts:
            return SetAside()
        return Again(self._pause(attempt))

    def _pause(self, attempt: int) -> timedelta:
        doublings: int = min(attempt - 1, 16)
        return min(self.cap, self.first * (1 << doublings))


DEFAULT: Final = Retry()


def is_away(error: Exception) -> bool:
    """Whether a system we depend on does not answer: never the fault of an event."""
    return isinstance(error, Unavailable) and not isinstance(error, OutOfTime)


class Attempts:
    """The failures of one message so far. Those of a system that is away use up no attempt."""

    def __init__(self, retry: Retry) -> None:
        self._retry = retry
        self._absences = 0
        self.failures = 0

    def after(self, error: Exception) -> Verdict:
        if is_away(error):
            self._absences += 1
            return self._retry.after(error, attempt=self._absences)
        self.failures += 1
        return self._retry.after(error, attempt=self.failures)
