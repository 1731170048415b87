"""What the screens ask for, straight from MongoDB. Never decides."""

from typing import Final

from pydantic import TypeAdapter

from clinic_events.ports import Database, Document
from clinic_intake.domain.enquiry import Enquiry, Status

_ENQUIRY: Final = TypeAdapter(Enquiry)


class Views:
    def __init__(self, database: Database) -> None:
        self._enquiries = database.collection("enquiries")

    async def enquiries(
        self,
        locations: frozenset[str] | None,
        *,
        status: str | None,
        after: str | None,
        limit: int,
    ) -> list[Enquiry]:
        """Sorted by id, which is the order in which they were received."""
        where: Document = {} if locations is None else {"location_id": {"$in": sorted(locations)}}
        where["status"] = {"$ne": Status.ERASED.value} if status is None else status
        if after is not None:
            where["_id"] = {"$gt": after}
        rows = await self._enquiries.find(where, sort=[("_id", 1)], limit=limit)
        return [_ENQUIRY.validate_python({**row, "id": row["_id"]}) for row in rows]
