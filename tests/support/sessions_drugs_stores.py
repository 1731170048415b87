"""Stand-ins of the ports of controlled drugs, and the same over MongoDB."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from clinic_platform.clock import Clock, utc_now
from clinic_platform.mongo import Mongo
from clinic_sessions.app import drug_desk, field_maps
from clinic_sessions.domain.drugs.day import Closing
from clinic_sessions.domain.drugs.esketamine import Fact as FormFact
from clinic_sessions.domain.drugs.esketamine import MonitoringForm
from clinic_sessions.domain.drugs.incident import Fact as IncidentFact
from clinic_sessions.domain.drugs.incident import Incident
from clinic_sessions.domain.drugs.past import Recorded
from clinic_sessions.domain.drugs.vial import Fact, Vial
from clinic_sessions.domain.errors import Conflict, IncidentNotFound, VialNotFound
from clinic_sessions.domain.session import Session
from clinic_sessions.ports import DrugDesk
from tests.support.sessions_drugs import RULES


class InMemoryVials:
    def __init__(self, clock: Clock = utc_now) -> None:
        self.rows: dict[str, Vial] = {}
        self._history: dict[str, list[Recorded]] = {}
        self._clock = clock

    async def get(self, vial_id: str) -> Vial:
        if vial_id not in self.rows:
            raise VialNotFound
        return self.rows[vial_id]

    async def record(self, vial: Vial, fact: Fact) -> Vial:
        known = self.rows.get(vial.id)
        if (0 if known is None else known.revision) != vial.revision:
            raise Conflict
        after = self.rows[vial.id] = vial.after(fact)
        self._history.setdefault(vial.id, []).append(Recorded(self._clock(), fact))
        return after

    async def histories(self, vial_ids: Collection[str]) -> Mapping[str, list[Recorded]]:
        return {vial_id: [*self._history.get(vial_id, ())] for vial_id in vial_ids}

    async def of_location(self, location_id: str, *, since: datetime) -> list[Vial]:
        here = await self._here(location_id)
        return [vial for vial in here if not vial.is_settled or vial.last_entry_at >= since]

    async def page(
        self, location_id: str, *, after: str | None, limit: int, is_open: bool
    ) -> list[Vial]:
        here = await self._here(location_id)
        following = [vial for vial in here if vial.id > (after or "")]
        return [vial for vial in following if not (is_open and vial.is_settled)][:limit]

    async def for_session(self, session_id: str) -> list[Vial]:
        vials = sorted(self.rows.values(), key=lambda vial: vial.id)
        return [v for v in vials if session_id in v.sessions]

    async def keeps(self, location_id: str, drug: str) -> bool:
        return any(vial.product.drug == drug for vial in await self._here(location_id))

    async def _here(self, location_id: str) -> list[Vial]:
        here = [vial for vial in self.rows.values() if vial.location_id == location_id]
        return sorted(here, key=lambda vial: vial.id)


class InMemoryIncidents:
    def __init__(self) -> None:
        self.rows: dict[str, Incident] = {}

    async def get(self, incident_id: str) -> Incident:
        if incident_id not in self.rows:
            raise IncidentNotFound
        return self.rows[incident_id]

    async def find(self, incident_id: str) -> Incident | None:
        return self.rows.get(incident_id)

    async def record(self, incident: Incident, fact: IncidentFact) -> Incident:
        known = self.rows.get(incident.id)
        if (0 if known is None else known.revision) != incident.revision:
            raise Conflict
        after = self.rows[incident.id] = incident.after(fact)
        return after

    async def page(
        self, location_id: str, *, after: str | None, limit: int, is_open: bool
    ) -> list[Incident]:
        here = sorted(self.rows.values(), key=lambda incident: incident.id)
        here = [i for i in here if i.location_id == location_id and i.id > (after or "")]
        return [i for i in here if not (is_open and i.closed is not None)][:limit]

    async def open_at(self, location_id: str) -> list[Incident]:
        here = sorted(self.rows.values(), key=lambda incident: incident.id)
        return [i for i in here if i.location_id == location_id and i.closed is None]


class InMemoryDays:
    def __init__(self) -> None:
        self.rows: dict[tuple[str, date], Closing] = {}

    async def queue_for(self, location_id: str, day: date) -> Closing | None:
        """Nobody else is here."""
        return self.rows.get((location_id, day))

    async def find(self, location_id: str, day: date) -> Closing | None:
        return self.rows.get((location_id, day))

    async def close(self, closing: Closing) -> None:
        self.rows[closing.location_id, closing.day] = closing

    async def page(self, location_id: str, *, before: date | None, limit: int) -> list[Closing]:
        here = [c for (place, _), c in self.rows.items() if place == location_id]
        newest = sorted(here, key=lambda closing: closing.day, reverse=True)
        return [c for c in newest if before is None or c.day < before][:limit]


class InMemoryDosedSessions:
    def __init__(self, rows: Mapping[str, Session]) -> None:
        self.rows = rows

    async def between(self, location_id: str, since: datetime, until: datetime) -> list[Session]:
        return [
            session
            for _, session in sorted(self.rows.items())
            if session.location_id == location_id
            and session.dosing_started_at is not None
            and since <= session.dosing_started_at < until
        ]


class InMemoryForms:
    def __init__(self) -> None:
        self.rows: dict[str, MonitoringForm] = {}

    async def find(self, session_id: str) -> MonitoringForm | None:
        return self.rows.get(session_id)

    async def record(self, form: MonitoringForm, fact: FormFact) -> MonitoringForm:
        known = self.rows.get(form.session_id)
        if (0 if known is None else known.revision) != form.revision:
            raise Conflict
        after = self.rows[form.session_id] = form.after(fact)
        return after


def desk_in_memory(sessions: Mapping[str, Session], clock: Clock = utc_now) -> DrugDesk:
    """`sessions` are the rows of the port `Sessions` beside it."""
    return DrugDesk(
        vials=InMemoryVials(clock),
        incidents=InMemoryIncidents(),
        days=InMemoryDays(),
        dosed=InMemoryDosedSessions(sessions),
        forms=InMemoryForms(),
        rules=RULES,
        maps=field_maps({}),
    )


async def desk_in_mongo(database: Mongo, clock: Clock = utc_now) -> DrugDesk:
    return await drug_desk(database, {}, clock)
