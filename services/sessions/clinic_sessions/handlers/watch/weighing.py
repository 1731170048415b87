"""What readings lead to: dues answered, limits passed, alarms raised or noted beside."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from clinic_platform.promises import Due, Ending, Kept, Promise, Withdrawn
from clinic_sessions.domain.bedside.alarms import (
    READING_CAME,
    READING_CORRECTED,
    READING_LATE,
    TAKEN_BEFORE,
    AlarmNoted,
    Cause,
)
from clinic_sessions.domain.bedside.crossing import (
    Mark,
    codes_of,
    last_set,
    marks_of,
    partner_of,
    windows,
)
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.bedside.watch import Unconfirmed, Watch
from clinic_sessions.domain.calls import CALLED_FOR
from clinic_sessions.domain.protocols.limits import Limit, rank
from clinic_sessions.handlers.watch.alarming import cause_or
from clinic_sessions.handlers.watch.expecting import Expecting

CONFIRM: Final = "confirm_crossing"


class Weighing(Expecting):
    async def confirm_crossing(self, due: Due) -> Ending:
        """The time for a second reading is over: within the limit it settles the first; passing it,
        or not there at all, it alarms. What nobody has measured again is never safe."""
        watch = await self.watches.find(str(due.promise.facts["session_id"]))
        waiting = None if watch is None else _waiting(watch, due)
        if watch is None or waiting is None:
            return Withdrawn("settled")
        limit = next(one for one in self._limits(watch) if one.id == waiting.limit_id)
        after = watch.without([waiting])
        codes = waiting.codes
        if not watch.covers(limit, codes) and not await self._is_settled(watch, waiting):
            cause = _cause(limit, [waiting.reading_id], codes, is_confirmed=False)
            after = await self._alarm(after, limit.concern, cause)
        await self._keep(watch, after)
        return Kept()

    async def _heed(self, watch: Watch, readings: Sequence[Reading]) -> Watch:
        """In the order in which they were taken. Nothing is written for those that add nothing."""
        after = await self._answer(await self._with_baseline(watch, readings), readings)
        for reading in sorted(readings, key=lambda one: one.counts_at):
            if reading.corrects is not None:
                after = await self._note_correction(after, reading)
            for mark in self._marks(after, reading):
                after = await self._weigh(after, reading, mark)
        return await self._keep(watch, after)

    def _marks(self, watch: Watch, reading: Reading) -> list[Mark]:
        """The worst first: what is not as bad adds nothing to it."""
        marks = marks_of(reading, self._limits(watch), watch.baseline)
        return sorted(marks, key=lambda mark: -rank(mark.limit.level))

    def _limits(self, watch: Watch) -> tuple[Limit, ...]:
        return self._protocol(watch).monitoring.limits

    async def _answer(self, watch: Watch, readings: Sequence[Reading]) -> Watch:
        """A late reading is noted beside the alarm that missed it; the alarm stays."""
        taken = {one.counts_at: one for one in readings if one.is_trusted}
        schedule, late = self._schedule(watch), watch.standings.get(READING_LATE)
        found = watch.found(schedule, (one.look for one in readings if one.is_trusted))
        after = watch.with_found(schedule, found)
        for due_at in sorted({*after.answered} - {*watch.answered}):
            planned = watch.plan_of(due_at)
            if planned is not None and planned.is_late and late is not None:
                last = taken[max(found[due_at].values())]
                await self._note(late.alarm_id, READING_CAME, last.id)
        return after

    async def _weigh(self, watch: Watch, reading: Reading, mark: Mark) -> Watch:
        limit = mark.limit
        if watch.covers(limit, mark.codes):
            return watch
        standing = watch.standings.get(limit.concern)
        if standing is not None and not standing.is_open and standing.closed_at is not None:
            is_no_worse = standing.covers(limit, mark.codes)
            was_before = reading.counts_at <= standing.closed_at
            if is_no_worse and was_before and reading.is_prompt(self.data.watch.tolerance):
                await self._note(standing.alarm_id, TAKEN_BEFORE, reading.id)
                return watch
        partner = partner_of(mark, self._protocol(watch).monitoring.confirm_within)
        if partner is None:
            return await self._alarm(watch, limit.concern, _cause(limit, [reading.id], mark.codes))
        within = windows(reading.counts_at, partner)
        other = await self.readings.marked(watch.session_id, partner.key, within)
        if other is None:
            return await self._wait_for_partner(watch, reading, mark)
        settled = [one for one in watch.unconfirmed if one.limit_id == limit.id]
        codes = {*mark.codes, *codes_of(other, limit)}
        cause = _cause(limit, [other.id, reading.id], codes)
        return await self._alarm(watch.without(settled), limit.concern, cause)

    async def _wait_for_partner(self, watch: Watch, reading: Reading, mark: Mark) -> Watch:
        """Written on the watch: of two readings that come at one moment, one sees the other."""
        _, most = self._protocol(watch).monitoring.confirm_within
        at = reading.counts_at
        if watch.waits_for(mark, at, most.total_seconds()):
            return watch
        # A symptom that nobody reports is no reading that is missing.
        is_pair = bool(mark.limit.with_any)
        waiting = Unconfirmed(mark.key, mark.limit.id, at, reading.id, not is_pair, mark.codes)
        if waiting.needs_reading:
            await self.promises.make(self._confirming(watch, waiting))
        old = [one for one in watch.unconfirmed if is_pair and one.mark == mark.key]
        return replace(watch.without(old), unconfirmed=(*watch.without(old).unconfirmed, waiting))

    async def _is_settled(self, watch: Watch, waiting: Unconfirmed) -> bool:
        """Whether a second reading came in time, and was within the limit."""
        again = await self.readings.counting(watch.session_id, since=waiting.at)
        return waiting.is_settled_by(again, self._protocol(watch).monitoring)

    async def _note_correction(self, watch: Watch, reading: Reading) -> Watch:
        """Beside each alarm that rests on what was corrected. None is taken back."""
        before = replace(reading, version=reading.version - 1).id
        for alarm in await self.alarms.of_session(watch.session_id):
            if alarm.rests_on(before):
                await self._note(alarm.id, READING_CORRECTED, reading.id)
        return await self._weigh_beside(watch, before)

    async def _weigh_beside(self, watch: Watch, corrected: str) -> Watch:
        """While one reading waits for its partner, others too close to it are not written down as
        waiting. Once that one was corrected, they are: nothing else would ask for them again."""
        gone = [one for one in watch.unconfirmed if one.reading_id == corrected]
        _, most = self._protocol(watch).monitoring.confirm_within
        after = watch.without(gone)
        for waited in gone:
            since, until = waited.at - most, waited.at + most
            near = await self.readings.counting(watch.session_id, since=since, until=until)
            for reading in near:
                for mark in self._marks(after, reading):
                    if mark.key == waited.mark:
                        after = await self._weigh(after, reading, mark)
        return after

    async def _note(self, alarm_id: str, what: str, about: str) -> None:
        alarm = await self.alarms.get(alarm_id)
        known = {(f.what, f.about) for f in alarm.history if isinstance(f, AlarmNoted)}
        if (what, about) not in known:
            await self.alarms.record(alarm, alarm.note(what, about, now=self.clock()))

    async def _with_baseline(self, watch: Watch, readings: Sequence[Reading]) -> Watch:
        """A baseline that comes late fills in what was unknown: what was read since is judged
        again. What was known stays, since alarms were judged by it. One that comes later than
        promptly may be of now, by a clock that is behind, and fills in nothing."""
        if watch.started_at is None:
            return watch
        prompt = (one for one in readings if one.is_prompt(self.data.watch.tolerance))
        late = last_set(prompt, before=watch.started_at)
        new = {name: one for name, one in late.items() if name not in watch.baseline}
        if not new:
            return watch
        known = replace(watch, baseline={**watch.baseline, **new})
        since = await self.readings.counting(watch.session_id, since=watch.started_at)
        marked = [(one, [mark.key for mark in self._marks(known, one)]) for one in since]
        await self.readings.remark([(one, keys) for one, keys in marked if keys])
        for reading in since:
            for mark in self._marks(known, reading):
                if mark.limit.is_relative and mark.limit.parameter in new:
                    known = await self._weigh(known, reading, mark)
        return known

    def _confirming(self, watch: Watch, waiting: Unconfirmed) -> Promise:
        _, most = self._protocol(watch).monitoring.confirm_within
        due_at = waiting.at + most
        return Promise(
            key=f"{CONFIRM}:{waiting.reading_id}:{waiting.mark}",
            kind=CONFIRM,
            about=f"watch/{watch.session_id}",
            person=watch.patient_id,
            rule=f"{watch.protocol}@{watch.protocol_version}/{waiting.limit_id}",
            why=cause_or(watch.session_id),
            due_at=due_at,
            useful_until=max(due_at, self.clock()) + CALLED_FOR,
            facts={
                "session_id": watch.session_id,
                "mark": waiting.mark,
                "reading_id": waiting.reading_id,
            },
        )


def _waiting(watch: Watch, due: Due) -> Unconfirmed | None:
    facts = due.promise.facts
    return next(
        (
            one
            for one in watch.unconfirmed
            if (one.mark, one.reading_id) == (facts["mark"], facts["reading_id"])
        ),
        None,
    )


def _cause(
    limit: Limit, readings: Sequence[str], codes: Iterable[str], *, is_confirmed: bool = True
) -> Cause:
    symptoms = tuple(sorted(codes))
    return Cause(limit.id, limit.level, limit.message, tuple(readings), is_confirmed, symptoms)
