"""Readings come in, the watch follows the session, and the bedside sees how it stands."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from clinic_platform.auth import Caller
from clinic_sessions.domain.bedside.alarms import Alarm, AlarmStatus
from clinic_sessions.domain.bedside.crossing import baseline_of, unknown_limits
from clinic_sessions.domain.bedside.due_list import due_list, gaps
from clinic_sessions.domain.bedside.monitored import Monitored, Taken
from clinic_sessions.domain.bedside.reading import Look, Reading
from clinic_sessions.domain.bedside.watch import Watch
from clinic_sessions.domain.board.past import Then, alarms_then
from clinic_sessions.domain.board.watched import looks_then, watch_then
from clinic_sessions.domain.errors import (
    ReadingCorrectedMeanwhile,
    ReadingKeepsItsTime,
    ReadingNotFound,
    SessionNotFound,
)
from clinic_sessions.domain.facts import (
    Aborted,
    Completed,
    DosingStarted,
    DosingStopped,
    Fact,
    Voided,
)
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers.watch.reminding import Reminding

Held: TypeAlias = dict[tuple[str, int], Reading]


class Watching(Reminding):
    async def take_readings(
        self, by: Caller, session_id: str, sent: Sequence[Reading]
    ) -> list[Taken]:
        """Each is kept once, with the time its device gives. What was taken before the session
        ended is welcome after it, too: a tablet may have had no network.

        Raises ReadingNotFound, ReadingCorrectedMeanwhile, ReadingKeepsItsTime, and NotNow.
        """
        watch = await self._watch_for(by, session_id, sent)
        held = await self.readings.held(session_id, [(one.device, one.sequence) for one in sent])
        tolerance = self.data.watch.tolerance
        taken = [
            _taken(replace(one, taken_by=by.actor).judged(tolerance), held)
            for one in sorted(sent, key=lambda one: (one.taken_at, one.corrects or 0))
        ]
        new = [one.reading for one in taken if one.is_new]
        marked = [(one, [mark.key for mark in self._marks(watch, one)]) for one in new]
        await self.readings.add(marked)
        if new:
            await self.moves.note(watch.location_id, session_id, "reading")
        await self._heed(watch, new)
        return taken

    async def list_readings(self, by: Caller, session_id: str) -> list[Reading]:
        session = await self.reached_session(by, session_id)
        return await self.readings.of_session(session.id)

    async def monitor(self, by: Caller, session_id: str) -> Monitored:
        session = await self.reached_session(by, session_id)
        watch = await self.watches.find(session_id) or await self._watch_of(session)
        alarms = await self.alarms.of_session(session_id)
        now = self.clock()
        if watch.timeline is None:
            readings = await self.readings.counting(session_id)
            watch = replace(watch, baseline=baseline_of(session.facts, readings, before=now))
        taken = await self.readings.taken(session_id)
        return self._monitored(watch, taken, alarms, now=now)

    async def monitor_then(self, session: Session, then: Then) -> Monitored:
        """The same of another time: `session` is the session then. Nothing is due beyond the time
        until which anything was known."""
        watch = await self.watches.find(session.id) or await self._watch_of(session)
        readings = await self.readings.of_session(session.id)
        stood, taken = watch_then(watch, session, readings, then), looks_then(readings, then)
        alarms = alarms_then(await self.alarms.of_session(session.id), then)
        return replace(self._monitored(stood, taken, alarms, now=then.earlier), is_past=True)

    def _monitored(
        self, watch: Watch, taken: Sequence[Look], alarms: Sequence[Alarm], *, now: datetime
    ) -> Monitored:
        schedule, timeline = self._schedule(watch), watch.timeline
        unknown = unknown_limits(self._limits(watch), watch.baseline)
        return Monitored(
            watch=watch,
            dues=[] if timeline is None else due_list(schedule, timeline, taken, now=now),
            gaps=[] if timeline is None else gaps(schedule, timeline, taken, now=now),
            unknown=[limit.id for limit in unknown],
            open_alarms=[one for one in alarms if one.status is not AlarmStatus.CLOSED],
            as_of=now,
        )

    async def follow(self, session: Session, fact: Fact) -> None:
        """What happens to a session begins its watch, moves what is due, and ends it."""
        match fact:
            case DosingStarted(at=at):
                watch = await self._watched(session)
                before = await self.readings.counting(session.id, until=at)
                await self._keep(
                    watch, watch.start(baseline_of(session.facts, before, before=at), now=at)
                )
            case DosingStopped(at=at):
                watch = await self._watched(session)
                await self._keep(watch, watch.stop(now=at))
            case Completed(at=at) | Aborted(at=at) | Voided(at=at):
                if (known := await self.watches.find(session.id)) is not None:
                    await self._keep(known, known.close(now=at))
            case _:
                pass

    async def _watched(self, session: Session) -> Watch:
        return await self.watches.find(session.id) or await self._watch_of(session)

    async def _watch_for(self, by: Caller, session_id: str, sent: Sequence[Reading]) -> Watch:
        """The watch alone answers nearly always: the session is read where it does not."""
        watch = await self.watches.find(session_id)
        if watch is not None and not by.reaches(watch.location_id):
            raise SessionNotFound
        if watch is not None and all(_belongs(watch, reading) for reading in sent):
            return watch
        session = await self.reached_session(by, session_id)
        session.check({})  # refuses with the statuses in which somebody is here
        return watch or await self._watch_of(session)

    async def _watch_of(self, session: Session) -> Watch:
        plan = await self.plans.get(session.plan_id)
        return Watch(
            session_id=session.id,
            patient_id=session.patient_id,
            location_id=session.location_id,
            protocol=plan.protocol,
            protocol_version=plan.protocol_version,
        )


def _belongs(watch: Watch, reading: Reading) -> bool:
    return watch.closed_at is None or reading.taken_at <= watch.closed_at


def _taken(reading: Reading, held: Held) -> Taken:
    """As it will be kept, or as it is. `held` learns of it: a batch may hold one twice."""
    name = (reading.device, reading.sequence)
    known = held.get(name)
    if reading.corrects is None:
        held[name] = known or reading
        return Taken(held[name], is_new=known is None)
    if known is None:
        raise ReadingNotFound
    if known.corrects == reading.corrects and _is_same(known, reading):
        return Taken(known, is_new=False)
    if known.version != reading.corrects:
        raise ReadingCorrectedMeanwhile(known.version)
    if known.taken_at != reading.taken_at:
        raise ReadingKeepsItsTime
    held[name] = replace(reading, version=known.version + 1, clock=known.clock)
    return Taken(held[name], is_new=True)


def _is_same(known: Reading, sent: Reading) -> bool:
    """Sent again: whenever it came, and whoever sent it."""
    return known == replace(
        sent,
        version=known.version,
        received_at=known.received_at,
        taken_by=known.taken_by,
        clock=known.clock,
    )
