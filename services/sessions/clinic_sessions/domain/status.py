"""The state machine of a session: its statuses, and the arrows between them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Status(StrEnum):
    BOOKED = "booked"
    ARRIVED = "arrived"
    READY = "ready"
    DOSING = "dosing"
    MONITORING = "monitoring"
    EXTENDED = "extended"  # could leave but for something outside: stays until it is there
    DISCHARGEABLE = "dischargeable"
    COMPLETED = "completed"
    ABORTED = "aborted"
    MISSED = "missed"
    CANCELLED = "cancelled"
    VOIDED = "voided"


# An arrow that is not drawn here cannot happen.
ARROWS: Final[Mapping[Status, tuple[Status, ...]]] = {
    Status.BOOKED: (Status.BOOKED, Status.ARRIVED, Status.CANCELLED, Status.MISSED),
    Status.ARRIVED: (Status.READY, Status.CANCELLED, Status.ABORTED),
    Status.READY: (Status.DOSING, Status.ARRIVED, Status.ABORTED),
    Status.DOSING: (Status.MONITORING, Status.ABORTED),
    Status.MONITORING: (Status.DISCHARGEABLE, Status.EXTENDED, Status.COMPLETED, Status.ABORTED),
    Status.EXTENDED: (Status.DISCHARGEABLE, Status.COMPLETED, Status.ABORTED),
    Status.DISCHARGEABLE: (Status.COMPLETED, Status.MONITORING, Status.EXTENDED, Status.ABORTED),
    Status.COMPLETED: (Status.COMPLETED, Status.VOIDED),
    Status.ABORTED: (Status.VOIDED,),
    Status.MISSED: (Status.VOIDED,),
    Status.CANCELLED: (),
    Status.VOIDED: (),
}
AT_THE_CLINIC: Final = (
    Status.ARRIVED,
    Status.READY,
    Status.DOSING,
    Status.MONITORING,
    Status.EXTENDED,
    Status.DISCHARGEABLE,
)
AFTER_DOSING: Final = (Status.MONITORING, Status.EXTENDED, Status.DISCHARGEABLE)
# The visit has begun and may have ended: what is found out about it can still be written down.
ENDED: Final = (Status.COMPLETED, Status.ABORTED)
SEEN: Final = (*AT_THE_CLINIC, *ENDED)
