"""What the API takes and gives about plans, slots, holds and bookings."""

from clinic_sessions.schemas.booking.asked import (
    PLAN,
    BookSession,
    Empty,
    HoldSlot,
    OverrideBooking,
    Reason,
    Reschedule,
)
from clinic_sessions.schemas.booking.history import ChangeOut
from clinic_sessions.schemas.booking.repairs import ApplyRepair, ProposeRepair, RepairOut
from clinic_sessions.schemas.booking.series import BookSeries, SeriesOut
from clinic_sessions.schemas.booking.shown import (
    ArrivedOut,
    HoldOut,
    PlanOut,
    SessionOut,
)
from clinic_sessions.schemas.booking.slots import SlotOut, slots_as_json

__all__ = [
    "PLAN",
    "ApplyRepair",
    "ArrivedOut",
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
    "slots_as_json",
]
