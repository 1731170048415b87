"""An alert about a patient's safety, as last received from the outcomes service."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """`version` orders the events about one alert."""

    alert_id: str
    patient_id: str
    is_open: bool
    version: int
    since: datetime
