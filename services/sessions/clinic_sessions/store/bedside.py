"""What was received of patients, and decided."""

from clinic_events.ports import Database
from clinic_platform.ids import new_id
from clinic_sessions.domain.bedside.gates import Gates
from clinic_sessions.domain.bedside.standing import Standing
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
        await self._rows.insert_later([{**kept, "receipt": receipt, "waivers": waivers}])
