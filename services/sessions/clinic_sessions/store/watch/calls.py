"""Who was called."""

from dataclasses import asdict

from clinic_events.ports import Database, Outbox
from clinic_sessions.domain.calls import Call
from clinic_sessions.publishing import of_call


class MongoCalls:
    """The port `Calls`, in the collection `calls`."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._rows = database.collection("calls")
        self._outbox = outbox

    async def prepare(self) -> None:
        await self._rows.create_index([("location_id", 1), ("called_at", 1)])

    async def make(self, call: Call) -> bool:
        async def once() -> bool:  # of two that make it at once, the later one runs again
            if await self._rows.find_one({"_id": call.id}) is not None:
                return False
            row = asdict(call)
            await self._rows.insert_one({"_id": row.pop("id"), **row})
            await self._outbox.append(of_call(call), sequence=1)
            return True

        return await self._database.transaction(once)
