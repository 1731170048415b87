"""An alarm that somebody has acknowledged, and that lasts: people are called again."""

from datetime import datetime

from clinic_platform.promises import Due, Ending, Kept, Withdrawn
from clinic_sessions.domain.bedside.alarms import (
    STILL_OPEN,
    STILL_PASSED,
    Acknowledged,
    Alarm,
    AlarmStatus,
)
from clinic_sessions.domain.bedside.crossing import marks_of
from clinic_sessions.domain.bedside.measured import newest_of
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.bedside.watch import Watch
from clinic_sessions.domain.protocols.limits import Limit
from clinic_sessions.handlers.watch.weighing import Weighing


class Reminding(Weighing):
    async def remind_of_alarm(self, due: Due) -> Ending:
        """Readings as bad as before change nothing, so time does: somebody is called unless what
        was read since the acknowledgement is within the limits. Not known is never within."""
        alarm = await self.alarms.get(due.promise.about)
        is_same = alarm.round == int(due.promise.facts["round"])
        if alarm.status is not AlarmStatus.ACKNOWLEDGED or not is_same:
            return Withdrawn(alarm.status)
        if (why := await self._why_it_lasts(alarm)) is not None:
            alarm = await self.alarms.record(alarm, alarm.note(why, due.promise.key, now=due.now))
            role = self.data.watch.chase[alarm.level].role_of(1)
            await self._call("alarm_lasts", alarm, due, role=role)
        await self.promises.make(await self.reminder(alarm, due.now))
        return Kept()

    async def _why_it_lasts(self, alarm: Alarm) -> str | None:
        """None: what was read since is within the limits, or the dues see to what is missed. Once
        the watch is closed there are none, nothing is read, and no gate asks for the alarm: it
        lasts until a person closes it."""
        watch = await self.watches.find(alarm.session_id)
        if watch is None or watch.closed_at is not None:
            return STILL_OPEN
        return None if await self._is_over(watch, alarm) else STILL_PASSED

    async def _is_over(self, watch: Watch, alarm: Alarm) -> bool:
        limits = [one for one in self._limits(watch) if one.concern == alarm.concern]
        since = _acknowledged_at(alarm)
        readings = await self.readings.counting(watch.session_id, since=since)
        newest = newest_of(readings, {one.parameter for one in limits})
        return all(
            one.parameter in newest
            and newest[one.parameter].counts_at > since
            and not _passes(newest[one.parameter], one, watch)
            for one in limits
        )


def _passes(reading: Reading, limit: Limit, watch: Watch) -> bool:
    return any(not mark.is_symptom for mark in marks_of(reading, [limit], watch.baseline))


def _acknowledged_at(alarm: Alarm) -> datetime:
    return max(fact.at for fact in alarm.history if isinstance(fact, Acknowledged))
