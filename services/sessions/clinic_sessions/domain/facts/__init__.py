"""What can happen to a session, by subject. Only a fact changes one."""

from typing import TypeAlias

from clinic_sessions.domain.facts.bedside import (
    Arrived,
    BedsideFact,
    Checked,
    DoseOrdered,
    DosePrepared,
    DoseVerified,
    DosingStarted,
    DosingStopped,
    GateWaived,
    NextDeviceGiven,
    OrderLogged,
    RateChanged,
)
from clinic_sessions.domain.facts.booking import (
    Booked,
    BookingFact,
    Cancelled,
    Missed,
    Rescheduled,
)
from clinic_sessions.domain.facts.ending import (
    Aborted,
    AdverseEventNoted,
    Completed,
    Corrected,
    Course,
    DischargeAssessed,
    EndingFact,
    NoteSigned,
    StayExtended,
    Voided,
)

Fact: TypeAlias = BookingFact | BedsideFact | EndingFact

__all__ = [
    "Aborted",
    "AdverseEventNoted",
    "Arrived",
    "BedsideFact",
    "Booked",
    "BookingFact",
    "Cancelled",
    "Checked",
    "Completed",
    "Corrected",
    "Course",
    "DischargeAssessed",
    "DoseOrdered",
    "DosePrepared",
    "DoseVerified",
    "DosingStarted",
    "DosingStopped",
    "EndingFact",
    "Fact",
    "GateWaived",
    "Missed",
    "NextDeviceGiven",
    "NoteSigned",
    "OrderLogged",
    "RateChanged",
    "Rescheduled",
    "StayExtended",
    "Voided",
]
