"""Stand-ins of the ports of sessions that keep the promises of the stores."""

from collections.abc import Iterable

from clinic_platform.testing import InMemoryOutbox
from clinic_sessions.domain.bedside.note import Fact as NoteFact
from clinic_sessions.domain.bedside.note import Note
from clinic_sessions.domain.bedside.standing import Standing
from clinic_sessions.domain.booking.plan import Fact as PlanFact
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.errors import Conflict, LocationNotFound, PlanNotFound
from clinic_sessions.domain.places.location import Described, Location
from clinic_sessions.publishing import of_location, of_plan


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

    async def of_patient(self, patient_id: str) -> list[Plan]:
        mine = [plan for plan in self.rows.values() if plan.patient_id == patient_id]
        return sorted(mine, key=lambda plan: plan.id)

    async def many(self, plan_ids: Iterable[str]) -> list[Plan]:
        return [self.rows[one] for one in sorted(set(plan_ids)) if one in self.rows]

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


class InMemoryStandings:
    def __init__(self) -> None:
        self.rows: dict[str, Standing] = {}

    async def get(self, patient_id: str) -> Standing:
        return self.rows.get(patient_id, Standing(patient_id=patient_id))

    async def keep(self, standing: Standing) -> None:
        self.rows[standing.patient_id] = standing


class InMemoryNotes:
    def __init__(self) -> None:
        self.rows: dict[str, Note] = {}

    async def get(self, session_id: str) -> Note:
        return self.rows.get(session_id, Note(session_id=session_id))

    async def record(self, note: Note, fact: NoteFact) -> Note:
        if (await self.get(note.session_id)).revision != note.revision:
            raise Conflict
        after = self.rows[note.session_id] = note.after(fact)
        return after
