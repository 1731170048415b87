"""The database's insert timestamps, as two numbers that only rise."""

from datetime import timedelta
from typing import Any, NamedTuple, Self

from bson import Timestamp


class Stamp(NamedTuple):
    """Whole seconds of the server's clock, and a count within the second."""

    seconds: int
    increment: int

    @classmethod
    def of(cls, stored: Any) -> Self:
        """From a field that was stamped at its insert."""
        return cls(stored.time, stored.inc)

    @property
    def stored(self) -> Any:
        """As the database compares it."""
        return Timestamp(self.seconds, self.increment)

    def earlier(self, by: timedelta) -> "Stamp":
        return Stamp(max(0, self.seconds - int(by.total_seconds())), 0)
