"""What the handlers need from the outside world: controlled drugs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol as Port

from clinic_sessions.domain.drugs.day import Closing
from clinic_sessions.domain.drugs.esketamine import Fact as FormFact
from clinic_sessions.domain.drugs.esketamine import FieldMap, MonitoringForm
from clinic_sessions.domain.drugs.incident import Fact as IncidentFact
from clinic_sessions.domain.drugs.incident import Incident
from clinic_sessions.domain.drugs.past import Recorded
from clinic_sessions.domain.drugs.rules import DrugRules
from clinic_sessions.domain.drugs.vial import Fact, Vial
from clinic_sessions.domain.session import Session


class Vials(Port):
    """Every vial. `record` saves it and adds the fact to its history, or does neither."""

    async def get(self, vial_id: str) -> Vial:
        """The vial, or VialNotFound."""
        ...

    async def record(self, vial: Vial, fact: Fact) -> Vial:
        """The vial after the fact, or Conflict if someone else was faster."""
        ...

    async def histories(self, vial_ids: Collection[str]) -> Mapping[str, list[Recorded]]:
        """Everything that happened to each, in order. Nothing is ever taken out."""
        ...

    async def of_location(self, location_id: str, *, since: datetime) -> list[Vial]:
        """By id: those with something left or open, and those with an entry at `since` or later."""
        ...

    async def page(
        self, location_id: str, *, after: str | None, limit: int, is_open: bool
    ) -> list[Vial]:
        """By id, those after `after`; with `is_open` only those with something left or open."""
        ...

    async def for_session(self, session_id: str) -> list[Vial]:
        """Those that an entry of this session is in."""
        ...

    async def keeps(self, location_id: str, drug: str) -> bool:
        """Whether this place has ever had a vial of it: then it keeps a ledger of it."""
        ...


class Incidents(Port):
    """Every incident. `record` saves, or does nothing."""

    async def get(self, incident_id: str) -> Incident:
        """The incident, or IncidentNotFound."""
        ...

    async def find(self, incident_id: str) -> Incident | None: ...

    async def record(self, incident: Incident, fact: IncidentFact) -> Incident:
        """The incident after the fact, or Conflict if someone else was faster."""
        ...

    async def page(
        self, location_id: str, *, after: str | None, limit: int, is_open: bool
    ) -> list[Incident]:
        """By id, those after `after`; with `is_open` only those nobody has closed."""
        ...

    async def open_at(self, location_id: str) -> list[Incident]:
        """By id: all that nobody has closed."""
        ...


class Days(Port):
    """The days of each place."""

    async def queue_for(self, location_id: str, day: date) -> Closing | None:
        """How it was closed, if it was. Until the end of the transaction nobody else posts into
        this day or closes it."""
        ...

    async def find(self, location_id: str, day: date) -> Closing | None: ...

    async def close(self, closing: Closing) -> None: ...

    async def page(self, location_id: str, *, before: date | None, limit: int) -> list[Closing]:
        """The newest first."""
        ...


class DosedSessions(Port):
    """Sessions as the ledger asks for them."""

    async def between(self, location_id: str, since: datetime, until: datetime) -> list[Session]:
        """Those whose dosing began at `since` or later, and before `until`."""
        ...


class Forms(Port):
    """Monitoring forms, one for each session that needs one."""

    async def find(self, session_id: str) -> MonitoringForm | None: ...

    async def record(self, form: MonitoringForm, fact: FormFact) -> MonitoringForm:
        """The form after the fact, or Conflict if someone else was faster."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugDesk:
    """All that the handlers of controlled drugs work with. `maps` by id, as `name@version`."""

    vials: Vials
    incidents: Incidents
    days: Days
    dosed: DosedSessions
    forms: Forms
    rules: DrugRules
    maps: Mapping[str, FieldMap]
