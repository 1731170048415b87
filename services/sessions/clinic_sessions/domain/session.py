"""The life of a session.

Pure: standard library and the engine of decisions. Time comes in as an argument, what happened goes
out as a fact. A session changes only by a fact, so nothing about it can change unannounced.

Here is what a session is, and its booking. What is done at the bedside is in `domain/bedside`: a
function that takes the session and answers with the fact, or refuses. What each fact changes is in
`changes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside.adverse_event import AdverseEvent
from clinic_sessions.domain.bedside.dose import DoseOrder
from clinic_sessions.domain.bedside.ends import AGAINST_ADVICE, AgainstAdvice, Correction, Extension
from clinic_sessions.domain.bedside.giving import DeviceGiven, RateSet, mg_given
from clinic_sessions.domain.bedside.orders import OrderEntry
from clinic_sessions.domain.bedside.rules import BedsideRules
from clinic_sessions.domain.bedside.waiver import GateWaiver
from clinic_sessions.domain.booking.history import Change, Noted
from clinic_sessions.domain.booking.visit import Reservation, Visit
from clinic_sessions.domain.changes import changed_by
from clinic_sessions.domain.errors import (
    ArrivedTooEarly,
    NotAllowed,
    NotNow,
    NotYetMissed,
    VisitIsOver,
)
from clinic_sessions.domain.facts import (
    Arrived,
    Booked,
    Cancelled,
    Checked,
    Course,
    Fact,
    Missed,
    Rescheduled,
)
from clinic_sessions.domain.status import ARROWS, AT_THE_CLINIC, Status

__all__ = ["AGAINST_ADVICE", "ARROWS", "AT_THE_CLINIC", "Session", "Status"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Asked to do something, it answers with a fact, or refuses. `after` a fact comes the next.

    `facts` are those of the gates, the newest of each. The patient's own baseline is the watch's.
    """

    id: str
    patient_id: str
    location_id: str
    plan_id: str
    infusion_number: int  # as booked; what it was is settled when it is completed
    visit: Visit | None = None
    status: Status = Status.BOOKED
    facts: Mapping[str, Known] = field(default_factory=dict)
    waivers: tuple[GateWaiver, ...] = ()
    order: DoseOrder | None = None
    route: str | None = None
    dosing_started_at: datetime | None = None
    dissociation_before: float | None = None  # 0 to 10, as it was noted last before dosing
    dosing_ended_at: datetime | None = None
    stopped_because: str | None = None
    rates: tuple[RateSet, ...] = ()
    devices: tuple[DeviceGiven, ...] = ()
    orders: tuple[OrderEntry, ...] = ()
    adverse_events: tuple[AdverseEvent, ...] = ()
    extension: Extension | None = None
    course: Course | None = None
    discharge: str | None = None
    against_advice: AgainstAdvice | None = None
    adverse_event_grade_max: int = 0
    ended_at: datetime | None = None
    changes: tuple[Change, ...] = ()
    corrections: tuple[Correction, ...] = ()
    note_signed_at: datetime | None = None
    voided_without_dose: bool = False
    revision: int = 0

    def book(
        self,
        visit: Visit,
        *,
        noted: Noted | None = None,
        is_held: bool = False,
        gap_days: float = 0.0,
    ) -> Booked:
        return Booked(visit, noted, is_held, gap_days)

    def reschedule(
        self,
        visit: Visit,
        *,
        noted: Noted | None = None,
        gap_days: float = 0.0,
        in_good_time: timedelta = timedelta(),
    ) -> Rescheduled:
        """Later than `in_good_time` before the visit as it was, it is at short notice: as late as a
        cancellation would be, whenever the visit is to be now."""
        self.may_become(Status.BOOKED)
        is_soon = noted is not None and self._is_soon(noted.at, in_good_time)
        return Rescheduled(visit, self.booked_visit.starts_at, noted, gap_days, is_soon)

    def cancel(self, reason: str, *, noted: Noted, in_good_time: timedelta) -> Cancelled:
        """Later than `in_good_time` before the visit it is at short notice."""
        self.may_become(Status.CANCELLED)
        return Cancelled(reason, self._is_soon(noted.at, in_good_time), noted)

    def _is_soon(self, at: datetime, in_good_time: timedelta) -> bool:
        return self.booked_visit.starts_at - at < in_good_time

    def miss(self, *, now: datetime) -> Missed:
        self.may_become(Status.MISSED)
        if now < self.booked_visit.starts_at:
            raise NotYetMissed
        return Missed()

    def arrive(self, *, rules: BedsideRules, now: datetime) -> Arrived:
        """Neither long before the visit nor after it: what it needs is somebody else's then."""
        self.may_become(Status.ARRIVED)
        if now < self.booked_visit.starts_at - rules.arrive_early:
            raise ArrivedTooEarly(self.booked_visit.starts_at, rules.arrive_early)
        if now >= self.booked_visit.ends_at:
            raise VisitIsOver(self.booked_visit.ends_at)
        return Arrived(now)

    def check(self, facts: Mapping[str, Known]) -> Checked:
        self.only_while("A bedside check", AT_THE_CLINIC)
        return Checked(facts)

    def after(self, fact: Fact) -> "Session":
        return changed_by(fact, replace(self, revision=self.revision + 1))

    @property
    def had_dose(self) -> bool:
        """One began to go in, and no void states that it went into somebody else or into nobody."""
        return self.dosing_started_at is not None and not self.voided_without_dose

    @property
    def booked_visit(self) -> Visit:
        assert self.visit is not None, "A session has a visit from its first fact on."
        return self.visit

    @property
    def takes_up(self) -> tuple[Reservation, ...]:
        """What is the visit's until it ends; once it has, no more than up to there."""
        visit = self.booked_visit
        return visit.reservations if self.ended_at is None else visit.left_at(self.ended_at)

    @property
    def gap_days(self) -> float:
        """As it was reckoned when the visit got the time it has."""
        return self.changes[-1].gap_days if self.changes else 0.0

    def overruns_since(self, now: datetime) -> datetime | None:
        """The end of the visit, while the patient is still there after it."""
        ends_at = self.booked_visit.ends_at
        return ends_at if self.status in AT_THE_CLINIC and ends_at <= now else None

    @property
    def is_paused(self) -> bool:
        is_dosing = self.status is Status.DOSING
        return is_dosing and bool(self.rates) and self.rates[-1].rate_mg_per_min == 0

    @property
    def worst_grade(self) -> int:
        """Of its adverse events, to a clinician: 0 without any."""
        return max((event.account.grade_clinical for event in self.adverse_events), default=0)

    def mg_given(self, now: datetime) -> float | None:
        """So far, or in all: reckoned from the record. None before dosing, and for an injection."""
        if self.order is None or self.dosing_started_at is None:
            return None
        return mg_given(self.order, self.rates, self.devices, self.dosing_ended_at or now)

    def may_become(self, status: Status) -> None:
        """Raises NotAllowed where no arrow is drawn."""
        allowed = ARROWS[self.status]
        if status not in allowed:
            raise NotAllowed(self.status, status, allowed=allowed)

    def only_while(self, what: str, allowed: tuple[Status, ...]) -> None:
        """Raises NotNow in another status."""
        if self.status not in allowed:
            raise NotNow(what, self.status, allowed=allowed)
