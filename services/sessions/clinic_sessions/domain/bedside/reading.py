"""One set of readings from a device at the bedside."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`device` and `sequence` name it: sent twice, it is one. What was not measured is None.

    Systolic and diastolic in mm[Hg], heart rate per minute, SpO2 in percent, MOAA/S from 0 to 5.
    """

    session_id: str
    device: str
    sequence: int
    taken_at: datetime
    received_at: datetime
    systolic: int | None
    diastolic: int | None
    heart_rate: int | None
    spo2: int | None
    moaas: int | None
