"""The cards of a place, read from what is kept: one query a collection, however many cards."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from clinic_events.ports import Database, Document
from clinic_sessions.domain.bedside.alarms import OPEN
from clinic_sessions.domain.board.card import (
    HIDDEN,
    Card,
    LastReading,
    OpenAlarm,
    Times,
)
from clinic_sessions.domain.board.day import Day
from clinic_sessions.domain.session import AT_THE_CLINIC, Status

READ_BY: Final = "counts_at"  # which of a session's readings is the newest
OF_SESSION: Final = (
    *("location_id", "status", "chair", "starts_at", "ends_at"),
    *("dosing_started_at", "dosing_ended_at", "ended_at"),
)
OF_READING: Final = ("taken_at", "systolic", "diastolic", "heart_rate", "spo2", "moaas")
OF_ALARM: Final = ("concern", "level", "status", "raised_at", "acknowledge_by")


class Cards:
    def __init__(self, database: Database) -> None:
        self._sessions = database.collection("sessions")
        self._facts = database.collection("session_facts")
        self._watches = database.collection("watches")
        self._alarms = database.collection("alarms")
        self._readings = database.collection("readings")

    async def of_place(
        self, location_id: str, day: Day, *, only: Collection[str] | None = None
    ) -> dict[str, Card]:
        """By session, in the order in which they begin: of the day, whoever is still there, and
        whatever has become of a session with an open alarm."""
        alarms = await self._open_alarms(location_id, only)
        today = {"$gte": day.since, "$lt": day.until}
        where: Document = {
            "location_id": location_id,
            "$or": [
                {"starts_at": today, "status": {"$nin": list(HIDDEN)}},
                {"status": {"$in": list(AT_THE_CLINIC)}},
                {"_id": {"$in": list(alarms)}},
            ],
        }
        if only is not None:
            where["_id"] = {"$in": sorted(only)}
        order = [("starts_at", 1), ("_id", 1)]
        rows = await self._sessions.find(where, sort=order, fields=OF_SESSION)
        return await self._completed(rows, alarms)

    async def _completed(
        self, rows: Sequence[Document], alarms: Mapping[str, Sequence[OpenAlarm]]
    ) -> dict[str, Card]:
        there = [row["_id"] for row in rows if row["status"] in AT_THE_CLINIC]
        arrivals, dues = await self._arrivals(there), await self._dues(there)
        readings = await self.last_readings(there)
        return {
            row["_id"]: Card(
                session_id=row["_id"],
                status=Status(row["status"]),
                chair=row.get("chair"),
                times=_times(row, arrivals.get(row["_id"])),
                ends_at=row["ends_at"],
                next_due_at=dues.get(row["_id"]),
                alarms=tuple(alarms.get(row["_id"], ())),
                last_reading=readings.get(row["_id"]),
            )
            for row in rows
        }

    async def _arrivals(self, sessions: Sequence[str]) -> dict[str, datetime]:
        where = {"session_id": {"$in": sessions}, "fact.kind": "Arrived"}
        rows = await self._facts.find(where, fields=["session_id", "at"]) if sessions else []
        return {row["session_id"]: row["at"] for row in rows}

    async def _dues(self, sessions: Sequence[str]) -> dict[str, datetime]:
        """The first of those that the watch over each session still waits for."""
        where = {"_id": {"$in": sessions}, "planned.0": {"$exists": True}}
        rows = await self._watches.find(where, fields=["planned"]) if sessions else []
        return {row["_id"]: min(one["due_at"] for one in row["planned"]) for row in rows}

    async def _open_alarms(
        self, location_id: str, only: Collection[str] | None
    ) -> Mapping[str, list[OpenAlarm]]:
        where: Document = {"location_id": location_id, "status": {"$in": OPEN}}
        if only is not None:
            where["session_id"] = {"$in": sorted(only)}
        order = [("raised_at", 1), ("_id", 1)]
        found: dict[str, list[OpenAlarm]] = {}
        for row in await self._alarms.find(where, sort=order, fields=[*OF_ALARM, "session_id"]):
            alarm = OpenAlarm(id=row["_id"], **{name: row[name] for name in OF_ALARM})
            found.setdefault(row["session_id"], []).append(alarm)
        return found

    async def last_readings(self, sessions: Iterable[str]) -> dict[str, LastReading]:
        # Only a reading that a later version of it replaced has the field.
        conditions = [{"session_id": one, "is_corrected": {"$ne": True}} for one in sessions]
        rows = await self._readings.first_of_each(conditions, sort=[(READ_BY, -1)])
        return {
            row["session_id"]: LastReading(**{name: row[name] for name in OF_READING})
            for row in rows
        }


def _times(row: Document, arrived_at: datetime | None) -> Times:
    return Times(
        starts_at=row["starts_at"],
        arrived_at=arrived_at,
        dosing_started_at=row["dosing_started_at"],
        dosing_ended_at=row["dosing_ended_at"],
        ended_at=row["ended_at"],
    )
