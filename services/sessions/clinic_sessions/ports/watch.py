"""What the handlers need from the outside world: to watch over patients."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol as Port
from typing import TypeAlias

from clinic_sessions.domain.bedside.alarms import Alarm, AlarmFact
from clinic_sessions.domain.bedside.reading import Look, Reading
from clinic_sessions.domain.bedside.watch import Watch
from clinic_sessions.domain.calls import Call

Marked: TypeAlias = tuple[Reading, Sequence[str]]
Window: TypeAlias = tuple[datetime, datetime]


class Readings(Port):
    """Every reading in every version, as it came."""

    async def held(
        self, session_id: str, names: Sequence[tuple[str, int]]
    ) -> dict[tuple[str, int], Reading]:
        """Of these devices and sequences those that are there, in their newest version."""
        ...

    async def add(self, marked: Sequence[Marked]) -> None:
        """New ones, with the marks they left. The one that a correction corrects stays, and counts
        no longer."""
        ...

    async def remark(self, marked: Sequence[Marked]) -> None:
        """Other marks for readings that are there."""
        ...

    async def of_session(self, session_id: str) -> list[Reading]:
        """All versions, by the time they count at."""
        ...

    async def counting(
        self, session_id: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[Reading]:
        """Those that no correction has replaced, by the time they count at, ends included."""
        ...

    async def taken(self, session_id: str, *, since: datetime | None = None) -> list[Look]:
        """When those that count were taken, as far as their clocks are right, and which numbers
        they hold; in order."""
        ...

    async def marked(self, session_id: str, mark: str, windows: Sequence[Window]) -> Reading | None:
        """One that counts, left this mark, and counts at a time in one of the windows."""
        ...


class Watches(Port):
    """The watch of each session."""

    async def find(self, session_id: str) -> Watch | None: ...

    async def keep(self, watch: Watch) -> Watch:
        """The watch, one revision on; Conflict if someone else was faster."""
        ...


class Alarms(Port):
    """Every alarm. `record` saves and announces, or does neither."""

    async def get(self, alarm_id: str) -> Alarm:
        """The alarm, or AlarmNotFound."""
        ...

    async def of_session(self, session_id: str) -> list[Alarm]:
        """In the order in which they were raised."""
        ...

    async def record(self, alarm: Alarm, fact: AlarmFact) -> Alarm:
        """The alarm after the fact, or Conflict if someone else was faster."""
        ...


class Calls(Port):
    """Every call to a person of a place. `make` keeps and announces it, or does neither."""

    async def make(self, call: Call) -> bool:
        """False, and nothing published, when a call of this id was made before."""
        ...
