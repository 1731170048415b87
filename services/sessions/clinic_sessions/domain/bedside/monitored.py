"""What the bedside is shown: how a reading was taken in, and how a session is watched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clinic_sessions.domain.bedside.alarms import Alarm
from clinic_sessions.domain.bedside.due_list import Expected, Gap
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.bedside.watch import Unconfirmed, Watch


@dataclass(frozen=True, slots=True)
class Taken:
    """`is_new` is false for what came before: it is kept once."""

    reading: Reading
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitored:
    """How a session is watched at `as_of`. `unknown` names limits that cannot be judged. Of another
    time than now (`is_past`) it is not known which limits waited for a second reading."""

    watch: Watch
    dues: Sequence[Expected]
    gaps: Sequence[Gap]
    unknown: Sequence[str]
    open_alarms: Sequence[Alarm]
    as_of: datetime
    is_past: bool = False

    @property
    def next_due_at(self) -> datetime | None:
        """The first that is not answered, be it late."""
        return next((due.due_at for due in self.dues if due.state != "done"), None)

    @property
    def unconfirmed(self) -> list[Unconfirmed] | None:
        """Limits that were passed once; those that wait for a symptom are nobody's task."""
        if self.is_past:
            return None
        return [one for one in self.watch.unconfirmed if one.needs_reading]
