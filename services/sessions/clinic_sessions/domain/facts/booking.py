"""What can happen to a booking."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from clinic_sessions.domain.booking.visit import Visit


@dataclass(frozen=True, slots=True)
class Booked:
    visit: Visit


@dataclass(frozen=True, slots=True)
class Rescheduled:
    visit: Visit
    previously_started_at: datetime


@dataclass(frozen=True, slots=True)
class Cancelled:
    reason: str
    short_notice: bool


@dataclass(frozen=True, slots=True)
class Missed:
    pass


BookingFact: TypeAlias = Booked | Rescheduled | Cancelled | Missed
