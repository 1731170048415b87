"""Monitoring forms."""

from typing import Final

from pydantic import TypeAdapter

from clinic_events.ports import Database, DuplicateKey
from clinic_sessions.domain.drugs.esketamine import Fact, MonitoringForm
from clinic_sessions.domain.errors import Conflict

_FORM: Final = TypeAdapter(MonitoringForm)


class MongoForms:
    """The port `Forms`, one row for each session."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows = database.collection("monitoring_forms")

    async def find(self, session_id: str) -> MonitoringForm | None:
        row = await self._rows.find_one({"_id": session_id})
        return None if row is None else _FORM.validate_python(row)

    async def record(self, form: MonitoringForm, fact: Fact) -> MonitoringForm:
        after = form.after(fact)
        try:
            await self._database.transaction(lambda: self._save(form, after))
        except DuplicateKey:
            raise Conflict from None
        return after

    async def _save(self, before: MonitoringForm, after: MonitoringForm) -> None:
        document = {"_id": after.session_id, **_FORM.dump_python(after)}
        if before.revision == 0:
            await self._rows.insert_one(document)
        elif not await self._rows.replace_one(
            {"_id": before.session_id, "revision": before.revision}, document
        ):
            raise Conflict
