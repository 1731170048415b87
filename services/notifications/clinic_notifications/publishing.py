"""From what happened to a message to the events that are published."""

from typing import assert_never

from clinic_events import Event, MessageSent, MessageUndeliverable, MessageWithheld
from clinic_notifications.domain.messages import (
    Deferred,
    Fact,
    Message,
    Sent,
    Undeliverable,
    Withheld,
)


def of_message(message: Message, fact: Fact) -> list[Event]:
    """`message` as it is after the fact. Not published: that it waits, and a message about no
    patient."""
    if not message.patient_id:
        return []
    which = {
        "message_id": message.id,
        "patient_id": message.patient_id,
        "location_id": message.location_id,
        "purpose": message.purpose,
        "promise_about": message.promise_about,
    }
    match fact:
        case Deferred():
            return []
        case Sent(at=at):
            return [MessageSent(**which, channel=message.channel, sent_at=at)]
        case Withheld(at=at, reason=reason):
            return [MessageWithheld(**which, reason=reason, withheld_at=at)]
        case Undeliverable(at=at, reason=reason):
            return [MessageUndeliverable(**which, reason=reason, failed_at=at)]
        case _:
            assert_never(fact)
