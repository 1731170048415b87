"""What the API takes and gives at the bedside."""

from clinic_sessions.schemas.bedside.checks import Checks, DischargeAssessment, noted
from clinic_sessions.schemas.bedside.gates import (
    ConfirmWaiver,
    GatesOut,
    ReceiptOut,
    StillThereOut,
    WaiveGate,
)
from clinic_sessions.schemas.bedside.sent import (
    AmendEvent,
    CompleteSession,
    CorrectSession,
    LeaveAgainstAdvice,
    LogOrder,
    NoteEvent,
    OrderDose,
    PrepareDose,
    ReportEvent,
    SignNote,
    Slow,
    StopDosing,
    WriteNote,
)
from clinic_sessions.schemas.bedside.shown import BedsideOut, EventOut, NoteOut, NoteState

__all__ = [
    "AmendEvent",
    "BedsideOut",
    "Checks",
    "CompleteSession",
    "ConfirmWaiver",
    "CorrectSession",
    "DischargeAssessment",
    "EventOut",
    "GatesOut",
    "LeaveAgainstAdvice",
    "LogOrder",
    "NoteEvent",
    "NoteOut",
    "NoteState",
    "OrderDose",
    "PrepareDose",
    "ReceiptOut",
    "ReportEvent",
    "SignNote",
    "Slow",
    "StillThereOut",
    "StopDosing",
    "WaiveGate",
    "WriteNote",
    "noted",
]
