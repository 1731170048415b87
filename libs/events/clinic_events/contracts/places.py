"""The events that sessions publishes about locations."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from clinic_events import topics
from clinic_events.contracts.fields import LocationId, Version
from clinic_events.envelope import Event


class QuietHours(BaseModel):
    """Local times of day between which nobody is disturbed; may pass midnight."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    starts: str
    """HH:MM."""
    ends: str
    """HH:MM."""


class CrisisText(BaseModel):
    """What a person in danger is shown: public words, the same for everyone there."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    text: str
    """The words."""
    phone: str
    """Whom to call."""


class Away(BaseModel):
    """Days on which a duty does not count, both included."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    first: str
    """YYYY-MM-DD."""
    last: str
    """YYYY-MM-DD."""


class OnCallDuty(BaseModel):
    """Somebody is on call, every week, by the place's own clock. May not pass midnight."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    email: str
    """Where calls go then: an address of the clinic."""
    weekday: str
    """In English, in small letters: `monday`."""
    starts: str
    """HH:MM."""
    ends: str
    """HH:MM; not on call any more."""
    away: tuple[Away, ...] = ()
    """When not."""
    role: str | None = None
    """As whom, as a code: `charge_nurse`, `prescriber`. Null where the place names none."""


class LocationPublished(Event):
    """A clinic's place, as its newest document describes it for the other services."""

    name: ClassVar[str] = "sessions.location_published.v1"
    topic = topics.LOCATIONS
    about: ClassVar[str] = "location_id"
    keyed_by: ClassVar[str] = "location_id"
    data_class: ClassVar[str] = "internal"

    location_id: LocationId
    location_version: Version
    display_name: str
    """As people know it."""
    zone: str
    """Its time zone: `Europe/Berlin`."""
    language: str
    """Of its letters, where a patient has none: `en`."""
    sender_name: str
    """Who signs its letters."""
    sender_email: str
    """Where its letters come from."""
    phone: str
    """The clinic's own number."""
    on_call_email: str
    """Where its alerts and calls go when nobody is on its rota."""
    quiet_hours: QuietHours
    """When nobody is disturbed."""
    crisis: CrisisText
    """What a person in danger is shown."""
    rota: tuple[OnCallDuty, ...] = ()
    """Who is on call; where two are, the first."""
