"""Consultations, and whose time they take up.

Taken time is a row whose id is who and when. Two consultations cannot have one row: the database
refuses the second, whatever either of them had read before.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Self, cast

from clinic_events.ports import Database, Document, DuplicateKey, Outbox
from clinic_intake.domain.consultation import Booked, Cancelled, Consultation, Fact, Status
from clinic_intake.domain.errors import ConsultationNotFound, SlotTaken
from clinic_intake.publishing import of_consultation
from clinic_intake.store import documents
from clinic_intake.store.aggregates import Aggregates


class MongoConsultations:
    """The port `Consultations`, in the collections `consultations` and `taken_slots`."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._slots = database.collection("taken_slots")
        self._kept = Aggregates[Consultation](
            database,
            outbox,
            database.collection("consultations"),
            of=documents.of_consultation,
            into=documents.consultation_in,
            missing=ConsultationNotFound,
        )

    @classmethod
    async def open_in(cls, database: Database, outbox: Outbox) -> Self:
        rows, slots = database.collection("consultations"), database.collection("taken_slots")
        await rows.create_index([("patient_id", 1), ("status", 1), ("held_at", -1)])
        await slots.create_index([("consultation_id", 1)])
        await slots.create_index([("_id.who", 1), ("_id.at", 1)])
        return cls(database, outbox)

    async def get(self, consultation_id: str) -> Consultation:
        return await self._kept.get(consultation_id)

    async def record(self, consultation: Consultation, fact: Fact) -> Consultation:
        after = consultation.after(fact)
        try:
            await self._database.transaction(lambda: self._record(consultation, after, fact))
        except DuplicateKey as refused:
            raise _taken(refused, after) from None
        return after

    async def booked_of(self, patient_id: str) -> list[Consultation]:
        return await self._kept.all({"patient_id": patient_id, "status": Status.BOOKED.value})

    async def newest_held(self, patient_id: str) -> Consultation | None:
        where = {"patient_id": patient_id, "status": Status.HELD.value}
        document = await self._kept.rows.find_one(where, sort=[("held_at", -1)])
        return None if document is None else documents.consultation_in(document)

    async def busy(
        self, who: Collection[str], *, since: datetime, until: datetime
    ) -> set[tuple[str, datetime]]:
        where = {"_id.who": {"$in": sorted(who)}, "_id.at": {"$gte": since, "$lt": until}}
        rows = await self._slots.find(where, fields=["_id"])
        return {(row["_id"]["who"], row["_id"]["at"]) for row in rows}

    async def _record(self, before: Consultation, after: Consultation, fact: Fact) -> None:
        if isinstance(fact, Booked | Cancelled):
            await self._slots.delete_many({"consultation_id": before.id})
        if isinstance(fact, Booked):
            await self._take(after)
        await self._kept.save(before, after, of_consultation(after, fact))

    async def _take(self, consultation: Consultation) -> None:
        slot = consultation.slot
        await self._slots.insert_many(
            [
                {"_id": {"who": who, "at": slot.starts_at}, "consultation_id": consultation.id}
                for who in (slot.clinician, consultation.patient_id)
            ]
        )


def _taken(refused: DuplicateKey, wanted: Consultation) -> SlotTaken:
    slot = cast(Document, refused.key["_id"])
    resource = "patient" if slot["who"] == wanted.patient_id else "clinician"
    return SlotTaken(resource, slot["at"])
