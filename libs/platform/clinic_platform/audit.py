"""Who did what, to which record, and with what outcome. Never what the record holds.

But for one thing: a gate that stays shut leaves its receipt here, because the deed that asked it is
undone, and with it all else that was written.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from clinic_events.ports import Collection, Document
from clinic_platform.decisions import Receipt


class AuditOutcome(StrEnum):
    DONE = "done"
    READ = "read"
    REFUSED = "refused"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`action` is the operation's id, `object_id` what it was about, `reason` a code, or
    an operator's own words for an act of theirs."""

    id: str
    at: datetime
    actor: str
    roles: tuple[str, ...]
    action: str
    outcome: AuditOutcome
    object_id: str
    location_id: str | None
    reason: str | None
    request_id: str
    receipt: Receipt | None = None


class Audit:
    """The log in the collection `audit`. Entries are added and never changed."""

    def __init__(self, collection: Collection) -> None:
        self._rows = collection

    async def prepare(self) -> None:
        await self._rows.create_index([("object_id", 1), ("at", 1)])
        await self._rows.create_index([("actor", 1), ("at", 1)])

    async def record(self, entry: Entry) -> None:
        """In the caller's transaction, if there is one: done and noted, or neither."""
        await self._rows.insert_later([_document(entry)])

    async def of_object(self, object_id: str) -> list[Entry]:
        rows = await self._rows.find({"object_id": object_id}, sort=[("at", 1)])
        return [_entry(row) for row in rows]


def _document(entry: Entry) -> Document:
    fields = {name: getattr(entry, name) for name in Entry.__slots__ if name != "id"}
    receipt = entry.receipt and entry.receipt.to_document()
    return {**fields, "_id": entry.id, "roles": list(entry.roles), "receipt": receipt}


def _entry(row: Document) -> Entry:
    fields = {name: value for name, value in row.items() if name != "_id"}
    fields |= {"roles": tuple(row["roles"]), "outcome": AuditOutcome(row["outcome"])}
    fields["receipt"] = row.get("receipt") and Receipt.from_document(row["receipt"])
    return Entry(**fields, id=row["_id"])
