"""Plans."""

from collections.abc import Iterable

from clinic_events.ports import Database, Outbox
from clinic_platform.clock import Clock
from clinic_sessions.domain.booking.plan import Fact, InfusionTakenBack, Plan
from clinic_sessions.domain.errors import Conflict, PlanNotFound
from clinic_sessions.publishing import of_plan
from clinic_sessions.store import documents


class MongoPlans:
    """The port `Plans`."""

    def __init__(self, database: Database, outbox: Outbox, clock: Clock) -> None:
        self._database = database
        self._rows = database.collection("plans")
        self._queues = database.collection("plan_queues")
        self._history = database.collection("plan_history")
        self._outbox = outbox
        self._clock = clock

    async def prepare(self) -> None:
        await self._rows.create_index([("patient_id", 1)])
        await self._history.create_index([("plan_id", 1), ("revision", 1)], unique=True)
        await self._queues.create_index([("taken", 1)])

    async def get(self, plan_id: str) -> Plan:
        document = await self._rows.find_one({"_id": plan_id})
        if document is None:
            raise PlanNotFound
        return documents.plan_in(document)

    async def of_patient(self, patient_id: str) -> list[Plan]:
        rows = await self._rows.find({"patient_id": patient_id}, sort=[("_id", 1)])
        return [documents.plan_in(row) for row in rows]

    async def many(self, plan_ids: Iterable[str]) -> list[Plan]:
        where = {"_id": {"$in": sorted(set(plan_ids))}}
        return [documents.plan_in(row) for row in await self._rows.find(where, sort=[("_id", 1)])]

    async def open(self, plan: Plan) -> None:
        await self._database.transaction(lambda: self._open(plan))

    async def record(self, plan: Plan, fact: Fact) -> Plan:
        after = plan.after(fact)
        await self._database.transaction(lambda: self._replace(plan, after, fact))
        return after

    async def queue_for(self, plan: Plan) -> None:
        """Two transactions that write one row cannot both commit: the later one runs again."""
        await self._queues.update_later({"_id": plan.id}, {"$inc": {"taken": 1}}, upsert=True)

    async def _open(self, plan: Plan) -> None:
        if await self._rows.find_one({"_id": plan.id}) is not None:
            return
        started = plan.start()
        after = plan.after(started)
        await self._rows.insert_one(documents.of_plan(after))
        await self._remember(after, started)
        await self._outbox.append(*of_plan(after, started), sequence=after.revision)

    async def _replace(self, before: Plan, after: Plan, fact: Fact) -> None:
        where = {"_id": before.id, "revision": before.revision}
        await self._rows.replace_later(where, documents.of_plan(after), otherwise=Conflict())
        await self._remember(after, fact)
        await self._outbox.append(*of_plan(after, fact), sequence=after.revision)

    async def _remember(self, after: Plan, fact: Fact) -> None:
        """The plan as it is from now on: when that was so, and when it was recorded."""
        known_at = self._clock()
        at = known_at if isinstance(fact, InfusionTakenBack) else fact.at
        names = {"_id": f"{after.id}/{after.revision}", "plan_id": after.id}
        row = {**documents.of_plan(after), **names, "at": at, "known_at": known_at}
        await self._history.insert_later([row])
