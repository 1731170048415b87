"""One session as the board of its place shows it. Ids only: no patient, no name. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from clinic_sessions.domain.session import AT_THE_CLINIC, Status


class Stage(StrEnum):
    """Where somebody is in their visit, as one sees it from across the room."""

    EXPECTED = "expected"
    PREPARATION = "preparation"
    DOSING = "dosing"
    RECOVERY = "recovery"
    ENDED = "ended"


STAGES: Final[Mapping[Status, Stage]] = {
    Status.BOOKED: Stage.EXPECTED,
    Status.ARRIVED: Stage.PREPARATION,
    Status.READY: Stage.PREPARATION,
    Status.DOSING: Stage.DOSING,
    Status.MONITORING: Stage.RECOVERY,
    Status.EXTENDED: Stage.RECOVERY,
    Status.DISCHARGEABLE: Stage.RECOVERY,
    Status.COMPLETED: Stage.ENDED,
    Status.ABORTED: Stage.ENDED,
    Status.MISSED: Stage.ENDED,
    Status.CANCELLED: Stage.ENDED,
    Status.VOIDED: Stage.ENDED,
}
# In these statuses a session is on the board only while one of its alarms is open.
HIDDEN: Final = (Status.CANCELLED, Status.VOIDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlarm:
    id: str
    concern: str
    level: str
    status: str
    raised_at: datetime
    acknowledge_by: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastReading:
    """The newest by the time it was taken. Units as in a reading; None was not measured."""

    taken_at: datetime
    systolic: int | None
    diastolic: int | None
    heart_rate: int | None
    spo2: int | None
    moaas: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When each stage began, as far as it has."""

    starts_at: datetime
    arrived_at: datetime | None = None
    dosing_started_at: datetime | None = None
    dosing_ended_at: datetime | None = None
    ended_at: datetime | None = None

    def began(self, stage: Stage) -> datetime | None:
        return {
            Stage.EXPECTED: self.starts_at,
            Stage.PREPARATION: self.arrived_at,
            Stage.DOSING: self.dosing_started_at,
            Stage.RECOVERY: self.dosing_ended_at,
            Stage.ENDED: self.ended_at,
        }[stage]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """`next_due_at` is when a reading is expected; None when none is, or nobody knows."""

    session_id: str
    status: Status
    chair: str | None
    times: Times
    ends_at: datetime
    next_due_at: datetime | None = None
    alarms: tuple[OpenAlarm, ...] = ()
    last_reading: LastReading | None = None

    @property
    def stage(self) -> Stage:
        return STAGES[self.status]

    @property
    def stage_began_at(self) -> datetime | None:
        return self.times.began(self.stage)

    def overruns_since(self, now: datetime) -> datetime | None:
        """As of a session."""
        return self.ends_at if self.status in AT_THE_CLINIC and self.ends_at <= now else None
