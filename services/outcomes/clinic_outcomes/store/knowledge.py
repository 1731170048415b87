"""Places, patients, plans and doses as received from other services, kept in MongoDB."""

from dataclasses import asdict
from datetime import datetime
from typing import Self

from clinic_events.ports import Database, Document
from clinic_outcomes.domain.place import Crisis, Place
from clinic_outcomes.domain.treatment import Dose, Plan, Treatment
from clinic_platform.together import together


class MongoPlaces:
    """The port `Places`."""

    def __init__(self, database: Database) -> None:
        self._places = database.collection("places")

    async def keep(self, place: Place) -> None:
        known = await self.find(place.location_id)
        if known is None or known.version < place.version:
            document = {"_id": place.location_id, **asdict(place)}
            await self._places.replace_one({"_id": place.location_id}, document, upsert=True)

    async def find(self, location_id: str) -> Place | None:
        found = await self._places.find_one({"_id": location_id})
        return None if found is None else _place(found)


class MongoTreatments:
    """The port `Treatments`."""

    def __init__(self, database: Database) -> None:
        self._patients = database.collection("patients")
        self._plans = database.collection("plans")
        self._doses = database.collection("doses")

    @classmethod
    async def open_in(cls, database: Database) -> Self:
        await database.collection("plans").create_index([("patient_id", 1), ("started_at", -1)])
        await database.collection("doses").create_index([("patient_id", 1), ("started_at", 1)])
        return cls(database)

    async def know_patient(self, patient_id: str, location_id: str) -> None:
        change = {"$set": {"patient_id": patient_id, "location_id": location_id}}
        await self._patients.update_one({"_id": patient_id}, change, upsert=True)

    async def erase(self, patient_id: str, location_id: str, *, at: datetime) -> None:
        await self.know_patient(patient_id, location_id)
        await self._patients.update_one({"_id": patient_id}, {"$min": {"erased_at": at}})

    async def is_erased(self, patient_id: str) -> bool:
        return await self._patients.count({"_id": patient_id, "erased_at": {"$exists": True}}) > 0

    async def start_plan(self, plan: Plan) -> None:
        document = {"_id": plan.id, **asdict(plan)}
        await self._plans.replace_one({"_id": plan.id}, document, upsert=True)

    async def record_dose(self, dose: Dose) -> None:
        document = {**asdict(dose), "is_voided": False}
        await self._keep_newest(dose.session_id, document)

    async def void_dose(self, session_id: str, patient_id: str, *, version: int) -> None:
        voided = {"patient_id": patient_id, "version": version, "is_voided": True}
        await self._keep_newest(session_id, voided)

    async def is_voided(self, session_id: str) -> bool:
        return await self._doses.count({"_id": session_id, "is_voided": True}) > 0

    async def of_patient(self, patient_id: str) -> Treatment:
        mine: Document = {"patient_id": patient_id}
        standing = {**mine, "is_voided": False}
        plan, doses = await together(
            self._plans.find_one(mine, sort=[("started_at", -1)]),
            self._doses.find(standing, sort=[("started_at", 1)]),
        )
        return Treatment(
            plan=None if plan is None else _plan(plan), doses=tuple(_dose(d) for d in doses)
        )

    async def _keep_newest(self, session_id: str, document: Document) -> None:
        """The database compares: nobody waits for what is there, nor for it to be written."""
        is_older: Document = {
            "$lt": ["$version", document["version"]]
        }  # none is below every number
        newest = {"$mergeObjects": ["$$ROOT", {"$literal": document}]}
        change = [{"$replaceWith": {"$cond": [is_older, newest, "$$ROOT"]}}]
        await self._doses.update_later({"_id": session_id}, change, upsert=True)


def _place(found: Document) -> Place:
    return Place(
        location_id=found["_id"],
        version=found["version"],
        display_name=found["display_name"],
        zone=found["zone"],
        crisis=Crisis(**found["crisis"]),
    )


def _plan(found: Document) -> Plan:
    return Plan(
        id=found["_id"],
        patient_id=found["patient_id"],
        location_id=found["location_id"],
        started_at=found["started_at"],
    )


def _dose(found: Document) -> Dose:
    """One that was kept before its surveys had a name is followed by the usual ones."""
    return Dose(**{name: found[name] for name in Dose.__slots__ if name in found})
