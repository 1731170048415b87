"""Stand-ins of the ports of sessions that keep the promises of the stores."""

from datetime import datetime
from typing import TypeAlias

from clinic_platform.testing import InMemoryOutbox
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.bedside.standing import Standing
from clinic_sessions.domain.booking.plan import Fact as PlanFact
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.booking.visit import PATIENT, Reservation, names_of
from clinic_sessions.domain.calls import Call
from clinic_sessions.domain.errors import (
    Conflict,
    LocationNotFound,
    PlanNotFound,
    SessionNotFound,
    SlotTaken,
)
from clinic_sessions.domain.facts import (
    Aborted,
    Booked,
    Cancelled,
    Fact,
    Missed,
    Rescheduled,
    Voided,
)
from clinic_sessions.domain.places.location import Described, Location
from clinic_sessions.domain.session import Session, Status
from clinic_sessions.publishing import of_call, of_location, of_plan, of_session

Slot: TypeAlias = tuple[str, str, datetime]  # where, what, when

GONE = (Status.CANCELLED, Status.MISSED, Status.ABORTED, Status.VOIDED)


class InMemoryLocations:
    def __init__(self, outbox: InMemoryOutbox) -> None:
        self.rows: dict[str, Location] = {}
        self._outbox = outbox

    async def get(self, location_id: str) -> Location:
        if location_id not in self.rows:
            raise LocationNotFound
        return self.rows[location_id]

    async def record(self, location: Location, described: Described) -> Location:
        known = self.rows.get(location.id)
        if (0 if known is None else known.revision) != location.revision:
            raise Conflict
        after = self.rows[location.id] = location.after(described)
        await self._outbox.append(of_location(after), sequence=after.revision)
        return after


class InMemoryPlans:
    def __init__(self, outbox: InMemoryOutbox) -> None:
        self.rows: dict[str, Plan] = {}
        self._outbox = outbox

    async def get(self, plan_id: str) -> Plan:
        if plan_id not in self.rows:
            raise PlanNotFound
        return self.rows[plan_id]

    async def open(self, plan: Plan) -> None:
        if plan.id not in self.rows:
            await self._keep(plan, plan.start())

    async def record(self, plan: Plan, fact: PlanFact) -> Plan:
        if self.rows[plan.id].revision != plan.revision:
            raise Conflict
        return await self._keep(plan, fact)

    async def queue_for(self, plan: Plan) -> None:
        """Nobody else is here."""

    async def _keep(self, plan: Plan, fact: PlanFact) -> Plan:
        after = self.rows[plan.id] = plan.after(fact)
        await self._outbox.append(*of_plan(after, fact), sequence=after.revision)
        return after


class InMemorySessions:
    def __init__(self, outbox: InMemoryOutbox) -> None:
        self.rows: dict[str, Session] = {}
        self._taken: dict[Slot, str] = {}
        self._outbox = outbox

    async def get(self, session_id: str) -> Session:
        if session_id not in self.rows:
            raise SessionNotFound
        return self.rows[session_id]

    async def record(self, session: Session, fact: Fact) -> Session:
        taken = self._taken_after(session, fact)
        known = self.rows.get(session.id)
        if (0 if known is None else known.revision) != session.revision:
            raise Conflict
        after = self.rows[session.id] = session.after(fact)
        self._taken = taken
        await self._outbox.append(*of_session(after, fact), sequence=after.revision)
        return after

    async def times_of(self, plan_id: str, *, without: str | None = None) -> list[datetime]:
        others = [s for s in self.rows.values() if s.plan_id == plan_id and s.id != without]
        return sorted(s.booked_visit.starts_at for s in others if s.status not in GONE)

    async def of_plan(self, plan_id: str) -> list[Session]:
        mine = [s for s in self.rows.values() if s.plan_id == plan_id and s.status not in GONE]
        return sorted(mine, key=lambda session: session.booked_visit.starts_at)

    async def busy(
        self, location: Location, patient_id: str, *, since: datetime, until: datetime
    ) -> set[tuple[str, datetime]]:
        details = location.details
        here = {(location.id, name) for name in names_of((*details.chairs, *details.staff))}
        wanted = {*here, ("anywhere", patient_id)}
        return {
            (what, at)
            for where, what, at in self._taken
            if (where, what) in wanted and since <= at < until
        }

    def _taken_after(self, session: Session, fact: Fact) -> dict[Slot, str]:
        others = {slot: of for slot, of in self._taken.items() if of != session.id}
        match fact:
            case Booked(visit) | Rescheduled(visit, _):
                for reservation in visit.reservations:
                    for slot in _slots(session, reservation):
                        if slot in others:
                            raise _refusal(reservation, slot)
                        others[slot] = session.id
                return others
            case Cancelled() | Missed() | Aborted() | Voided():
                return others
            case _:
                return self._taken


def _slots(session: Session, taken: Reservation) -> list[Slot]:
    where = "anywhere" if taken.kind == PATIENT else session.location_id
    return [(where, taken.resource, at) for at in taken.slots()]


def _refusal(taken: Reservation, slot: Slot) -> SlotTaken:
    name = PATIENT if taken.kind == PATIENT else taken.resource
    return SlotTaken(taken.kind, name, slot[2])


class InMemoryStandings:
    def __init__(self) -> None:
        self.rows: dict[str, Standing] = {}

    async def get(self, patient_id: str) -> Standing:
        return self.rows.get(patient_id, Standing(patient_id=patient_id))

    async def keep(self, standing: Standing) -> None:
        self.rows[standing.patient_id] = standing


class InMemoryReadings:
    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, int], Reading] = {}

    async def add(self, reading: Reading) -> bool:
        key = (reading.session_id, reading.device, reading.sequence)
        is_new = key not in self.rows
        self.rows.setdefault(key, reading)
        return is_new

    async def of_session(self, session_id: str) -> list[Reading]:
        mine = [reading for reading in self.rows.values() if reading.session_id == session_id]
        return sorted(mine, key=lambda reading: reading.taken_at)


class InMemoryCalls:
    def __init__(self, outbox: InMemoryOutbox) -> None:
        self.rows: dict[str, Call] = {}
        self._outbox = outbox

    async def make(self, call: Call) -> bool:
        if call.id in self.rows:
            return False
        self.rows[call.id] = call
        await self._outbox.append(of_call(call), sequence=1)
        return True
