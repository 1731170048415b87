"""A patient in the chair, as the doors of the watch see them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from clinic_events import StaffCalled
from tests.support.sessions_server import Service

MINUTE = timedelta(minutes=1)


CALLED = StaffCalled.name


@dataclass(frozen=True, slots=True)
class Bedside:
    service: Service
    session: str
    started_at: datetime

    async def moves(self, minutes: float) -> None:
        """To that many minutes after dosing began."""
        await self.service.moves(self.started_at + minutes * MINUTE)

    def reading(self, sequence: int, minutes: float, **values: object) -> dict[str, object]:
        taken_at = (self.started_at + minutes * MINUTE).isoformat()
        fine = {"systolic": 124, "diastolic": 78, "heart_rate": 72, "spo2": 98, "moaas": 5}
        named = {"device": "monitor_1", "sequence": sequence, "taken_at": taken_at}
        return {**fine, **named, **values}

    async def reads(self, sequence: int, minutes: float, **values: object) -> Any:
        await self.moves(minutes)
        return await self.post("readings", self.reading(sequence, minutes, **values))

    async def post(self, verb: str, body: dict[str, object] | None = None) -> Any:
        answer = await self.service.post(f"/v1/sessions/{self.session}/{verb}", body)
        assert answer.is_success, answer.text
        return answer.json()

    async def get(self, what: str) -> Any:
        answer = await self.service.get(f"/v1/sessions/{self.session}/{what}")
        assert answer.is_success, answer.text
        return answer.json()

    async def alarms(self) -> list[tuple[str, str, str]]:
        items = (await self.get("alarms"))["items"]
        return [(one["concern"], one["level"], one["status"]) for one in items]

    async def called(self) -> list[str]:
        """Why, about this session: what its place is called about is not counted."""
        calls = await self.service.published(CALLED)
        return [call["reason"] for call in calls if call.get("session_id") == self.session]
