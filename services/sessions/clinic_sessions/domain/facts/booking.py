"""What can happen to a booking."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from clinic_sessions.domain.booking.history import Noted
from clinic_sessions.domain.booking.visit import Visit


@dataclass(frozen=True, slots=True)
class Booked:
    """`is_held`: a hold has taken the seats already, under this session's name. `gap_days` as in a
    Change."""

    visit: Visit
    noted: Noted | None = None
    is_held: bool = False
    gap_days: float = 0.0


@dataclass(frozen=True, slots=True)
class Rescheduled:
    visit: Visit
    previously_started_at: datetime
    noted: Noted | None = None
    gap_days: float = 0.0
    short_notice: bool = False  # the time before was given back too late for anybody else


@dataclass(frozen=True, slots=True)
class Cancelled:
    reason: str
    short_notice: bool
    noted: Noted | None = None


@dataclass(frozen=True, slots=True)
class Missed:
    pass


BookingFact: TypeAlias = Booked | Rescheduled | Cancelled | Missed
