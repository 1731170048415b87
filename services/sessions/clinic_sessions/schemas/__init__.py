"""What the HTTP API takes and gives, by subject."""

from clinic_sessions.schemas.bedside import (
    Checks,
    CompleteSession,
    DischargeAssessment,
    OrderDose,
    ReceiptOut,
    noted,
)
from clinic_sessions.schemas.booking import (
    BookSession,
    Empty,
    PlanOut,
    Reason,
    Reschedule,
    SessionOut,
    SlotOut,
)
from clinic_sessions.schemas.places import DescribeLocation, LocationOut

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
    "noted",
]
