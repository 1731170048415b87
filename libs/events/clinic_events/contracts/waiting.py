"""The events that sessions publishes about the wait-list."""

from typing import ClassVar

from pydantic import AwareDatetime

from clinic_events import topics
from clinic_events.contracts.fields import LocationId, OfferId, PatientId, PlanId, Version
from clinic_events.envelope import Event


class OfferMade(Event):
    """A time that is free again is kept for one who waits, until they answer."""

    name: ClassVar[str] = "sessions.offer_made.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "offer_id"

    offer_id: OfferId
    patient_id: PatientId
    location_id: LocationId
    plan_id: PlanId
    session_id: str | None
    """The booked session that would move there; none: one would be booked."""
    starts_at: AwareDatetime
    """When it would begin."""
    ends_at: AwareDatetime
    """When it would end."""
    made_at: AwareDatetime
    """When it was offered."""
    answer_by: AwareDatetime
    """Until when it is kept; then somebody else is asked."""
    offer_version: Version


class OfferEnded(Event):
    """An offer is over: a booking came of it, or the time goes to the next who waits."""

    name: ClassVar[str] = "sessions.offer_ended.v1"
    topic = topics.SESSIONS
    about: ClassVar[str] = "offer_id"

    offer_id: OfferId
    patient_id: PatientId
    location_id: LocationId
    plan_id: PlanId
    outcome: str
    """`accepted`, `declined`, `passed_on` (nobody answered in time) or `withdrawn`."""
    ended_at: AwareDatetime
    """When."""
    offer_version: Version
