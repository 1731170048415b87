"""What was heard of patients, read at the bedside, and decided."""

from datetime import datetime

from clinic_events.ports import Database
from clinic_platform.ids import new_id
from clinic_sessions.domain.bedside.gates import Gates
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.bedside.standing import Standing
from clinic_sessions.domain.session import Session
from clinic_sessions.store import documents


class MongoStandings:
    """The port `Standings`."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("standings")

    async def get(self, patient_id: str) -> Standing:
        document = await self._rows.find_one({"_id": patient_id})
        if document is None:
            return Standing(patient_id=patient_id)
        return documents.standing_in(document)

    async def keep(self, standing: Standing) -> None:
        document = documents.of_standing(standing)
        await self._rows.replace_one({"_id": standing.patient_id}, document, upsert=True)


class MongoReadings:
    """The port `Readings`. The id is the device's own number within the session."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("readings")

    async def prepare(self) -> None:
        await self._rows.create_index([("session_id", 1), ("taken_at", 1)])

    async def add(self, reading: Reading) -> bool:
        reading_id = f"{reading.session_id}/{reading.device}/{reading.sequence}"
        # Asked first: a refusal by the index would undo the whole command it is part of.
        if await self._rows.find_one({"_id": reading_id}) is not None:
            return False
        fields = {name: getattr(reading, name) for name in Reading.__slots__}
        await self._rows.insert_one({"_id": reading_id, **fields})
        return True

    async def of_session(self, session_id: str) -> list[Reading]:
        rows = await self._rows.find({"session_id": session_id}, sort=[("taken_at", 1)])
        return [Reading(**{name: row[name] for name in Reading.__slots__}) for row in rows]


class MongoReceipts:
    """The port `Receipts`."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("receipts")

    async def prepare(self) -> None:
        await self._rows.create_index([("session_id", 1)])

    async def keep(self, session_id: str, purpose: str, gates: Gates) -> None:
        kept = {"_id": new_id("rec"), "session_id": session_id, "purpose": purpose}
        waivers = documents.of_waivers(gates.waived)
        receipt = gates.receipt.to_document()
        await self._rows.insert_one({**kept, "receipt": receipt, "waivers": waivers})


class MongoStaffCalls:
    """The port `StaffCalls`: a row for each call, until somebody has come."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("staff_calls")

    async def prepare(self) -> None:
        await self._rows.create_index([("location_id", 1), ("called_at", 1)])

    async def call(self, session: Session, why: str, *, about: str, now: datetime) -> None:
        await self._rows.insert_one(
            {
                "_id": f"{why}/{about}/{now.isoformat()}",
                "session_id": session.id,
                "location_id": session.location_id,
                "why": why,
                "about": about,
                "called_at": now,
            }
        )
