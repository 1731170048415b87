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
from clinic_sessions.schemas.places import DescribeLocation, LocationOut
from clinic_sessions.schemas.protocols import (
    MovePlan,
    PlanMovedOut,
    ProtocolListed,
    ProtocolOut,
    RehearsalOut,
    RehearseProtocol,
)

__all__ = [
    "BookSession",
    "Checks",
    "CompleteSession",
    "DescribeLocation",
    "DischargeAssessment",
    "Empty",
    "LocationOut",
    "MovePlan",
    "OrderDose",
    "PlanMovedOut",
    "PlanOut",
    "ProtocolListed",
    "ProtocolOut",
    "Reason",
    "ReceiptOut",
    "RehearsalOut",
    "RehearseProtocol",
    "Reschedule",
    "SessionOut",
    "SlotOut",
    "TakeReading",
    "noted",
]
