"""What can happen to a session. Only a fact changes one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from clinic_platform.decisions import Known, Receipt
from clinic_sessions.domain.bedside.dose import DoseOrder
from clinic_sessions.domain.booking.history import Noted
from clinic_sessions.domain.booking.visit import Visit


@dataclass(frozen=True, slots=True)
class Booked:
    """`is_held`: a hold has taken the seats already, under this session's name."""

    visit: Visit
    noted: Noted | None = None
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Rescheduled:
    visit: Visit
    previously_started_at: datetime
    noted: Noted | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    reason: str
    short_notice: bool
    noted: Noted | None = None


@dataclass(frozen=True, slots=True)
class Missed:
    pass


@dataclass(frozen=True, slots=True)
class Arrived:
    at: datetime


@dataclass(frozen=True, slots=True)
class Checked:
    """Facts from the bedside, by name, each with its time and who noted it."""

    facts: Mapping[str, Known]


@dataclass(frozen=True, slots=True)
class DoseOrdered:
    order: DoseOrder


@dataclass(frozen=True, slots=True)
class DoseVerified:
    order: DoseOrder
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class DosingStarted:
    at: datetime
    order: DoseOrder
    route: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class DosingStopped:
    at: datetime


@dataclass(frozen=True, slots=True)
class DischargeAssessed:
    facts: Mapping[str, Known]
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Course:
    """The course a session was part of, as its plan pinned it."""

    protocol: str
    protocol_version: int
    planned_infusions: int
    infusion_number: int
    route: str


@dataclass(frozen=True, slots=True)
class Completed:
    at: datetime
    course: Course
    discharge: str
    adverse_event_grade_max: int


@dataclass(frozen=True, slots=True)
class Aborted:
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Voided:
    at: datetime
    reason: str


Fact: TypeAlias = (
    Booked
    | Rescheduled
    | Cancelled
    | Missed
    | Arrived
    | Checked
    | DoseOrdered
    | DoseVerified
    | DosingStarted
    | DosingStopped
    | DischargeAssessed
    | Completed
    | Aborted
    | Voided
)
