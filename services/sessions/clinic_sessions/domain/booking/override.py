"""Permission to break a rule of booking: which, why, by whom, and until when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

OVERBOOK: Final = "overbook"
OUTSIDE_HOURS: Final = "outside_hours"
NO_BUFFER: Final = "no_buffer"
SHORT_NOTICE: Final = "short_notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """`rules` are those it may break. `reason` is a code.

    It is given and used in one command, by one person, for one booking, and is no permission for
    anybody to use later: moving the booking asks for another. `expires_at` limits how far ahead it
    is meant: a visit that begins then or later is refused, so that a slip of the date breaks no
    rule on another day. A patient's own time, spacing, the series and closures are never broken,
    and `no_buffer` gives up the visit's own buffers, not those of its neighbours."""

    rules: tuple[str, ...]
    reason: str
    by: str
    permitted_at: datetime
    expires_at: datetime

    def covers(self, starts_at: datetime) -> bool:
        return starts_at < self.expires_at


def allows(override: Override | None, rule: str) -> bool:
    return override is not None and rule in override.rules
