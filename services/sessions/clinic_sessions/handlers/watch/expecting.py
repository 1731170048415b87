"""What is due: each expected reading is two promises, to alarm the bedside and to call a person."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from clinic_platform.auth import Caller
from clinic_platform.promises import Due, Ending, Kept, Promise, Withdrawn
from clinic_sessions.domain.bedside.alarms import MISSED_AGAIN, READING_LATE, Alarm, Cause
from clinic_sessions.domain.bedside.answering import found_for
from clinic_sessions.domain.bedside.watch import Planned, Watch
from clinic_sessions.domain.calls import CALLED_FOR
from clinic_sessions.handlers.watch.alarming import Alarming, cause_or

LATE: Final = "note_late_reading"
OVERDUE: Final = "call_for_reading"
KINDS: Final = (LATE, OVERDUE)
TAKE_IT: Final = "A reading is late: take it now."


class Expecting(Alarming):
    async def close_alarm(
        self, by: Caller, session_id: str, alarm_id: str, *, action: str
    ) -> Alarm:
        """By a person, with what was done. A reading that is missing closes nothing."""
        alarm = await self._reached_alarm(by, session_id, alarm_id)
        closed = alarm.close(by.actor, action, now=self.clock())
        alarm = await self.alarms.record(alarm, closed)
        before = await self.watches.find(session_id)
        assert before is not None, "Where an alarm is, there is a watch."
        await self._keep(before, before.with_alarm(alarm, now=self.clock()))
        return alarm

    async def note_late_reading(self, due: Due) -> Ending:
        watch = await self._still_waiting(due)
        if watch is None:
            return Withdrawn("no_longer_due")
        due_at = _due_of(due)
        standing = watch.standings.get(READING_LATE)
        after = watch.with_late(due_at)
        if standing is not None and standing.is_open:
            alarm = await self.alarms.get(standing.alarm_id)
            noted = alarm.note(MISSED_AGAIN, due_at.isoformat(), now=due.now)
            await self.alarms.record(alarm, noted)
        else:
            after = await self._alarm(after, READING_LATE, Cause(READING_LATE, "caution", TAKE_IT))
        await self._keep(watch, after)
        return Kept()

    async def call_for_reading(self, due: Due) -> Ending:
        """Whether or not somebody has acknowledged the alarm: the reading is still not there. One
        call is about all that are overdue by then: after a worker was away they are many."""
        watch = await self._still_waiting(due)
        if watch is None:
            return Withdrawn("no_longer_due")
        overdue = watch.to_call_for(self._protocol(watch).monitoring.escalate_after, now=due.now)
        if _due_of(due) not in overdue:
            return Withdrawn("called_with_others")
        standing = watch.standings.get(READING_LATE)
        assert standing is not None, "What is overdue was late before."
        alarm = await self.alarms.get(standing.alarm_id)
        role = self.data.watch.overdue_calls
        await self._call("reading_overdue", alarm, due, role=role, count=len(overdue))
        await self._keep(watch, watch.with_called(overdue))
        return Kept()

    async def _keep(self, before: Watch, after: Watch) -> Watch:
        """Save what has changed, with the promises that follow from it."""
        if after == before:
            return before
        if after.cautions != before.cautions or after.ended_at != before.ended_at:
            after = await self._answered_anew(after)
        return await self.watches.keep(await self._planned(after))

    async def _answered_anew(self, watch: Watch) -> Watch:
        """Dues have moved: what was read may answer others than those that are to come. What was
        due and answered stays so."""
        timeline, schedule = watch.timeline, self._schedule(watch)
        if timeline is None:
            return watch
        monitoring, now = schedule.monitoring, self.clock()
        longest = max(monitoring.during_every, monitoring.after_every)
        taken = await self.readings.taken(watch.session_id, since=now - 2 * longest)
        settled = watch.settled(now=now)
        found = found_for(schedule, timeline, taken, until=now + longest)
        still = {due: read for due, read in found.items() if due not in settled.answered}
        return settled.with_found(schedule, still)

    async def _planned(self, watch: Watch) -> Watch:
        wanted = watch.outstanding(self._schedule(watch), now=self.clock())
        gone = [planned for planned in watch.planned if planned.due_at not in wanted]
        await self._withdraw(watch, gone)
        kept = [planned for planned in watch.planned if planned.due_at in wanted]
        known = {planned.due_at for planned in kept}
        new = [Planned(at, watch.revision + 1) for at in wanted if at not in known]
        await self._promise(watch, new)
        return replace(watch, planned=tuple(sorted([*kept, *new], key=lambda p: p.due_at)))

    async def _withdraw(self, watch: Watch, gone: Iterable[Planned]) -> None:
        keys: dict[str, list[str]] = {}
        for planned in gone:
            reason = "answered" if planned.due_at in watch.answered else "not_due_any_more"
            keys.setdefault(reason, []).extend(_key(kind, watch, planned) for kind in KINDS)
        for reason, of_it in keys.items():
            await self.promises.withdraw(*of_it, reason=reason)

    async def _promise(self, watch: Watch, new: Sequence[Planned]) -> None:
        monitoring = self._protocol(watch).monitoring
        after = {LATE: monitoring.late_after, OVERDUE: monitoring.escalate_after}
        promises = [self._expecting(k, watch, one, after[k]) for one in new for k in KINDS]
        if promises:
            await self.promises.make(*promises)

    def _expecting(self, kind: str, watch: Watch, planned: Planned, after: timedelta) -> Promise:
        due_at = planned.due_at + after
        return Promise(
            key=_key(kind, watch, planned),
            kind=kind,
            about=f"watch/{watch.session_id}",
            person=watch.patient_id,
            rule=f"{watch.protocol}@{watch.protocol_version}/monitoring",
            why=cause_or(watch.session_id),
            due_at=due_at,
            useful_until=due_at + CALLED_FOR,
            facts={
                "session_id": watch.session_id,
                "due_at": planned.due_at.isoformat(),
                "revision": planned.revision,
            },
        )

    async def _still_waiting(self, due: Due) -> Watch | None:
        """The watch, if the due is still one, and nobody has read since."""
        watch = await self.watches.find(str(due.promise.facts["session_id"]))
        if watch is None or watch.closed_at is not None:
            return None
        planned = watch.plan_of(_due_of(due))
        is_same = planned is not None and planned.revision == due.promise.facts["revision"]
        return watch if is_same else None


def _due_of(due: Due) -> datetime:
    return datetime.fromisoformat(str(due.promise.facts["due_at"]))


def _key(kind: str, watch: Watch, planned: Planned) -> str:
    """With the revision in it: a due that went away and came back is promised anew."""
    return f"{kind}:{watch.session_id}:{planned.due_at.isoformat()}:{planned.revision}"
