"""What can be refused, and why: by subject, under one roof."""

from clinic_sessions.domain.errors.base import (
    Conflict,
    SessionsError,
)
from clinic_sessions.domain.errors.bedside import (
    DoseOutsideBounds,
    GatesBlock,
    NoDoseOrdered,
    SecondPersonNeeded,
    WeightChanged,
    WeightUnknown,
)
from clinic_sessions.domain.errors.booking import (
    NotAllowed,
    NotBookable,
    NotNow,
    NotYetMissed,
    PlanNotFound,
    SessionNotFound,
    SlotHasPassed,
    SlotTaken,
)
from clinic_sessions.domain.errors.places import (
    LocationNotFound,
)
from clinic_sessions.domain.errors.protocols import (
    UnknownProtocol,
)
from clinic_sessions.domain.errors.watch import (
    AlarmNotAllowed,
    AlarmNotFound,
    ReadingCorrectedMeanwhile,
    ReadingKeepsItsTime,
    ReadingNotFound,
)

__all__ = [
    "AlarmNotAllowed",
    "AlarmNotFound",
    "Conflict",
    "DoseOutsideBounds",
    "GatesBlock",
    "LocationNotFound",
    "NoDoseOrdered",
    "NotAllowed",
    "NotBookable",
    "NotNow",
    "NotYetMissed",
    "PlanNotFound",
    "ReadingCorrectedMeanwhile",
    "ReadingKeepsItsTime",
    "ReadingNotFound",
    "SecondPersonNeeded",
    "SessionNotFound",
    "SessionsError",
    "SlotHasPassed",
    "SlotTaken",
    "UnknownProtocol",
    "WeightChanged",
    "WeightUnknown",
]
