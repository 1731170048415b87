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
    HoldHasEnded,
    HoldNotFound,
    NotAllowed,
    NotBookable,
    NotNow,
    NotYetMissed,
    PlanNotFound,
    RepairChanged,
    RepairLosesVisits,
    SeriesIncomplete,
    SessionNotFound,
    SlotHasPassed,
    SlotTaken,
    WallTimeDoesNotExist,
    WallTimeExistsTwice,
)
from clinic_sessions.domain.errors.places import (
    LocationNotFound,
)
from clinic_sessions.domain.errors.protocols import (
    UnknownProtocol,
)

__all__ = [
    "Conflict",
    "DoseOutsideBounds",
    "GatesBlock",
    "HoldHasEnded",
    "HoldNotFound",
    "LocationNotFound",
    "NoDoseOrdered",
    "NotAllowed",
    "NotBookable",
    "NotNow",
    "NotYetMissed",
    "PlanNotFound",
    "RepairChanged",
    "RepairLosesVisits",
    "SecondPersonNeeded",
    "SeriesIncomplete",
    "SessionNotFound",
    "SessionsError",
    "SlotHasPassed",
    "SlotTaken",
    "UnknownProtocol",
    "WallTimeDoesNotExist",
    "WallTimeExistsTwice",
    "WeightChanged",
    "WeightUnknown",
]
