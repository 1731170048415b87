"""How a stay can end other than as planned, and the correction of a completed one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

AGAINST_ADVICE: Final = "against_advice"
ESCORTED: Final = "escorted"
EXTENDED: Final = "extended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """The patient stays, watched, until what is missing is there."""

    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainstAdvice:
    """A patient's own decision, and what was done before they went. Ids and codes only."""

    reason: str
    capacity_assessed: bool
    risks_explained: bool
    witness: str
    prescriber_informed: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What was published of a completed session and can be corrected."""

    dosing_started_at: datetime
    dosing_ended_at: datetime
    completed_at: datetime
    adverse_event_grade_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Anew:
    """What is to be published instead. None: it was right."""

    dosing_started_at: datetime | None = None
    dosing_ended_at: datetime | None = None
    completed_at: datetime | None = None
    adverse_event_grade_max: int | None = None

    def over(self, published: Completion) -> Completion:
        grade = self.adverse_event_grade_max
        return Completion(
            dosing_started_at=self.dosing_started_at or published.dosing_started_at,
            dosing_ended_at=self.dosing_ended_at or published.dosing_ended_at,
            completed_at=self.completed_at or published.completed_at,
            adverse_event_grade_max=published.adverse_event_grade_max if grade is None else grade,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What is published now (`told`), what was before, and why."""

    told: Completion
    before: Completion
    reason: str
    by: str
    at: datetime
