"""What is known here of a patient's treatment: plans, and the doses given under them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    id: str
    patient_id: str
    location_id: str
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """One session's dose as last received. Its plan is known once it is completed, and so is the
    name of the surveys that follow it: None for the usual ones."""

    session_id: str
    patient_id: str
    location_id: str
    version: int
    started_at: datetime
    dose_mg: float
    mg_per_kg: float
    route: str
    plan_id: str | None = None
    infusion_number: int | None = None
    completed_at: datetime | None = None
    surveys: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """A patient's present plan, if one was received, and all doses that stand (none voided)."""

    plan: Plan | None
    doses: tuple[Dose, ...]

    def with_dose(self, dose: Dose) -> "Treatment":
        """In the place of what was known of the same session."""
        return Treatment(plan=self.plan, doses=(*self.without(dose.session_id).doses, dose))

    def without(self, session_id: str) -> "Treatment":
        others = tuple(other for other in self.doses if other.session_id != session_id)
        return Treatment(plan=self.plan, doses=others)

    def completed_in(self, plan_id: str | None) -> tuple[Dose, ...]:
        """The plan's sessions that are completed and stand, in the order they began."""
        of_plan = (dose for dose in self.doses if dose.plan_id == plan_id)
        completed = (dose for dose in of_plan if dose.completed_at is not None)
        return tuple(sorted(completed, key=lambda dose: (dose.started_at, dose.session_id)))

    @property
    def first_dose_at(self) -> datetime | None:
        """When the present plan's first dose began: what comes after it is no baseline."""
        begun = [dose.started_at for dose in self.doses if self._belongs(dose)]
        return min(begun, default=None)

    def last_dose_before(self, instant: datetime) -> datetime | None:
        return max((d.started_at for d in self.doses if d.started_at <= instant), default=None)

    def _belongs(self, dose: Dose) -> bool:
        return self.plan is None or dose.started_at >= self.plan.started_at
