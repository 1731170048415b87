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
    DraftUnreadable,
    PlanCannotMove,
    ProtocolNotFound,
    UnknownProtocol,
)

__all__ = [
    "Conflict",
    "DoseOutsideBounds",
    "DraftUnreadable",
    "GatesBlock",
    "LocationNotFound",
    "NoDoseOrdered",
    "NotAllowed",
    "NotBookable",
    "NotNow",
    "NotYetMissed",
    "PlanCannotMove",
    "PlanNotFound",
    "ProtocolNotFound",
    "SecondPersonNeeded",
    "SessionNotFound",
    "SessionsError",
    "SlotHasPassed",
    "SlotTaken",
    "UnknownProtocol",
    "WeightChanged",
    "WeightUnknown",
]
