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
    BookSession,
    Empty,
    PlanOut,
    Reason,
    Reschedule,
    SessionOut,
    SlotOut,
)
from clinic_sessions.schemas.places import (
    AppliedOut,
    ApplyChange,
    BrokenBookingOut,
    ChangeOut,
    DescribeLocation,
    LocationOut,
    ReadinessOut,
)

__all__ = [
    "AppliedOut",
    "ApplyChange",
    "BookSession",
    "BrokenBookingOut",
    "ChangeOut",
    "Checks",
    "CompleteSession",
    "DescribeLocation",
    "DischargeAssessment",
    "Empty",
    "LocationOut",
    "OrderDose",
    "PlanOut",
    "ReadinessOut",
    "Reason",
    "ReceiptOut",
    "Reschedule",
    "SessionOut",
    "SlotOut",
    "TakeReading",
    "noted",
]
