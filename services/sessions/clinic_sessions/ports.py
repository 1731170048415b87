"""What the handlers need from the outside world."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol as Port
from typing import TypeAlias

from clinic_platform.decisions import Receipt
from clinic_sessions.domain.facts import Fact
from clinic_sessions.domain.location import Described, Location
from clinic_sessions.domain.plan import Fact as PlanFact
from clinic_sessions.domain.plan import Plan
from clinic_sessions.domain.protocol import Protocol
from clinic_sessions.domain.reading import Reading
from clinic_sessions.domain.session import Session
from clinic_sessions.domain.standing import Standing

# By name and version: a plan keeps the version it was started with.
Protocols: TypeAlias = Mapping[tuple[str, int], Protocol]


class Locations(Port):
    """Every location. `record` saves and announces, or does neither."""

    async def get(self, location_id: str) -> Location:
        """The location, or LocationNotFound."""
        ...

    async def record(self, location: Location, described: Described) -> Location:
        """The location after the fact, or Conflict if someone else was faster."""
        ...


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

    async def busy(
        self, location: Location, patient_id: str, *, since: datetime, until: datetime
    ) -> set[tuple[str, datetime]]:
        """The slots taken, by resource."""
        ...


class Standings(Port):
    """What was heard of each patient."""

    async def get(self, patient_id: str) -> Standing:
        """An empty one when nothing was heard."""
        ...

    async def keep(self, standing: Standing) -> None: ...


class Readings(Port):
    async def add(self, reading: Reading) -> bool:
        """False when this device's reading of this number is there already."""
        ...

    async def of_session(self, session_id: str) -> list[Reading]:
        """By the time they were taken."""
        ...


class Receipts(Port):
    """Decisions, kept as they were made."""

    async def keep(self, session_id: str, purpose: str, receipt: Receipt) -> None: ...
