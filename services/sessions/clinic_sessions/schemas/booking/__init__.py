"""What the API takes and gives about plans, slots, holds and bookings."""

from clinic_sessions.schemas.booking.asked import (
    BookSession,
    Empty,
    HoldSlot,
    OverrideBooking,
    Reason,
    Reschedule,
)
from clinic_sessions.schemas.booking.repairs import ApplyRepair, ProposeRepair, RepairOut
from clinic_sessions.schemas.booking.series import BookSeries, SeriesOut
from clinic_sessions.schemas.booking.slots import SlotOut, slots_told
from clinic_sessions.schemas.booking.told import (
    ChangeOut,
    HoldOut,
    PlanOut,
    SessionOut,
)

__all__ = [
    "ApplyRepair",
    "BookSeries",
    "BookSession",
    "ChangeOut",
    "Empty",
    "HoldOut",
    "HoldSlot",
    "OverrideBooking",
    "PlanOut",
    "ProposeRepair",
    "Reason",
    "RepairOut",
    "Reschedule",
    "SeriesOut",
    "SessionOut",
    "SlotOut",
    "slots_told",
]
