"""What screens show: assignments, scores, the trend of a treatment, alerts."""

from collections.abc import Sequence
from dataclasses import dataclass

from clinic_events.ports import Database, Document
from clinic_outcomes.domain.errors import AlertNotFound, PatientNotFound
from clinic_platform.auth import Caller

_SURVEY = (
    "about",
    "survey",
    "instrument",
    "instrument_version",
    "is_baseline",
    "status",
    "due_at",
    "expires_at",
    "ended_at",
    "reason",
)
_SCORE = (
    "assignment_id",
    "instrument",
    "instrument_version",
    "scoring_version",
    "rule",
    "answered_at",
    "scoring",
    "recall_days_used",
    "overlaps_dosing",
    "is_baseline",
    "comparison",
)
_ALERT = (
    "patient_id",
    "location_id",
    "status",
    "level",
    "raised_at",
    "acknowledge_by",
    "step",
    "evidence",
    "notes",
    "acknowledged",
    "closed",
    "revision",
)
_DOSE = ("plan_id", "infusion_number", "dose_mg", "mg_per_kg", "route", "completed_at")


@dataclass(frozen=True, slots=True)
class Views:
    """Every read refuses a patient or an alert out of reach as if there were none."""

    database: Database

    async def assignments_of(self, patient_id: str, *, by: Caller) -> list[Document]:
        where = await self._reachable(patient_id, by)
        found = await self.database.collection("assignments").find(where, sort=[("due_at", 1)])
        return [{"id": row["_id"], **_chosen(row, _SURVEY)} for row in found]

    async def scores_of(self, patient_id: str, *, by: Caller) -> list[Document]:
        where = await self._reachable(patient_id, by)
        found = await self.database.collection("scores").find(where, sort=[("answered_at", 1)])
        return [{"id": row["_id"], **_chosen(row, _SCORE)} for row in found]

    async def trend_of(self, patient_id: str, *, by: Caller) -> list[Document]:
        """Scores, sessions with their doses and starts of plans as one series, by time."""
        where = await self._reachable(patient_id, by)
        scores = await self.database.collection("scores").find(where)
        doses = await self.database.collection("doses").find({**where, "is_voided": False})
        plans = await self.database.collection("plans").find(where)
        points = [
            *({"kind": "plan_started", "at": p["started_at"], "plan_id": p["_id"]} for p in plans),
            *(_session_marker(dose) for dose in doses),
            *(_score_point(score) for score in scores),
        ]
        return sorted(points, key=lambda point: point["at"])

    async def alerts(
        self, *, by: Caller, status: str | None, before: str | None, limit: int
    ) -> list[Document]:
        """The newest first, those with an id smaller than `before`."""
        where: Document = {} if by.locations is None else {"location_id": {"$in": [*by.locations]}}
        if status is not None:
            where["status"] = status
        if before is not None:
            where["_id"] = {"$lt": before}
        alerts = self.database.collection("risk_alerts")
        return [_alert(row) for row in await alerts.find(where, sort=[("_id", -1)], limit=limit)]

    async def alert(self, alert_id: str, *, by: Caller) -> Document:
        found = await self.database.collection("risk_alerts").find_one({"_id": alert_id})
        if found is None or not by.reaches(found["location_id"]):
            raise AlertNotFound
        return _alert(found)

    async def _reachable(self, patient_id: str, by: Caller) -> Document:
        found = await self.database.collection("patients").find_one({"_id": patient_id})
        if found is None or not by.reaches(found["location_id"]):
            raise PatientNotFound
        return {"patient_id": patient_id}


def _chosen(row: Document, names: Sequence[str]) -> Document:
    return {name: row.get(name) for name in names}


def _alert(row: Document) -> Document:
    return {"id": row["_id"], **_chosen(row, _ALERT)}


def _session_marker(row: Document) -> Document:
    marker = {"kind": "session", "at": row["started_at"], "session_id": row["_id"]}
    return {**marker, **_chosen(row, _DOSE)}


def _score_point(row: Document) -> Document:
    point = {"kind": "score", "at": row["answered_at"], "score_id": row["_id"]}
    names = ("instrument", "scoring", "is_baseline", "overlaps_dosing", "comparison")
    return {**point, **_chosen(row, names)}
