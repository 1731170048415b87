"""What screens ask for: a patient's promises and messages. Reads only."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from clinic_events.ports import Collection, Document
from clinic_notifications.domain.quiet_hours import zone_or
from clinic_notifications.handlers import known_to
from clinic_notifications.ports import Locations, People
from clinic_platform.auth import Caller
from clinic_platform.promises import PromiseRow, Promises


@dataclass(frozen=True, slots=True)
class Views:
    """PatientNotFound for a patient who is absent and for one out of the caller's reach.

    Local times are those of the patient's clinic: a card is opened to write a letter, not to read
    a list.
    """

    people: People
    locations: Locations
    promises: Promises
    messages: Collection

    async def promises_of(
        self, patient_id: str, *, until: datetime | None, by: Caller
    ) -> list[Document]:
        """Every promise by due time, those that have ended too."""
        zone = await self._zone(patient_id, by)
        rows = await self.promises.of_person(patient_id, until=until)
        return [_promise(row, zone) for row in rows]

    async def messages_of(self, patient_id: str, *, by: Caller) -> list[Document]:
        """Every message that came due, the oldest first."""
        zone = await self._zone(patient_id, by)
        rows = await self.messages.find(
            {"patient_id": patient_id}, sort=[("created_at", 1), ("_id", 1)]
        )
        return [_message(row, zone) for row in rows]

    async def _zone(self, patient_id: str, by: Caller) -> ZoneInfo:
        card = await known_to(by, patient_id, self.people)
        location = await self.locations.find(card.location_id)
        return zone_or(None if location is None else location.zone, "UTC")


def _promise(row: PromiseRow, zone: ZoneInfo) -> Document:
    return {
        "key": row.key,
        "kind": row.kind,
        "about": row.about,
        "rule": row.rule,
        "why": row.why,
        "template": row.facts.get("template"),
        "category": row.facts.get("category"),
        "due_at": row.due_at,
        "due_local": row.due_at.astimezone(zone).isoformat(),
        "zone": zone.key,
        "useful_until": row.useful_until,
        "state": str(row.state),
        "reason": row.reason,
        "attempts": row.attempts,
        "ended_at": row.ended_at,
    }


def _message(row: Document, zone: ZoneInfo) -> Document:
    created_at: datetime = row["created_at"]
    return {
        "id": row["_id"],
        "promise_key": row["promise_key"],
        "about": row["promise_about"],
        "purpose": row["purpose"],
        "template": row["template"],
        "category": row["category"],
        "channel": row["channel"],
        "status": row["status"],
        "uncertain": row["uncertain"],
        "created_at": created_at,
        "created_local": created_at.astimezone(zone).isoformat(),
        "zone": zone.key,
        "timeline": row["timeline"],
    }
