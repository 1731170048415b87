"""A patient's visits as received from the sessions service: planned, under way, or over."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    PLANNED = "planned"
    LIVE = "live"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """`version` orders the events about one session."""

    session_id: str
    patient_id: str
    state: State
    version: int
