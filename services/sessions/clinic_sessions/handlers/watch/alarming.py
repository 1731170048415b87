"""Alarms: raised and chased by software, acknowledged and closed by people."""

from datetime import datetime, timedelta
from typing import Final

from clinic_events import tracing
from clinic_platform.auth import Caller
from clinic_platform.ids import derived_id
from clinic_platform.promises import Due, Ending, Kept, Later, Promise, Withdrawn
from clinic_sessions.domain.bedside.alarms import Alarm, AlarmFact, Cause
from clinic_sessions.domain.bedside.monitoring import Schedule
from clinic_sessions.domain.bedside.watch import Watch
from clinic_sessions.domain.calls import CALLED_FOR, Call, CallReason
from clinic_sessions.domain.errors import AlarmNotFound
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.status import AT_THE_CLINIC
from clinic_sessions.handlers.tools import Tools

ESCALATE: Final = "escalate_alarm"
REMIND: Final = "remind_of_alarm"


class Alarming(Tools):
    async def list_alarms(self, by: Caller, session_id: str) -> list[Alarm]:
        session = await self.reached_session(by, session_id)
        return await self.alarms.of_session(session.id)

    async def acknowledge_alarm(self, by: Caller, session_id: str, alarm_id: str) -> Alarm:
        """The first counts; nobody is called about it any more, unless it lasts."""
        alarm = await self._reached_alarm(by, session_id, alarm_id)
        acknowledged = alarm.acknowledge(by.actor, now=self.clock())
        if acknowledged is None:
            return alarm
        alarm = await self.alarms.record(alarm, acknowledged)
        reminders = [await self.reminder(alarm, self.clock())]
        await self.promises.plan(alarm.id, alarm.revision, reminders, reason="acknowledged")
        return alarm

    async def escalate_alarm(self, due: Due) -> Ending:
        """Nobody has acknowledged: a person is called. Software never lets an alarm rest: the last
        call is made again and again, until somebody has; daily once the patient has left."""
        facts = due.promise.facts
        alarm = await self.alarms.get(due.promise.about)
        chase, step = self.data.watch.chase[alarm.level], int(facts["step"])
        is_last = step >= len(chase.calls)
        step = max(step, alarm.step + 1) if is_last else step
        escalated = alarm.escalate(int(facts["round"]), step, now=due.now)
        if escalated is None:
            return Withdrawn(alarm.status)
        alarm = await self.alarms.record(alarm, escalated)
        await self._call("alarm_not_acknowledged", alarm, due, role=chase.role_of(step))
        if not is_last:
            return Kept()
        again_every = await self._again_every(alarm, chase.then_every)
        return Later(due.now + again_every, "called")

    async def _again_every(self, alarm: Alarm, while_here: timedelta) -> timedelta:
        """How often somebody is called about it: daily once the patient is not at the clinic."""
        session = await self.sessions.get(alarm.session_id)
        is_here = session.status in AT_THE_CLINIC
        return while_here if is_here else self.data.rules.call_again_every

    async def _call(
        self, reason: CallReason, alarm: Alarm, due: Due, *, role: str, count: int = 1
    ) -> None:
        call = Call(
            id=derived_id("cal", due.promise.key, due.promise.due_at.isoformat()),
            location_id=alarm.location_id,
            reason=reason,
            about_id=alarm.id,
            level=alarm.level,
            called_at=due.now,
            session_id=alarm.session_id,
            patient_id=alarm.patient_id,
            role=role,
            count=count,
        )
        await self.calls.make(call)

    async def _alarm(self, watch: Watch, concern: str, cause: Cause) -> Watch:
        """Raise it, or make the one that is open worse. The watch as it is then."""
        now = self.clock()
        alarm, fact = await self._raised(watch, concern, cause, now)
        if fact is None:
            return watch
        alarm = await self.alarms.record(alarm, fact)
        steps = self._chased(alarm)
        await self.promises.plan(alarm.id, alarm.revision, steps, reason="worse")
        return watch.with_alarm(alarm, now=now)

    async def _raised(
        self, watch: Watch, concern: str, cause: Cause, now: datetime
    ) -> tuple[Alarm, AlarmFact | None]:
        standing = watch.standings.get(concern)
        chase = self.data.watch.chase[cause.level]
        if standing is not None and standing.is_open:
            alarm = await self.alarms.get(standing.alarm_id)
            return alarm, alarm.worsen(cause, chase=chase, now=now)
        number = 1 if standing is None else standing.number + 1
        alarm = Alarm(
            id=derived_id("alm", f"{watch.session_id}/{concern}/{number}"),
            session_id=watch.session_id,
            patient_id=watch.patient_id,
            location_id=watch.location_id,
            concern=concern,
        )
        return alarm, alarm.raise_(cause, chase=chase, now=now)

    def _chased(self, alarm: Alarm) -> list[Promise]:
        """One promise for each call, all at once: none waits for the one before to be kept."""
        calls = self.data.watch.chase[alarm.level].calls
        return [self._step(alarm, number) for number in range(1, len(calls) + 1)]

    def _step(self, alarm: Alarm, number: int) -> Promise:
        assert alarm.acknowledge_by is not None, "A raised alarm has a time to be answered by."
        chase = self.data.watch.chase[alarm.level]
        due_at = alarm.acknowledge_by + (number - 1) * chase.again_every
        return Promise(
            key=f"escalation:{alarm.id}:{alarm.round}:{number}",
            kind=ESCALATE,
            about=alarm.id,
            person=alarm.patient_id,
            rule=f"watch@{self.data.watch.version}/{alarm.level}-{number}",
            why=cause_or(alarm.id),
            due_at=due_at,
            useful_until=due_at + CALLED_FOR,
            facts={"step": number, "round": alarm.round},
        )

    async def reminder(self, alarm: Alarm, now: datetime) -> Promise:
        """That somebody looks whether it lasts, for as long as it is open."""
        remind_every = self.data.watch.chase[alarm.level].remind_every
        due_at = now + await self._again_every(alarm, remind_every)
        return Promise(
            key=f"reminder:{alarm.id}:{alarm.round}:{due_at.isoformat()}",
            kind=REMIND,
            about=alarm.id,
            person=alarm.patient_id,
            rule=f"watch@{self.data.watch.version}/{alarm.level}-reminder",
            why=cause_or(alarm.id),
            due_at=due_at,
            useful_until=due_at + CALLED_FOR,
            facts={"round": alarm.round},
        )

    async def _reached_alarm(self, by: Caller, session_id: str, alarm_id: str) -> Alarm:
        """The alarm; one of another session or location is not found, as one that is not there."""
        alarm = await self.alarms.get(alarm_id)
        if alarm.session_id != session_id or not by.reaches(alarm.location_id):
            raise AlarmNotFound
        return alarm

    def _protocol(self, watch: Watch) -> Protocol:
        return self.protocol(watch.protocol, watch.protocol_version)

    def _schedule(self, watch: Watch) -> Schedule:
        monitoring = self._protocol(watch).monitoring
        return Schedule(monitoring=monitoring, caution_every=self.data.watch.caution_every)


def cause_or(otherwise: str) -> str:
    """The request or the event that is being handled, or the promise that came due."""
    cause = tracing.current()
    return otherwise if cause is None else cause.id
