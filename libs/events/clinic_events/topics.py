"""The topics: name, key, partitions, retention, clean-up. The only declaration there is.

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
# How long a tombstone stays for who reads what came before it: as long as any event.
BURIED_FOR: Final = RETENTION
TOMBSTONES: Final = "delete.retention.ms"
UNLIMITED: Final = "-1"  # no message is deleted for the space it takes: only its age counts


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
        always = {"max.message.bytes": str(MAX_MESSAGE_BYTES), STAMPED: BY_THE_BROKER}
        if self.retention is None:
            buried = {TOMBSTONES: _milliseconds(BURIED_FOR)}
            return {"cleanup.policy": "compact", **buried, **always}
        kept = {"retention.ms": _milliseconds(self.retention), **always}
        by_time = {"segment.ms": _milliseconds(SEGMENT), "retention.bytes": UNLIMITED}
        return {"cleanup.policy": "delete", **by_time, **kept}


def _milliseconds(time: timedelta) -> str:
    return str(int(time.total_seconds() * 1000))


# Kafka's default is 1 MiB. Events carry ids and numbers: a larger one is a mistake, not a need.
MAX_MESSAGE_BYTES: Final = 256 * 1024
# By the sender's clock, a broker refuses all that a machine more than an hour ahead says, and what
# one far behind says is the first to be cleaned away.
STAMPED: Final = "message.timestamp.type"
BY_THE_BROKER: Final = "LogAppendTime"

INTAKE: Final = Topic("intake.events")
SESSIONS: Final = Topic("sessions.events")
NOTIFICATIONS: Final = Topic("notifications.events")
OUTCOMES: Final = Topic("outcomes.events")
LOCATIONS: Final = Topic("clinic.locations", key="location_id", retention=None)
CONTACTS: Final = Topic("clinic.contacts", retention=None)

ALL: Final = (INTAKE, SESSIONS, NOTIFICATIONS, OUTCOMES, LOCATIONS, CONTACTS)
