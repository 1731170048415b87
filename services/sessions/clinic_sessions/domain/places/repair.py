"""Where a booking could go that its location does not hold any more."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """A start that was free when it was looked for, with what `reschedule` takes."""

    starts_at: datetime
    chair: str | None
    nurse: str | None
