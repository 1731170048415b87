"""What is heard of a patient's visits: still planned, under way, or over."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    PLANNED = "planned"
    LIVE = "live"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """`version` orders what was heard of one session."""

    session_id: str
    patient_id: str
    state: State
    version: int
