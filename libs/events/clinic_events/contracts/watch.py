"""The events that sessions publishes about alarms at the bedside and calls of staff."""

from typing import ClassVar

from pydantic import AwareDatetime

from clinic_events import topics
from clinic_events.contracts.fields import (
    AlarmId,
    CallId,
    Concern,
    Level,
    LocationId,
    PatientId,
    SessionId,
    Version,
)
from clinic_events.envelope import Event


class AlarmRaised(Event):
    """A reading has passed a limit, or was not taken; again when it has become worse.

    Software only reports it: what is done about it is for the people at the bedside.
    """

    name: ClassVar[str] = "sessions.alarm_raised.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "alarm_id"

    alarm_id: AlarmId
    session_id: SessionId
    patient_id: PatientId
    location_id: LocationId
    concern: Concern
    level: Level
    rule: str
    """The limit of the protocol that was passed, or `reading_late`."""
    is_confirmed: bool
    """Whether a second reading confirmed it, or none was needed."""
    raised_at: AwareDatetime
    """When it was raised, or made worse."""
    acknowledge_by: AwareDatetime
    """After this, people are called."""
    alarm_version: Version


class AlarmAcknowledged(Event):
    """Somebody at the bedside has seen an alarm. It stays open."""

    name: ClassVar[str] = "sessions.alarm_acknowledged.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "alarm_id"

    alarm_id: AlarmId
    session_id: SessionId
    patient_id: PatientId
    location_id: LocationId
    concern: Concern
    level: Level
    acknowledged_at: AwareDatetime
    """When it was acknowledged."""
    alarm_version: Version


class AlarmClosed(Event):
    """A person has closed an alarm, and recorded what was done."""

    name: ClassVar[str] = "sessions.alarm_closed.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "alarm_id"

    alarm_id: AlarmId
    session_id: SessionId
    patient_id: PatientId
    location_id: LocationId
    concern: Concern
    level: Level
    action: str
    """What was done, as a code."""
    closed_at: AwareDatetime
    """When it was closed."""
    alarm_version: Version


class StaffCalled(Event):
    """A person of the place is to come, or to look: software has done what it may.

    Keyed by the patient; a call that is about nobody is keyed by its place.
    """

    name: ClassVar[str] = "sessions.staff_called.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "call_id"

    call_id: CallId
    location_id: LocationId
    reason: str
    """Why, as a code: `reading_overdue`, `alarm_not_acknowledged`, `alarm_lasts`,
    `report_serious_event`, `visit_overruns`; of drugs `drug_discrepancy`, `drug_incident_open`,
    `loss_report_overdue`, `report_overdue`, `day_not_closed`."""
    about_id: str
    """What to look at: an alarm, an adverse event, an incident of drugs, a session, a document of
    the place, a day of it."""
    session_id: str | None
    """The session it is about, if it is about one."""
    patient_id: str | None
    """The patient it is about, if it is about one: an id, never a name."""
    level: str
    """How urgent: `notice`, `caution`, `pause` or `stop`."""
    called_at: AwareDatetime
    """When the call was made."""
    role: str | None = None
    """Whom, by the rota: `charge_nurse`, `prescriber`; whoever is on call where nobody on it has
    that role then, and where it is null."""
    count: int = 1
    """How many readings are overdue, where that is why; else 1."""

    @property
    def key(self) -> str:
        return self.patient_id or self.location_id
