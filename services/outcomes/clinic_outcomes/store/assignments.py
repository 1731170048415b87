"""Assignments, kept in MongoDB. Secrets and credentials only as prints."""

from typing import Self

from clinic_events.ports import Database, Document, Outbox
from clinic_outcomes.domain.assignment import Assignment, Fact, SittingBegan, Status
from clinic_outcomes.domain.errors import Conflict, SurveyNotFound
from clinic_outcomes.publishing import of_assignment, survey_due

_PLAIN = (
    "patient_id",
    "location_id",
    "about",
    "survey",
    "instrument",
    "instrument_version",
    "is_baseline",
    "due_at",
    "expires_at",
    "secret",
    "draft",
    "ended_at",
    "reason",
    "revision",
)


class MongoAssignments:
    """The port `Assignments`."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._assignments = database.collection("assignments")
        self._outbox = outbox

    @classmethod
    async def open_in(cls, database: Database, outbox: Outbox) -> Self:
        assignments = database.collection("assignments")
        await assignments.create_index([("secret", 1)], unique=True)
        await assignments.create_index([("patient_id", 1), ("due_at", 1)])
        sitting = {"sitting.fingerprint": {"$exists": True}}
        await assignments.create_index([("sitting.fingerprint", 1)], unique=True, partial=sitting)
        return cls(database, outbox)

    async def open(self, assignment: Assignment, *, sealed_secret: str) -> None:
        async def work() -> None:
            await self._assignments.insert_one(_document(assignment))
            due = survey_due(assignment, sealed_secret)
            await self._outbox.append(due, sequence=assignment.revision)

        await self._database.transaction(work)

    async def get(self, assignment_id: str) -> Assignment:
        return await self._one({"_id": assignment_id})

    async def by_secret(self, fingerprint: str) -> Assignment:
        return await self._one({"secret": fingerprint})

    async def by_sitting(self, fingerprint: str) -> Assignment:
        return await self._one({"sitting.fingerprint": fingerprint})

    async def open_ones_of(self, patient_id: str) -> list[Assignment]:
        where = {"patient_id": patient_id, "status": Status.OPEN.value}
        return [_assignment(d) for d in await self._assignments.find(where, sort=[("due_at", 1)])]

    async def record(self, assignment: Assignment, fact: Fact) -> Assignment:
        after = assignment.after(fact)

        async def work() -> None:
            where = {"_id": assignment.id, "revision": assignment.revision}
            if not await self._assignments.replace_one(where, _document(after)):
                raise Conflict
            events = of_assignment(after, fact)
            if events:
                await self._outbox.append(*events, sequence=after.revision)

        await self._database.transaction(work)
        return after

    async def _one(self, where: Document) -> Assignment:
        found = await self._assignments.find_one(where)
        if found is None:
            raise SurveyNotFound
        return _assignment(found)


def _document(assignment: Assignment) -> Document:
    document: Document = {"_id": assignment.id, "status": assignment.status.value}
    document |= {name: getattr(assignment, name) for name in _PLAIN}
    if (sitting := assignment.sitting) is not None:
        document["sitting"] = {"fingerprint": sitting.fingerprint, "until": sitting.until}
    return document


def _assignment(found: Document) -> Assignment:
    return Assignment(
        id=found["_id"],
        status=Status(found["status"]),
        sitting=SittingBegan(**found["sitting"]) if "sitting" in found else None,
        **{name: found[name] for name in _PLAIN},
    )
