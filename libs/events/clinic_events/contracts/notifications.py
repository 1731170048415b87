"""The events that notifications publishes."""

from typing import ClassVar

from pydantic import AwareDatetime

from clinic_events import topics
from clinic_events.contracts.fields import (
    LocationId,
    MessageId,
    PatientId,
    PromiseAbout,
    Purpose,
)
from clinic_events.envelope import Event


class MessageSent(Event):
    """A letter was accepted for delivery by the mail server."""

    name: ClassVar[str] = "notifications.message_sent.v1"
    topic = topics.NOTIFICATIONS
    about: ClassVar[str] = "message_id"

    message_id: MessageId
    patient_id: PatientId
    location_id: LocationId
    purpose: Purpose
    promise_about: PromiseAbout
    channel: str
    """How it went: `email`."""
    sent_at: AwareDatetime
    """When it was accepted."""


class MessageWithheld(Event):
    """A letter was not sent, on purpose."""

    name: ClassVar[str] = "notifications.message_withheld.v1"
    topic = topics.NOTIFICATIONS
    about: ClassVar[str] = "message_id"

    message_id: MessageId
    patient_id: PatientId
    location_id: LocationId
    purpose: Purpose
    promise_about: PromiseAbout
    reason: str
    """A code: `too_late`, `opted_out`, `no_consent`, `no_contact`, `no_longer_true`."""
    withheld_at: AwareDatetime
    """When that was decided."""


class MessageUndeliverable(Event):
    """The mail server refused the letter for good, or its time ran out while it kept failing."""

    name: ClassVar[str] = "notifications.message_undeliverable.v1"
    topic = topics.NOTIFICATIONS
    about: ClassVar[str] = "message_id"

    message_id: MessageId
    patient_id: PatientId
    location_id: LocationId
    purpose: Purpose
    promise_about: PromiseAbout
    reason: str
    """`smtp_` and the code of the refusal, or `kept_failing`."""
    failed_at: AwareDatetime
    """When it was given up."""
