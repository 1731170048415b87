"""Alarms: what happened to one is only ever added to."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic import TypeAdapter

from clinic_events.ports import Database, Document, Outbox
from clinic_sessions.domain.bedside.alarms import (
    OPEN,
    Acknowledged,
    Alarm,
    AlarmFact,
    AlarmNoted,
    Closed,
    Escalated,
    Raised,
    Worsened,
)
from clinic_sessions.domain.errors import AlarmNotFound, Conflict
from clinic_sessions.publishing import of_alarm
from clinic_sessions.store.board import MongoMoves
from clinic_sessions.store.watch.counting import count

IS_OPEN: Final[Document] = {"status": {"$in": OPEN}}
_ALARM: Final = TypeAdapter(Alarm)
# Facts of one shape are distinguished by their name.
_FACTS: Final[Mapping[str, TypeAdapter[Any]]] = {
    kind.__name__: TypeAdapter(kind)
    for kind in (Raised, Worsened, AlarmNoted, Acknowledged, Escalated, Closed)
}


class MongoAlarms:
    """The port `Alarms`, in the collection `alarms`."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._rows = database.collection("alarms")
        self._outbox = outbox
        self._moves = MongoMoves(database)

    async def prepare(self) -> None:
        await self._rows.create_index([("session_id", 1), ("raised_at", 1)])
        await self._rows.create_index([("location_id", 1)], partial=IS_OPEN)

    async def get(self, alarm_id: str) -> Alarm:
        row = await self._rows.find_one({"_id": alarm_id})
        if row is None:
            raise AlarmNotFound
        return alarm_in(row)

    async def of_session(self, session_id: str) -> list[Alarm]:
        rows = await self._rows.find({"session_id": session_id}, sort=[("raised_at", 1)])
        return [alarm_in(row) for row in rows]

    async def record(self, alarm: Alarm, fact: AlarmFact) -> Alarm:
        after = alarm.after(fact)

        async def save() -> None:
            await self._save(alarm.revision, after)
            await self._outbox.append(*of_alarm(after, fact), sequence=after.revision)
            await self._moves.note(after.location_id, after.session_id, "alarm")
            self._database.after_commit(lambda: count(after, fact))

        await self._database.transaction(save)
        return after

    async def _save(self, before: int, after: Alarm) -> None:
        if before == 0:
            await self._rows.insert_later([_document(after)], otherwise=Conflict())
        else:
            where = {"_id": after.id, "revision": before}
            await self._rows.replace_later(where, _document(after), otherwise=Conflict())


def alarm_in(row: Document) -> Alarm:
    history = tuple(
        _FACTS[entry["what"]].validate_python(entry["fact"]) for entry in row["history"]
    )
    alarm = _ALARM.validate_python({**row, "id": row["_id"], "history": ()})
    return replace(alarm, history=history)


def _document(alarm: Alarm) -> Document:
    document: Document = _ALARM.dump_python(alarm, exclude={"history"})
    history = [
        {"what": type(fact).__name__, "fact": _FACTS[type(fact).__name__].dump_python(fact)}
        for fact in alarm.history
    ]
    return {"_id": document.pop("id"), **document, "history": history}
