"""What can happen on the way out, and afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from clinic_platform.decisions import Known, Receipt
from clinic_sessions.domain.bedside.adverse_event import AdverseEvent
from clinic_sessions.domain.bedside.ends import AgainstAdvice, Correction, Extension


@dataclass(frozen=True, slots=True)
class AdverseEventNoted:
    """As it stands now; new, amended, reported, or overdue to be."""

    event: AdverseEvent


@dataclass(frozen=True, slots=True)
class DischargeAssessed:
    """`waived`: the gates that are shut by the receipt and count as open."""

    facts: Mapping[str, Known]
    receipt: Receipt
    waived: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StayExtended:
    extension: Extension


@dataclass(frozen=True, slots=True)
class Course:
    """The course a session was part of, as its plan pinned it. `surveys` and `integration` name
    what follows it; None for sessions from before they were kept."""

    protocol: str
    protocol_version: int
    planned_infusions: int
    infusion_number: int
    route: str
    surveys: str | None = None
    integration: str | None = None


@dataclass(frozen=True, slots=True)
class Completed:
    at: datetime
    course: Course
    discharge: str
    adverse_event_grade_max: int
    against_advice: AgainstAdvice | None = None


@dataclass(frozen=True, slots=True)
class Corrected:
    """A completed session was not as published: it is published again, with a higher version."""

    correction: Correction


@dataclass(frozen=True, slots=True)
class Aborted:
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Voided:
    """`without_dose`: the reason says that none went into this patient."""

    at: datetime
    reason: str
    without_dose: bool = False


@dataclass(frozen=True, slots=True)
class NoteSigned:
    at: datetime
    by: str


EndingFact: TypeAlias = (
    AdverseEventNoted
    | DischargeAssessed
    | StayExtended
    | Completed
    | Corrected
    | Aborted
    | Voided
    | NoteSigned
)
