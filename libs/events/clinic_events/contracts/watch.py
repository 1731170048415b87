"""What sessions tells the clinic about watching over patients: who is called, and why."""

from typing import ClassVar

from pydantic import AwareDatetime

from clinic_events import topics
from clinic_events.contracts.fields import CallId, LocationId
from clinic_events.envelope import Event


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
    """Why, as a code: `reading_overdue`, `alarm_not_acknowledged`."""
    about_id: str
    """What to look at: an alarm, a session, a document of the place."""
    session_id: str | None
    """The session it is about, if it is about one."""
    patient_id: str | None
    """The patient it is about, if it is about one: an id, never a name."""
    level: str
    """How urgent: `notice`, `caution`, `pause` or `stop`."""
    called_at: AwareDatetime
    """When the call was made."""

    @property
    def key(self) -> str:
        return self.patient_id or self.location_id
