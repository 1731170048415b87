"""What the API takes and gives about plans, slots, holds and bookings."""

from clinic_sessions.schemas.booking.asked import (
    BookSession,
    Empty,
    HoldSlot,
    OverrideBooking,
    Reason,
    Reschedule,
)
from clinic_sessions.schemas.booking.told import (
    ChangeOut,
    HoldOut,
    PlanOut,
    SessionOut,
    SlotOut,
)

__all__ = [
    "BookSession",
    "ChangeOut",
    "Empty",
    "HoldOut",
    "HoldSlot",
    "OverrideBooking",
    "PlanOut",
    "Reason",
    "Reschedule",
    "SessionOut",
    "SlotOut",
]
