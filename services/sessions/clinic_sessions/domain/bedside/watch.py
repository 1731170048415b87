"""The watch kept over one session: what is due, what was answered, and what stands out. Pure.

Readings that change nothing about it are taken in without touching it: of many in a minute it is
the one that answers a due, or passes a limit for the first time, that is written here.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from clinic_sessions.domain.bedside.alarms import READING_LATE, Alarm
from clinic_sessions.domain.bedside.answering import Found, answered_by, found_for
from clinic_sessions.domain.bedside.crossing import Baseline, Mark
from clinic_sessions.domain.bedside.monitoring import Caution, Schedule, Timeline
from clinic_sessions.domain.bedside.reading import Look, Reading
from clinic_sessions.domain.protocols.limits import Level, Limit, rank
from clinic_sessions.domain.protocols.protocol import Monitoring


@dataclass(frozen=True, slots=True)
class LatestAlarm:
    """The newest alarm about one concern. `number` counts those there were, `codes` are the
    symptoms it was raised for."""

    alarm_id: str
    level: Level
    number: int
    closed_at: datetime | None = None
    codes: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    def covers(self, limit: Limit, codes: Iterable[str]) -> bool:
        """Whether its level is no lower than this limit's, and it has these symptoms."""
        return rank(self.level) >= rank(limit.level) and {*codes} <= {*self.codes}


@dataclass(frozen=True, slots=True)
class Planned:
    """A due for which promises were made, under the watch's revision of that time. `is_called`:
    somebody was called about it, with others or alone."""

    due_at: datetime
    revision: int
    is_late: bool = False
    is_called: bool = False


@dataclass(frozen=True, slots=True)
class Partly:
    """A due that still waits for something: `names` is what was read for it already."""

    due_at: datetime
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A mark, left at `at`, without a partner so far. `needs_reading`: a second reading is due."""

    mark: str
    limit_id: str
    at: datetime
    reading_id: str
    needs_reading: bool = True
    codes: tuple[str, ...] = ()

    def is_settled_by(self, readings: Iterable[Reading], monitoring: Monitoring) -> bool:
        """Whether one came in the time for a second reading, and has a value of that parameter.
        By a clock that is wrong nobody knows when it was taken: it settles nothing. Had it passed
        the limit as well, there would be an alarm, and nothing would wait."""
        least, most = monitoring.confirm_within
        limit = next(one for one in monitoring.limits if one.id == self.limit_id)
        return any(
            reading.is_trusted
            and self.at + least <= reading.counts_at <= self.at + most
            and getattr(reading, limit.parameter) is not None
            for reading in readings
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """`session_id` is its id: one watch a session, from the first reading or dosing on."""

    session_id: str
    patient_id: str
    location_id: str
    protocol: str
    protocol_version: int
    started_at: datetime | None = None
    ended_at: datetime | None = None
    closed_at: datetime | None = None
    baseline: Mapping[str, Baseline] = field(default_factory=dict)
    answered: tuple[datetime, ...] = ()
    partly: tuple[Partly, ...] = ()
    planned: tuple[Planned, ...] = ()
    cautions: tuple[Caution, ...] = ()
    unconfirmed: tuple[Unconfirmed, ...] = ()
    standings: Mapping[str, LatestAlarm] = field(default_factory=dict)
    revision: int = 0

    @property
    def timeline(self) -> Timeline | None:
        """None before dosing: nothing is due yet."""
        if self.started_at is None:
            return None
        return Timeline(
            started_at=self.started_at,
            ended_at=self.ended_at,
            closed_at=self.closed_at,
            cautions=self.cautions,
        )

    @property
    def is_cautious(self) -> bool:
        return bool(self.cautions) and self.cautions[-1].until is None

    @property
    def open_alarms(self) -> tuple[str, ...]:
        """The ids of those that nobody has closed: there is never more than one a concern."""
        return tuple(sorted(one.alarm_id for one in self.standings.values() if one.is_open))

    def start(self, baseline: Mapping[str, Baseline], *, now: datetime) -> Self:
        return replace(self, started_at=_whole(now), baseline=baseline)

    def stop(self, *, now: datetime) -> Self:
        return replace(self, ended_at=_next_whole(now))

    def close(self, *, now: datetime) -> Self:
        return self if self.closed_at is not None else replace(self, closed_at=now)

    def found(self, schedule: Schedule, looks: Iterable[Look]) -> Found:
        """What these looks read, of what dues need that nobody has answered yet."""
        timeline, seen = self.timeline, [*looks]
        if timeline is None or not seen:
            return {}
        monitoring = schedule.monitoring
        longest = max(monitoring.during_every, monitoring.after_every)
        horizon = max(look.at for look in seen) + longest
        found = found_for(schedule, timeline, seen, until=horizon)
        return {due: read for due, read in found.items() if due not in self.answered}

    def with_found(self, schedule: Schedule, found: Found) -> Self:
        """A due is answered once all it needs was read. What was read of it is written here, so of
        two devices that send at one moment none misses the other."""
        read = {one.due_at: dict.fromkeys(one.names, one.due_at) for one in self.partly}
        for due, names in found.items():
            read.setdefault(due, {}).update(names)
        answered = {*self.answered, *answered_by(schedule, read)}
        partly = (Partly(due, tuple(sorted(read[due]))) for due in sorted({*read} - answered))
        return replace(self, answered=tuple(sorted(answered)), partly=tuple(partly))

    def settled(self, *, now: datetime) -> Self:
        """Without what was read for dues that are still to come: they may be others by now."""
        return replace(
            self,
            answered=tuple(due for due in self.answered if due <= now),
            partly=tuple(one for one in self.partly if one.due_at <= now),
        )

    def outstanding(self, schedule: Schedule, *, now: datetime) -> list[datetime]:
        """What is not answered: all that was due, and what comes next.

        A reading may answer what is due half an interval later, and nothing is written then until
        somebody is late for the one after: so that one is among them.
        """
        timeline = self.timeline
        if timeline is None or self.closed_at is not None:
            return []
        monitoring = schedule.monitoring
        horizon = now + 2 * max(monitoring.during_every, monitoring.after_every)
        dues = schedule.dues(timeline, until=horizon)
        return [due for due in dues if due not in self.answered]

    def plan_of(self, due_at: datetime) -> Planned | None:
        return next((planned for planned in self.planned if planned.due_at == due_at), None)

    def with_late(self, due_at: datetime) -> Self:
        planned = (replace(p, is_late=p.is_late or p.due_at == due_at) for p in self.planned)
        return replace(self, planned=tuple(planned))

    def to_call_for(self, after: timedelta, *, now: datetime) -> set[datetime]:
        """The dues that nobody has answered for `after` so long, and nobody was called about."""
        return {p.due_at for p in self.planned if not p.is_called and p.due_at + after <= now}

    def with_called(self, dues: Collection[datetime]) -> Self:
        planned = (replace(p, is_called=p.is_called or p.due_at in dues) for p in self.planned)
        return replace(self, planned=tuple(planned))

    def covers(self, limit: Limit, codes: Iterable[str] = ()) -> bool:
        """Whether an open alarm covers it already."""
        standing = self.standings.get(limit.concern)
        return standing is not None and standing.is_open and standing.covers(limit, codes)

    def with_alarm(self, alarm: Alarm, *, now: datetime) -> Self:
        """Raised, worse, or closed. While one about the patient is open, caution holds."""
        before = self.standings.get(alarm.concern)
        known = before is not None and before.alarm_id == alarm.id
        number = 1 if before is None else before.number + (not known)
        standing = LatestAlarm(alarm.id, alarm.level, number, alarm.closed_at, alarm.codes)
        standings = {**self.standings, alarm.concern: standing}
        return replace(self, standings=standings)._with_caution(now)

    def waits_for(self, mark: Mark, at: datetime, within: float) -> bool:
        """Whether this mark waits for its partner already, since at most `within` seconds."""
        return any(
            one.mark == mark.key
            and {*mark.codes} <= {*one.codes}
            and abs((at - one.at).total_seconds()) <= within
            for one in self.unconfirmed
        )

    def to_confirm(
        self, monitoring: Monitoring, again: Iterable[Reading]
    ) -> tuple[Unconfirmed, ...]:
        """Limits that were passed once and wait for the reading that is due because of it: none of
        `again` has measured that parameter in the time for it."""
        readings = [*again]
        return tuple(
            one
            for one in self.unconfirmed
            if one.needs_reading and not one.is_settled_by(readings, monitoring)
        )

    def without(self, settled: Iterable[Unconfirmed]) -> Self:
        gone = {*settled}
        return replace(self, unconfirmed=tuple(u for u in self.unconfirmed if u not in gone))

    def _with_caution(self, now: datetime) -> Self:
        holds = any(
            standing.is_open for name, standing in self.standings.items() if name != READING_LATE
        )
        if holds == self.is_cautious:
            return self
        if holds:
            return replace(self, cautions=(*self.cautions, Caution(_next_whole(now))))
        *before, last = self.cautions
        return replace(self, cautions=(*before, Caution(last.since, _next_whole(now))))


def _whole(at: datetime) -> datetime:
    """Dues are on whole seconds: the database keeps no more than thousandths of one."""
    return at.replace(microsecond=0)


def _next_whole(at: datetime) -> datetime:
    """Never before what led to it: a reading of the same second was taken before the change."""
    return _whole(at + timedelta(microseconds=999_999))
