"""What the HTTP API takes and gives, by subject."""

from clinic_sessions.schemas.bedside import (
    Checks,
    CompleteSession,
    DischargeAssessment,
    OrderDose,
    ReceiptOut,
    TakeReading,
    noted,
)
from clinic_sessions.schemas.booking import (
    BookSeries,
    BookSession,
    ChangeOut,
    Empty,
    HoldOut,
    HoldSlot,
    OverrideBooking,
    PlanOut,
    Reason,
    Reschedule,
    SeriesOut,
    SessionOut,
    SlotOut,
)
from clinic_sessions.schemas.places import DescribeLocation, LocationOut

__all__ = [
    "BookSeries",
    "BookSession",
    "ChangeOut",
    "Checks",
    "CompleteSession",
    "DescribeLocation",
    "DischargeAssessment",
    "Empty",
    "HoldOut",
    "HoldSlot",
    "LocationOut",
    "OrderDose",
    "OverrideBooking",
    "PlanOut",
    "Reason",
    "ReceiptOut",
    "Reschedule",
    "SeriesOut",
    "SessionOut",
    "SlotOut",
    "TakeReading",
    "noted",
]
