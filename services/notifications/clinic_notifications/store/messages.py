"""Messages in MongoDB: document ↔ message, version check, outbox in one transaction."""

from typing import Final, Self, assert_never

from clinic_events.ports import Database, Document, Outbox
from clinic_notifications.domain.errors import Conflict
from clinic_notifications.domain.messages import (
    Deferred,
    Fact,
    Message,
    Sent,
    Status,
    Undeliverable,
    Withheld,
)
from clinic_notifications.publishing import of_message

PLAIN: Final = (
    "patient_id",
    "location_id",
    "promise_key",
    "promise_about",
    "purpose",
    "template",
    "category",
    "channel",
    "created_at",
    "uncertain",
    "revision",
)


class MongoMessages:
    """The port `Messages`, in the collection `messages`."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox
        self._rows = database.collection("messages")

    @classmethod
    async def open_in(cls, database: Database, outbox: Outbox) -> Self:
        """With its indexes made."""
        store = cls(database, outbox)
        await store._rows.create_index([("patient_id", 1), ("created_at", 1)])
        return store

    async def find(self, message_id: str) -> Message | None:
        row = await self._rows.find_one({"_id": message_id})
        return None if row is None else message_in(row)

    async def record(self, message: Message, fact: Fact) -> Message:
        after = message.after(fact)

        async def save() -> None:
            await self._save(message.revision, after)
            if events := of_message(after, fact):
                await self._outbox.append(*events, sequence=after.revision)

        await self._database.transaction(save)
        return after

    async def _save(self, before: int, after: Message) -> None:
        if before == 0:
            await self._rows.insert_one(_document(after))
        elif not await self._rows.replace_one(
            {"_id": after.id, "revision": before}, _document(after)
        ):
            raise Conflict


def message_in(row: Document) -> Message:
    return Message(
        id=row["_id"],
        status=Status(row["status"]),
        timeline=tuple(_fact(entry) for entry in row["timeline"]),
        **{name: row[name] for name in PLAIN},
    )


def _document(message: Message) -> Document:
    return {
        "_id": message.id,
        "status": message.status.value,
        "timeline": [_entry(fact) for fact in message.timeline],
        **{name: getattr(message, name) for name in PLAIN},
    }


def _entry(fact: Fact) -> Document:
    match fact:
        case Deferred(at, until, reason):
            return {"what": "deferred", "at": at, "until": until, "reason": reason}
        case Sent(at, version, uncertain):
            return {"what": "sent", "at": at, "template_version": version, "uncertain": uncertain}
        case Withheld(at, reason, uncertain):
            return {"what": "withheld", "at": at, "reason": reason, "uncertain": uncertain}
        case Undeliverable(at, reason):
            return {"what": "undeliverable", "at": at, "reason": reason}
        case _:
            assert_never(fact)


def _fact(entry: Document) -> Fact:
    match entry["what"]:
        case "deferred":
            return Deferred(entry["at"], entry["until"], entry["reason"])
        case "sent":
            return Sent(entry["at"], entry["template_version"], entry["uncertain"])
        case "withheld":
            return Withheld(entry["at"], entry["reason"], entry["uncertain"])
        case "undeliverable":
            return Undeliverable(entry["at"], entry["reason"])
        case other:
            raise ValueError(f"A message cannot have been {other}.")
