"""One set of readings from a device at the bedside."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, Self, TypeAlias

from clinic_sessions.domain.protocols.limits import CODES, NUMBERS

# What the device's clock is worth: a reading from one that is wrong alarms, and stands for nothing.
ClockState: TypeAlias = Literal["right", "ahead", "behind"]


MEASURED: Final = (*NUMBERS, *CODES)


@dataclass(frozen=True, slots=True)
class Look:
    """That somebody looked at a patient: when, and at what. `has` names fields of a reading."""

    at: datetime
    has: frozenset[str]


@dataclass(frozen=True, slots=True)
class ClockTolerance:
    """How far a device's clock may be from the service's, before it counts as wrong.

    What comes within `prompt` of when it was taken is `prompt`: of anything later nobody knows
    whether it was without a network, or is of now and by a clock that is behind.
    """

    ahead: timedelta
    behind: timedelta
    prompt: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`device` and `sequence` name it: sent twice, it is one. What was not measured is None.

    Systolic and diastolic in mm[Hg], heart and respiratory rate per minute, SpO2 in percent, MOAA/S
    from 0 to 5. `symptoms` is empty when there were none, and None when nobody asked. A correction
    is the next `version` of the same reading, and `corrects` the one before; both are kept.
    `first_received_at` is when the first of them came; None in the first.
    """

    session_id: str
    device: str
    sequence: int
    taken_at: datetime
    received_at: datetime
    systolic: int | None = None
    diastolic: int | None = None
    heart_rate: int | None = None
    spo2: int | None = None
    respiratory_rate: int | None = None
    moaas: int | None = None
    rhythm: str | None = None
    distress: str | None = None
    symptoms: tuple[str, ...] | None = None
    taken_by: str = ""
    version: int = 1
    corrects: int | None = None
    clock: ClockState = "right"
    first_received_at: datetime | None = None

    @property
    def id(self) -> str:
        return f"{self.session_id}/{self.device}/{self.sequence}/{self.version}"

    @property
    def counts_at(self) -> datetime:
        """When it was taken, as far as one can know: never later than it came first."""
        came = self.first_received_at or self.received_at
        return came if self.clock != "right" else min(self.taken_at, came)

    @property
    def is_trusted(self) -> bool:
        """Whether it is known to have been taken at the time it gives."""
        return self.clock == "right"

    @property
    def look(self) -> Look:
        has = (name for name in MEASURED if getattr(self, name) is not None)
        return Look(self.counts_at, frozenset(has))

    def is_prompt(self, tolerance: ClockTolerance) -> bool:
        return self.is_trusted and self.received_at - self.taken_at <= tolerance.prompt

    def judged(self, tolerance: ClockTolerance) -> Self:
        """With what its device's clock is worth."""
        early = self.received_at - self.taken_at
        if early < -tolerance.ahead:
            return replace(self, clock="ahead")
        return replace(self, clock="behind" if early > tolerance.behind else "right")
