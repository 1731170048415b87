"""Risk alerts, kept in MongoDB. At most one of a patient is not closed: an index sees to it."""

from dataclasses import asdict
from datetime import date
from typing import Final, Self

from clinic_events.ports import Database, Document, Outbox
from clinic_outcomes.domain.errors import AlertNotFound, Conflict
from clinic_outcomes.domain.risk_alert import (
    Acknowledged,
    Closed,
    Evidence,
    Fact,
    Level,
    Note,
    RiskAlert,
    Status,
)
from clinic_outcomes.publishing import of_alert, risk_raised

_UNRESOLVED: Final = {"is_unresolved": True}
_PLAIN: Final = (
    "patient_id",
    "location_id",
    "raised_at",
    "acknowledge_by",
    "round",
    "step",
    "revision",
)


class MongoAlerts:
    """The port `Alerts`."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._alerts = database.collection("risk_alerts")
        self._patients = database.collection("patients")
        self._outbox = outbox

    @classmethod
    async def open_in(cls, database: Database, outbox: Outbox) -> Self:
        alerts = database.collection("risk_alerts")
        await alerts.create_index([("patient_id", 1)], unique=True, partial=_UNRESOLVED)
        await alerts.create_index([("location_id", 1), ("_id", -1)])
        return cls(database, outbox)

    async def unresolved_of(self, patient_id: str) -> RiskAlert | None:
        # Writing to the patient makes two transactions meet here, where one of them is run again,
        # and not at the index, where one of them would fail.
        await self._patients.update_one({"_id": patient_id}, {"$inc": {"heeded": 1}})
        found = await self._alerts.find_one({"patient_id": patient_id, **_UNRESOLVED})
        return None if found is None else _alert(found)

    async def get(self, alert_id: str) -> RiskAlert:
        found = await self._alerts.find_one({"_id": alert_id})
        if found is None:
            raise AlertNotFound
        return _alert(found)

    async def open(self, alert: RiskAlert) -> None:
        async def work() -> None:
            await self._alerts.insert_one(_document(alert))
            await self._outbox.append(risk_raised(alert), sequence=alert.revision)

        await self._database.transaction(work)

    async def record(self, alert: RiskAlert, fact: Fact) -> RiskAlert:
        after = alert.after(fact)

        async def work() -> None:
            where = {"_id": alert.id, "revision": alert.revision}
            if not await self._alerts.replace_one(where, _document(after)):
                raise Conflict
            events = of_alert(after, fact)
            if events:
                await self._outbox.append(*events, sequence=after.revision)

        await self._database.transaction(work)
        return after


def _document(alert: RiskAlert) -> Document:
    document: Document = {"_id": alert.id, "status": alert.status.value, "level": alert.level}
    document |= {name: getattr(alert, name) for name in _PLAIN}
    document["is_unresolved"] = alert.status is not Status.CLOSED
    document["evidence"] = [asdict(evidence) for evidence in alert.evidence]
    document["notes"] = [asdict(note) for note in alert.notes]
    document["acknowledged"] = alert.acknowledged and asdict(alert.acknowledged)
    document["closed"] = alert.closed and _closed_document(alert.closed)
    return document


def _closed_document(closed: Closed) -> Document:
    codes = {"level": closed.level.value, "follow_up_on": closed.follow_up_on.isoformat()}
    return {**asdict(closed), **codes}


def _alert(found: Document) -> RiskAlert:
    return RiskAlert(
        id=found["_id"],
        status=Status(found["status"]),
        evidence=tuple(Evidence(**evidence) for evidence in found["evidence"]),
        notes=tuple(Note(**note) for note in found["notes"]),
        acknowledged=Acknowledged(**found["acknowledged"]) if found["acknowledged"] else None,
        closed=_closed(found["closed"]) if found["closed"] else None,
        **{name: found[name] for name in _PLAIN},
    )


def _closed(found: Document) -> Closed:
    level, day = Level(found["level"]), date.fromisoformat(found["follow_up_on"])
    return Closed(**{**found, "level": level, "follow_up_on": day})
