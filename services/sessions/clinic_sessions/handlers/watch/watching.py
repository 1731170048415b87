"""Readings come in, the watch follows the session, and the bedside sees how it stands."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from clinic_platform.auth import Caller
from clinic_platform.decisions import Facts
from clinic_sessions.domain.bedside.alarms import Alarm, AlarmStatus
from clinic_sessions.domain.bedside.crossing import baseline_of, unknown_limits
from clinic_sessions.domain.bedside.due_list import due_list, gaps
from clinic_sessions.domain.bedside.measured import noted_as_reading
from clinic_sessions.domain.bedside.monitored import Monitored, Taken
from clinic_sessions.domain.bedside.reading import Look, Reading
from clinic_sessions.domain.bedside.watch import Watch
from clinic_sessions.domain.board.past import Then, alarms_then
from clinic_sessions.domain.board.watched import looks_then, watch_then
from clinic_sessions.domain.errors import (
    ReadingCorrectedMeanwhile,
    ReadingDiffers,
    ReadingKeepsItsTime,
    ReadingNotFound,
    SessionNotFound,
    SessionsError,
)
from clinic_sessions.domain.facts import (
    Aborted,
    Cancelled,
    Checked,
    Completed,
    DischargeAssessed,
    DosingStarted,
    DosingStopped,
    Fact,
    Missed,
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

        Raises ReadingDiffers, ReadingNotFound, ReadingCorrectedMeanwhile, ReadingKeepsItsTime and
        NotNow, with the place of the reading in `sent`.
        """
        watch = await self._watch_for(by, session_id, sent)
        tolerance = self.data.watch.tolerance
        judged = [replace(one, taken_by=by.actor).judged(tolerance) for one in sent]
        taken = _all_taken(judged, *await self._held(session_id, sent))
        new = [one.reading for one in taken if one.is_new]
        marked = [(one, [mark.key for mark in self._marks(watch, one)]) for one in new]
        await self.readings.add(marked)
        if new:
            await self.moves.note(watch.location_id, session_id, "reading")
        await self._heed(watch, new)
        return taken

    async def _held(self, session_id: str, sent: Sequence[Reading]) -> tuple[Held, Held]:
        """Those of these names that are there: in their newest version, and in their first."""
        held = await self.readings.held(session_id, [(one.device, one.sequence) for one in sent])
        first = {name: one for name, one in held.items() if one.version == 1}
        if len(first) < len(held):
            every = await self.readings.of_session(session_id)
            first = {(one.device, one.sequence): one for one in every if one.version == 1}
        return held, first

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
                await self._close(session, at)
            case Cancelled() | Missed():
                await self._close(session, self.clock())
            case Checked(facts=noted) | DischargeAssessed(facts=noted):
                await self._heed_noted(session, noted)
            case _:
                pass

    async def _close(self, session: Session, at: datetime) -> None:
        if (known := await self.watches.find(session.id)) is not None:
            await self._keep(known, known.close(now=at))

    async def _heed_noted(self, session: Session, noted: Facts) -> None:
        """Once a watch is on, what a person notes is weighed as what a device sends."""
        watch, reading = await self.watches.find(session.id), noted_as_reading(session, noted)
        if watch is None or watch.closed_at is not None or reading is None:
            return
        await self.readings.add([(reading, [mark.key for mark in self._marks(watch, reading)])])
        await self._heed(watch, [reading])

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
        outside = (n for n, one in enumerate(sent) if watch is None or not _belongs(watch, one))
        with _placed(next(outside)):
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


@contextmanager
def _placed(place: int) -> Iterator[None]:
    """A refusal names the reading that it is about by its place in what was sent."""
    try:
        yield
    except SessionsError as refused:
        refused.at_place(place, "reading")
        raise


def _all_taken(sent: Sequence[Reading], held: Held, first: Held) -> list[Taken]:
    """By the time they were taken, a correction after what it corrects."""
    taken = []
    in_order = sorted(enumerate(sent), key=lambda one: (one[1].taken_at, one[1].corrects or 0))
    for place, reading in in_order:
        with _placed(place):
            taken.append(_taken(reading, held, first))
    return taken


def _taken(reading: Reading, held: Held, first: Held) -> Taken:
    """As it will be kept, or as it is. `held` learns of it: a batch may hold one twice."""
    name = (reading.device, reading.sequence)
    known = held.get(name)
    if reading.corrects is None:
        if not _is_same(first.setdefault(name, reading), reading):
            raise ReadingDiffers
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
    held[name] = replace(
        reading,
        version=known.version + 1,
        clock=known.clock,
        first_received_at=known.first_received_at or known.received_at,
    )
    return Taken(held[name], is_new=True)


def _is_same(known: Reading, sent: Reading) -> bool:
    """Sent again: whenever it came, and whoever sent it."""
    return known == replace(
        sent,
        version=known.version,
        received_at=known.received_at,
        taken_by=known.taken_by,
        clock=known.clock,
        first_received_at=known.first_received_at,
    )
