"""What the HTTP API takes and gives."""

from clinic_sessions.schemas.sent import (
    BookSession,
    Checks,
    CompleteSession,
    DescribeLocation,
    DischargeAssessment,
    Empty,
    OrderDose,
    Reason,
    Reschedule,
    TakeReading,
    noted,
)
from clinic_sessions.schemas.shown import LocationOut, PlanOut, ReceiptOut, SessionOut, SlotOut

__all__ = [
    "BookSession",
    "Checks",
    "CompleteSession",
    "DescribeLocation",
    "DischargeAssessment",
    "Empty",
    "LocationOut",
    "OrderDose",
    "PlanOut",
    "Reason",
    "ReceiptOut",
    "Reschedule",
    "SessionOut",
    "SlotOut",
    "TakeReading",
    "noted",
]
