"""Stand-ins of the ports that watching over patients needs, with the promises of the stores."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from clinic_platform.testing import InMemoryOutbox
from clinic_sessions.domain.bedside.alarms import Alarm, AlarmFact
from clinic_sessions.domain.bedside.reading import Look, Reading
from clinic_sessions.domain.bedside.watch import Watch
from clinic_sessions.domain.calls import Call
from clinic_sessions.domain.errors import AlarmNotFound, Conflict
from clinic_sessions.domain.protocols.limits import NUMBERS
from clinic_sessions.ports.watch import Marked, Window
from clinic_sessions.publishing import of_alarm, of_call


class InMemoryReadings:
    def __init__(self) -> None:
        self.rows: dict[str, Marked] = {}
        self._corrected: set[str] = set()

    async def held(
        self, session_id: str, names: Sequence[tuple[str, int]]
    ) -> dict[tuple[str, int], Reading]:
        counting = await self.counting(session_id)
        found = {(reading.device, reading.sequence): reading for reading in counting}
        return {name: reading for name, reading in found.items() if name in names}

    async def add(self, marked: Sequence[Marked]) -> None:
        for reading, marks in marked:
            if reading.corrects is not None:
                self._corrected.add(replace(reading, version=reading.corrects).id)
            self.rows[reading.id] = (reading, tuple(marks))

    async def remark(self, marked: Sequence[Marked]) -> None:
        for reading, marks in marked:
            self.rows[reading.id] = (reading, tuple(marks))

    async def of_session(self, session_id: str) -> list[Reading]:
        mine = [reading for reading, _ in self.rows.values() if reading.session_id == session_id]
        return sorted(mine, key=lambda reading: (reading.counts_at, reading.version))

    async def counting(
        self, session_id: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[Reading]:
        return [
            reading
            for reading in await self.of_session(session_id)
            if reading.id not in self._corrected
            and (since is None or reading.counts_at >= since)
            and (until is None or reading.counts_at <= until)
        ]

    async def taken(self, session_id: str, *, since: datetime | None = None) -> list[Look]:
        counting = await self.counting(session_id, since=since)
        looks = (reading.look for reading in counting if reading.is_trusted)
        return [Look(one.at, one.has & {*NUMBERS}) for one in looks]

    async def marked(self, session_id: str, mark: str, windows: Sequence[Window]) -> Reading | None:
        found = (
            reading
            for reading in await self.counting(session_id)
            if mark in self.rows[reading.id][1]
            and any(since <= reading.counts_at <= until for since, until in windows)
        )
        return next(found, None)


class InMemoryWatches:
    def __init__(self) -> None:
        self.rows: dict[str, Watch] = {}

    async def find(self, session_id: str) -> Watch | None:
        return self.rows.get(session_id)

    async def keep(self, watch: Watch) -> Watch:
        known = self.rows.get(watch.session_id)
        if (0 if known is None else known.revision) != watch.revision:
            raise Conflict
        after = self.rows[watch.session_id] = replace(watch, revision=watch.revision + 1)
        return after


class InMemoryAlarms:
    def __init__(self, outbox: InMemoryOutbox) -> None:
        self.rows: dict[str, Alarm] = {}
        self._outbox = outbox

    async def get(self, alarm_id: str) -> Alarm:
        if alarm_id not in self.rows:
            raise AlarmNotFound
        return self.rows[alarm_id]

    async def of_session(self, session_id: str) -> list[Alarm]:
        mine = [alarm for alarm in self.rows.values() if alarm.session_id == session_id]
        return sorted(mine, key=lambda alarm: str(alarm.raised_at))

    async def record(self, alarm: Alarm, fact: AlarmFact) -> Alarm:
        known = self.rows.get(alarm.id)
        if (0 if known is None else known.revision) != alarm.revision:
            raise Conflict
        after = self.rows[alarm.id] = alarm.after(fact)
        await self._outbox.append(*of_alarm(after, fact), sequence=after.revision)
        return after


class InMemoryCalls:
    def __init__(self, outbox: InMemoryOutbox) -> None:
        self.rows: dict[str, Call] = {}
        self._outbox = outbox

    async def make(self, call: Call) -> bool:
        if call.id in self.rows:
            return False
        self.rows[call.id] = call
        await self._outbox.append(of_call(call), sequence=1)
        return True
