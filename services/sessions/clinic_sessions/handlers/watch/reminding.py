"""An alarm that somebody has acknowledged, and that lasts: people are called again."""

from datetime import datetime

from clinic_platform.promises import Due, Ending, Kept, Withdrawn
from clinic_sessions.domain.bedside.alarms import STILL_PASSED, Acknowledged, Alarm, AlarmStatus
from clinic_sessions.domain.bedside.crossing import marks_of
from clinic_sessions.domain.bedside.measured import newest_of
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.bedside.watch import Watch
from clinic_sessions.domain.protocols.limits import Limit
from clinic_sessions.handlers.watch.weighing import Weighing


class Reminding(Weighing):
    async def remind_of_alarm(self, due: Due) -> Ending:
        """Readings as bad as before say nothing new, so time does: somebody is called unless what
        was read since the acknowledgement is within the limits. Not known is never within."""
        alarm = await self.alarms.get(due.promise.about)
        watch = await self.watches.find(alarm.session_id)
        is_same = alarm.round == int(due.promise.facts["round"])
        if alarm.status is not AlarmStatus.ACKNOWLEDGED or not is_same:
            return Withdrawn(alarm.status)
        if watch is None or watch.closed_at is not None:
            return Withdrawn("nobody_is_watched")
        if not await self._is_over(watch, alarm):
            noted = alarm.note(STILL_PASSED, due.promise.key, now=due.now)
            alarm = await self.alarms.record(alarm, noted)
            role = self.data.watch.chase[alarm.level].role_of(1)
            await self._call("alarm_lasts", alarm, due, role=role)
        await self.promises.make(self.reminder(alarm, due.now))
        return Kept()

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
