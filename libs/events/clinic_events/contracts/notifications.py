"""What notifications tells the clinic."""

from typing import ClassVar

from pydantic import AwareDatetime

from clinic_events import topics
from clinic_events.envelope import Event


class MessageSent(Event):
    """A letter was accepted for delivery. `purpose` is what it was for (its promise's rule);
    `promise_about` is what it hung on: a session, a survey assignment, a risk alert."""

    name: ClassVar[str] = "notifications.message_sent.v1"
    topic = topics.NOTIFICATIONS
    about: ClassVar[str] = "message_id"

    message_id: str
    patient_id: str
    location_id: str
    purpose: str
    promise_about: str
    channel: str
    sent_at: AwareDatetime


class MessageWithheld(Event):
    """A letter was not sent, on purpose. `reason` is a code: too_late, opted_out, no_contact,
    no_longer_true, superseded."""

    name: ClassVar[str] = "notifications.message_withheld.v1"
    topic = topics.NOTIFICATIONS
    about: ClassVar[str] = "message_id"

    message_id: str
    patient_id: str
    location_id: str
    purpose: str
    promise_about: str
    reason: str
    withheld_at: AwareDatetime


class MessageUndeliverable(Event):
    """The mail server refused the letter for good, or its time ran out while it kept failing."""

    name: ClassVar[str] = "notifications.message_undeliverable.v1"
    topic = topics.NOTIFICATIONS
    about: ClassVar[str] = "message_id"

    message_id: str
    patient_id: str
    location_id: str
    purpose: str
    promise_about: str
    reason: str
    failed_at: AwareDatetime
