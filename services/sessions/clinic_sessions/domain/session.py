"""The life of a session.

Pure: standard library and the engine of decisions. Time comes in as an argument, what happened goes
out as a fact. A session changes only by a fact, so nothing about it can change unannounced.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self, assert_never

from clinic_platform.decisions import Known, Receipt
from clinic_sessions.domain.bedside.dose import DoseOrder
from clinic_sessions.domain.booking import history
from clinic_sessions.domain.booking.history import Change, Noted
from clinic_sessions.domain.booking.visit import Visit
from clinic_sessions.domain.errors import (
    GatesBlock,
    NoDoseOrdered,
    NotAllowed,
    NotNow,
    NotYetMissed,
    SecondPersonNeeded,
    WeightChanged,
)
from clinic_sessions.domain.facts import (
    Aborted,
    Arrived,
    Booked,
    Cancelled,
    Checked,
    Completed,
    Course,
    DischargeAssessed,
    DoseOrdered,
    DoseVerified,
    DosingStarted,
    DosingStopped,
    Fact,
    Missed,
    Rescheduled,
    Voided,
)

AGAINST_ADVICE: Final = "against_advice"


class Status(StrEnum):
    BOOKED = "booked"
    ARRIVED = "arrived"
    READY = "ready"
    DOSING = "dosing"
    MONITORING = "monitoring"
    DISCHARGEABLE = "dischargeable"
    COMPLETED = "completed"
    ABORTED = "aborted"
    MISSED = "missed"
    CANCELLED = "cancelled"
    VOIDED = "voided"


# The whole state machine. An arrow that is not drawn here cannot happen.
ARROWS: Final[Mapping[Status, tuple[Status, ...]]] = {
    Status.BOOKED: (Status.BOOKED, Status.ARRIVED, Status.CANCELLED, Status.MISSED),
    Status.ARRIVED: (Status.READY, Status.CANCELLED, Status.ABORTED),
    Status.READY: (Status.DOSING, Status.ARRIVED, Status.ABORTED),
    Status.DOSING: (Status.MONITORING, Status.ABORTED),
    Status.MONITORING: (Status.DISCHARGEABLE, Status.COMPLETED, Status.ABORTED),
    Status.DISCHARGEABLE: (Status.COMPLETED, Status.MONITORING, Status.ABORTED),
    Status.COMPLETED: (Status.VOIDED,),
    Status.ABORTED: (Status.VOIDED,),
    Status.MISSED: (Status.VOIDED,),
    Status.CANCELLED: (),
    Status.VOIDED: (),
}
AT_THE_CLINIC: Final = (
    Status.ARRIVED,
    Status.READY,
    Status.DOSING,
    Status.MONITORING,
    Status.DISCHARGEABLE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Asked to do something, it answers with a fact, or refuses. `after` a fact comes the next."""

    id: str
    patient_id: str
    location_id: str
    plan_id: str
    infusion_number: int  # as booked; what it was is settled when it is completed
    visit: Visit | None = None
    status: Status = Status.BOOKED
    facts: Mapping[str, Known] = field(default_factory=dict)
    order: DoseOrder | None = None
    dosing_started_at: datetime | None = None
    dosing_ended_at: datetime | None = None
    discharge: str | None = None
    adverse_event_grade_max: int = 0
    ended_at: datetime | None = None
    changes: tuple[Change, ...] = ()
    revision: int = 0

    def book(self, visit: Visit, *, noted: Noted | None = None, is_held: bool = False) -> Booked:
        return Booked(visit, noted, is_held)

    def reschedule(self, visit: Visit, *, noted: Noted | None = None) -> Rescheduled:
        self._may_become(Status.BOOKED)
        return Rescheduled(visit, self.booked_visit.starts_at, noted)

    def cancel(self, reason: str, *, noted: Noted, in_good_time: timedelta) -> Cancelled:
        """Later than `in_good_time` before the visit it is at short notice."""
        self._may_become(Status.CANCELLED)
        is_soon = self.booked_visit.starts_at - noted.at < in_good_time
        return Cancelled(reason, is_soon, noted)

    def miss(self, *, now: datetime) -> Missed:
        self._may_become(Status.MISSED)
        if now < self.booked_visit.starts_at:
            raise NotYetMissed
        return Missed()

    def arrive(self, *, now: datetime) -> Arrived:
        self._may_become(Status.ARRIVED)
        return Arrived(now)

    def check(self, facts: Mapping[str, Known]) -> Checked:
        self._only_while("A bedside check", AT_THE_CLINIC)
        return Checked(facts)

    def order_dose(self, order: DoseOrder) -> DoseOrdered:
        self._only_while("Ordering a dose", (Status.ARRIVED, Status.READY))
        return DoseOrdered(order)

    def verify_dose(self, number: int, *, by: str, receipt: Receipt) -> DoseVerified:
        """A second person confirms the newest order; with every gate open, the patient is ready."""
        self._may_become(Status.READY)
        if self.order is None or self.order.number != number:
            raise NoDoseOrdered
        if by == self.order.ordered_by:
            raise SecondPersonNeeded
        self._still_weighs(self.order)
        all_open(receipt)
        return DoseVerified(replace(self.order, verified_by=by), receipt)

    def start_dosing(self, route: str, *, now: datetime, receipt: Receipt) -> DosingStarted:
        """The gates are asked again: what was true at the verification may have changed."""
        self._may_become(Status.DOSING)
        all_open(receipt)
        if self.order is None or self.order.verified_by is None:
            raise NoDoseOrdered
        self._still_weighs(self.order)
        return DosingStarted(now, self.order, route, receipt)

    def stop_dosing(self, *, now: datetime) -> DosingStopped:
        self._may_become(Status.MONITORING)
        return DosingStopped(now)

    def assess_discharge(self, facts: Mapping[str, Known], receipt: Receipt) -> DischargeAssessed:
        self._only_while("A discharge assessment", (Status.MONITORING, Status.DISCHARGEABLE))
        return DischargeAssessed(facts, receipt)

    def complete(
        self, course: Course, *, discharge: str, grade: int, receipt: Receipt, now: datetime
    ) -> Completed:
        """Discharged with every gate open; or against advice, which is a decision of the patient's
        own: possible as soon as dosing has ended, and told as such."""
        self._may_become(Status.COMPLETED)
        if discharge != AGAINST_ADVICE:
            self._only_while("A discharge as planned", (Status.DISCHARGEABLE,))
            all_open(receipt)
        return Completed(now, course, discharge, grade)

    def abort(self, reason: str, *, now: datetime) -> Aborted:
        self._may_become(Status.ABORTED)
        return Aborted(now, reason)

    def void(self, reason: str, *, now: datetime) -> Voided:
        self._may_become(Status.VOIDED)
        return Voided(now, reason)

    @property
    def booked_visit(self) -> Visit:
        assert self.visit is not None, "A session has a visit from its first fact on."
        return self.visit

    def after(self, fact: Fact) -> Self:  # noqa: C901  # one arm a fact
        following = replace(self, revision=self.revision + 1)
        match fact:
            case Booked(visit) | Rescheduled(visit):
                changes = self._changes_with(fact)
                return replace(following, status=Status.BOOKED, visit=visit, changes=changes)
            case Cancelled():
                changes = self._changes_with(fact)
                return replace(following, status=Status.CANCELLED, changes=changes)
            case Missed():
                return replace(following, status=Status.MISSED)
            case Arrived():
                return replace(following, status=Status.ARRIVED)
            case Checked(facts):
                return replace(following, facts={**self.facts, **facts})
            case DoseOrdered(order):  # a new order takes the old one's verification with it
                return replace(following, status=Status.ARRIVED, order=order)
            case DoseVerified(order, _):
                return replace(following, status=Status.READY, order=order)
            case DosingStarted(at, _, _, _):
                return replace(following, status=Status.DOSING, dosing_started_at=at)
            case DosingStopped(at):
                return replace(following, status=Status.MONITORING, dosing_ended_at=at)
            case DischargeAssessed(facts, receipt):
                status = Status.MONITORING if receipt.blocking else Status.DISCHARGEABLE
                return replace(following, status=status, facts={**self.facts, **facts})
            case Completed(at, course, discharge, grade):
                return replace(
                    following,
                    status=Status.COMPLETED,
                    infusion_number=course.infusion_number,
                    ended_at=at,
                    discharge=discharge,
                    adverse_event_grade_max=grade,
                )
            case Aborted(at, _):
                return replace(following, status=Status.ABORTED, ended_at=at)
            case Voided():
                return replace(following, status=Status.VOIDED)
            case _:
                assert_never(fact)

    def _changes_with(self, fact: Booked | Rescheduled | Cancelled) -> tuple[Change, ...]:
        match fact:
            case Booked(visit, Noted() as noted):
                return (*self.changes, history.booked(visit, noted))
            case Rescheduled(visit, _, Noted() as noted):
                return (*self.changes, history.rescheduled(self.visit, visit, noted))
            case Cancelled(reason, _, Noted() as noted):
                return (*self.changes, history.cancelled(self.visit, reason, noted))
            case _:
                return self.changes

    def _may_become(self, status: Status) -> None:
        allowed = ARROWS[self.status]
        if status not in allowed:
            raise NotAllowed(self.status, status, allowed=allowed)

    def _still_weighs(self, order: DoseOrder) -> None:
        weight = self.facts.get("weight_kg")
        if weight is None or weight.value != order.weight_kg:
            raise WeightChanged

    def _only_while(self, what: str, allowed: tuple[Status, ...]) -> None:
        if self.status not in allowed:
            raise NotNow(what, self.status, allowed=allowed)


def all_open(receipt: Receipt) -> None:
    if receipt.blocking:
        raise GatesBlock(receipt)
