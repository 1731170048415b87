"""An alert about a patient's safety, as far as this service has heard of it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """`version` orders what was heard of one alert."""

    alert_id: str
    patient_id: str
    is_open: bool
    version: int
    since: datetime
