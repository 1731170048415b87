"""The Kafka topics: name, key, partitions, retention, clean-up. Their only declaration.

The local stack, the manifests and the consumers all read it, so a topic cannot differ between them.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

PARTITIONS: Final = 12
RETENTION: Final = timedelta(days=30)
# A broker deletes whole segments: the first message of one stays for as long again as the segment
# is written to.
SEGMENT: Final = timedelta(days=1)
# How long a tombstone stays, for consumers that read what came before it: as long as any event.
TOMBSTONES_KEPT_FOR: Final = RETENTION
DELETE_RETENTION: Final = "delete.retention.ms"
UNLIMITED: Final = "-1"  # bytes: messages are deleted by age alone


@dataclass(frozen=True, slots=True)
class Topic:
    """`retention` is None for a compacted topic: it keeps the last event of each key."""

    name: str
    key: str = "patient_id"
    partitions: int = PARTITIONS
    retention: timedelta | None = RETENTION

    @property
    def is_compacted(self) -> bool:
        return self.retention is None

    @property
    def settings(self) -> dict[str, str]:
        """The broker's settings for this topic, as the admin protocol takes them."""
        always = {"max.message.bytes": str(MAX_MESSAGE_BYTES), TIMESTAMP_TYPE: LOG_APPEND_TIME}
        if self.retention is None:
            buried = {DELETE_RETENTION: _milliseconds(TOMBSTONES_KEPT_FOR)}
            return {"cleanup.policy": "compact", **buried, **always}
        kept = {"retention.ms": _milliseconds(self.retention), **always}
        by_time = {"segment.ms": _milliseconds(SEGMENT), "retention.bytes": UNLIMITED}
        return {"cleanup.policy": "delete", **by_time, **kept}


def _milliseconds(time: timedelta) -> str:
    return str(int(time.total_seconds() * 1000))


# Kafka's default is 1 MiB. Events carry ids and numbers: a larger one is a mistake.
MAX_MESSAGE_BYTES: Final = 256 * 1024
# By the producer's clock, a broker would refuse messages of a machine more than an hour ahead, and
# delete those of one far behind first.
TIMESTAMP_TYPE: Final = "message.timestamp.type"
LOG_APPEND_TIME: Final = "LogAppendTime"

INTAKE: Final = Topic("intake.events")
SESSIONS: Final = Topic("sessions.events")
NOTIFICATIONS: Final = Topic("notifications.events")
OUTCOMES: Final = Topic("outcomes.events")
LOCATIONS: Final = Topic("clinic.locations", key="location_id", retention=None)
CONTACTS: Final = Topic("clinic.contacts", retention=None)

ALL: Final = (INTAKE, SESSIONS, NOTIFICATIONS, OUTCOMES, LOCATIONS, CONTACTS)
