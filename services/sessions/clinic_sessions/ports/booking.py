"""What the handlers need from the outside world: plans and bookings."""

from collections.abc import Iterable, Sequence, Set
from datetime import datetime
from typing import Protocol as Port

from clinic_sessions.domain.booking.around import Around
from clinic_sessions.domain.booking.hold import Hold, HoldFact
from clinic_sessions.domain.booking.plan import Fact as PlanFact
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.facts import Fact
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.session import Session


class Plans(Port):
    """Every plan. `open` and `record` save and announce, or do neither."""

    async def get(self, plan_id: str) -> Plan:
        """The plan, or PlanNotFound."""
        ...

    async def of_patient(self, patient_id: str) -> Sequence[Plan]:
        """All of them, by their ids."""
        ...

    async def many(self, plan_ids: Iterable[str]) -> Sequence[Plan]:
        """Those of them that are there, by their ids."""
        ...

    async def open(self, plan: Plan) -> None:
        """Add a new one; opening the same one again changes nothing."""
        ...

    async def record(self, plan: Plan, fact: PlanFact) -> Plan:
        """The plan after the fact, or Conflict if someone else was faster."""
        ...

    async def queue_for(self, plan: Plan) -> None:
        """Until the end of the transaction nobody else books for this plan."""
        ...


class Sessions(Port):
    """Every session, and what each takes up. `record` saves and announces, or does neither."""

    async def get(self, session_id: str) -> Session:
        """The session, or SessionNotFound."""
        ...

    async def record(self, session: Session, fact: Fact) -> Session:
        """The session after the fact, with all its visit's reservations taken or given back.

        Raises SlotTaken when one of them is not free, Conflict if someone else was faster,
        AlreadyHere when it would be the second of one patient at the clinic: in a transaction that
        is open, at its end at the latest.
        """
        ...

    async def of_plan(self, plan_id: str) -> Sequence[Session]:
        """By their times; those cancelled, missed, aborted or voided left out."""
        ...

    async def times_of(self, plan_id: str, *, without: str | None = None) -> list[datetime]:
        """When the plan's other sessions begin, those cancelled, missed or voided left out."""
        ...

    async def last_dosed(
        self, patient_id: str, route: str | None = None, *, without: str
    ) -> Session | None:
        """The session in which the patient was last dosed, by this route if one is named; one that
        was broken off or voided counts, unless it was voided because there was no dose."""
        ...

    async def not_over_at(self, location_id: str, now: datetime) -> list[Session]:
        """The location's bookings whose end is to come, and those whose patients are there, by
        their start; what is cancelled, missed or ended left out."""
        ...

    async def overrunning_at(self, location_id: str, now: datetime) -> list[Session]:
        """Those whose patients are there although their visits have ended; the first to have ended
        first."""
        ...

    async def around(
        self,
        plan: Plan,
        *,
        since: datetime,
        until: datetime,
        now: datetime,
        without: Set[str] = frozenset(),
    ) -> Around:
        """What is taken at the plan's location from `since` until `until`, and of its patient
        anywhere; and when the plan's other sessions begin, whenever that is.

        By sessions that take place and by holds that have not expired; not by those sessions
        `without`. There may be some of the days before and after, too.
        """
        ...

    async def elsewhere(
        self,
        location: Location,
        *,
        since: datetime,
        until: datetime,
        now: datetime,
        without: Set[str] = frozenset(),
    ) -> Around:
        """As `around`: what the location's people have at other places, by their names here. Of
        those alone whom the documents have as one person. No times."""
        ...


class Holds(Port):
    """Every hold. Its seats are taken under the name of the session it will be."""

    async def get(self, hold_id: str) -> Hold:
        """The hold, or HoldNotFound."""
        ...

    async def record(self, hold: Hold, fact: HoldFact) -> Hold:
        """The hold after the fact, its seats taken, given back, or left to its session. What the
        booking has that it would stand instead of is not taken a second time.

        Raises SlotTaken when one of them is not free, Conflict if someone else was faster,
        HoldHasEnded when the seats that it would leave to its session were given back: the first
        two in a transaction that is open at its end at the latest.
        """
        ...

    async def pending_of(self, plan_id: str, starts_at: datetime, *, now: datetime) -> Hold | None:
        """The plan's hold at that time, as long as it keeps its seats."""
        ...

    async def all_pending_of(self, plan_id: str, *, now: datetime) -> Sequence[Hold]:
        """The plan's holds that keep their seats, by their times."""
        ...

    async def pending_at(self, location_id: str, *, now: datetime) -> Sequence[Hold]:
        """All holds at the location that keep their seats, by their times."""
        ...

    async def free_expired(self, hold_ids: Iterable[str], *, now: datetime) -> None:
        """Give back the seats of those of them that have expired.

        In the transaction that needs the seats: nothing else ever has to do it.
        """
        ...
