"""What is known here of a patient's treatment: plans, and the doses given under them."""

from collections.abc import Sequence
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
    """One session's dose as last received. Its plan is known once it is completed."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """A patient's present plan, if one was received, and all doses that stand (none voided)."""

    plan: Plan | None
    doses: tuple[Dose, ...]

    def with_dose(self, dose: Dose) -> "Treatment":
        """In the place of what was known of the same session."""
        others = (other for other in self.doses if other.session_id != dose.session_id)
        return Treatment(plan=self.plan, doses=(*others, dose))

    @property
    def first_dose_at(self) -> datetime | None:
        """When the present plan's first dose began: what comes after it is no baseline."""
        begun = [dose.started_at for dose in self.doses if self._belongs(dose)]
        return min(begun, default=None)

    def last_dose_before(self, instant: datetime) -> datetime | None:
        return max((d.started_at for d in self.doses if d.started_at <= instant), default=None)

    def _belongs(self, dose: Dose) -> bool:
        return self.plan is None or dose.started_at >= self.plan.started_at


def earlier_of(doses: Sequence[Dose], dose: Dose) -> tuple[Dose, ...]:
    """The completed sessions of the same plan that began before this one."""
    same = _others(doses, dose)
    return tuple(other for other in same if other.started_at < dose.started_at)


def is_latest(doses: Sequence[Dose], dose: Dose) -> bool:
    """Whether no later session of the same plan has been completed."""
    return all(other.started_at <= dose.started_at for other in _others(doses, dose))


def _others(doses: Sequence[Dose], dose: Dose) -> list[Dose]:
    of_plan = [other for other in doses if other.plan_id == dose.plan_id]
    return [o for o in of_plan if o.completed_at is not None and o.session_id != dose.session_id]
