"""Plainly invented examples of what the API gives, shown in its description beside the schemas."""

from clinic_sessions.schemas.examples.bedside import (
    ADVERSE_EVENT,
    ALARM,
    MONITORING,
    RECEIPT,
    TAKEN,
)
from clinic_sessions.schemas.examples.board import BOARD, BOARD_CHANGED, CARD
from clinic_sessions.schemas.examples.booking import (
    BEDSIDE,
    CHAIR,
    CONFLICT,
    DOSE,
    HOLD,
    PATIENT_ID,
    PLACE_ID,
    PLAN,
    PLAN_ID,
    SERIES,
    SESSION,
    SESSION_ID,
    SLOT_FREE,
    SLOT_IS_TAKEN,
    SLOT_TAKEN,
    STARTS,
    WHOSE,
)
from clinic_sessions.schemas.examples.drugs import VIAL, VIAL_WITH_ENTRIES
from clinic_sessions.schemas.examples.places import DOCUMENT, LOCATION

__all__ = [
    "ADVERSE_EVENT",
    "ALARM",
    "BEDSIDE",
    "BOARD",
    "BOARD_CHANGED",
    "CARD",
    "CHAIR",
    "CONFLICT",
    "DOCUMENT",
    "DOSE",
    "HOLD",
    "LOCATION",
    "MONITORING",
    "PATIENT_ID",
    "PLACE_ID",
    "PLAN",
    "PLAN_ID",
    "RECEIPT",
    "SERIES",
    "SESSION",
    "SESSION_ID",
    "SLOT_FREE",
    "SLOT_IS_TAKEN",
    "SLOT_TAKEN",
    "STARTS",
    "TAKEN",
    "VIAL",
    "VIAL_WITH_ENTRIES",
    "WHOSE",
]
