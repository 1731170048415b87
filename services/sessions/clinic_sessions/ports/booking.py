"""What the handlers need from the outside world: plans and bookings."""

from datetime import datetime
from typing import Protocol as Port

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
        """The session after the fact, with its chair, nurse and patient taken or given back.

        Raises SlotTaken when one of them is not free, Conflict if someone else was faster.
        """
        ...

    async def times_of(self, plan_id: str, *, without: str | None = None) -> list[datetime]:
        """When the plan's other sessions begin, those cancelled, missed or voided left out."""
        ...

    async def of_plan(self, plan_id: str) -> list[Session]:
        """The plan's sessions by their start, those cancelled, missed or voided left out."""
        ...

    async def busy(
        self, location: Location, patient_id: str, *, since: datetime, until: datetime
    ) -> set[tuple[str, datetime]]:
        """The slots taken, by resource."""
        ...
