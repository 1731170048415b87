"""Seeing to somebody in danger: raise, repeat, escalate; a clinician acknowledges and closes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from clinic_outcomes.domain.assignment import Assignment
from clinic_outcomes.domain.errors import AlertNotFound
from clinic_outcomes.domain.instrument import Alarm
from clinic_outcomes.domain.place import Crisis
from clinic_outcomes.domain.risk_alert import Evidence, Level, RaisedAgain, RiskAlert, RiskPolicy
from clinic_outcomes.ports import Alerts, Places
from clinic_platform.auth import Caller
from clinic_platform.clock import Clock
from clinic_platform.ids import new_id
from clinic_platform.promises import Due, Ending, Kept, Promise, Promises, Withdrawn


@dataclass(frozen=True, slots=True)
class Risk:
    alerts: Alerts
    places: Places
    promises: Promises
    policy: RiskPolicy
    general_crisis: Crisis
    clock: Clock

    async def heed(self, assignment: Assignment, alarms: Sequence[Alarm]) -> Crisis | None:
        """Raise or strengthen the patient's alert; the words to show now, if there is reason."""
        for alarm in alarms:
            await self._raise_or_add(assignment, alarm)
        return await self.crisis_at(assignment.location_id) if alarms else None

    async def crisis_at(self, location_id: str) -> Crisis:
        place = await self.places.find(location_id)
        return self.general_crisis if place is None else place.crisis

    async def escalate_alert(self, due: Due) -> Ending:
        """Nobody has acknowledged: the next in line is notified. Software never closes an alert."""
        alert = await self.alerts.get(due.promise.about)
        escalated = alert.escalate(int(due.promise.facts["step"]), now=due.now)
        if escalated is None:
            return Withdrawn(alert.status)
        await self.alerts.record(alert, escalated)
        return Kept()

    async def acknowledge(self, alert_id: str, *, by: Caller) -> RiskAlert:
        alert = await self._reached(alert_id, by)
        acknowledged = alert.acknowledge(by.actor, now=self.clock())
        if acknowledged is None:
            return alert
        alert = await self.alerts.record(alert, acknowledged)
        await self.promises.plan(alert.id, alert.revision, [], reason="acknowledged")
        return alert

    async def note(self, alert_id: str, text: str, *, by: Caller) -> RiskAlert:
        alert = await self._reached(alert_id, by)
        return await self.alerts.record(alert, alert.note(by.actor, text, now=self.clock()))

    async def close(
        self, alert_id: str, level: Level, *, rationale: str, follow_up_on: date, by: Caller
    ) -> RiskAlert:
        alert = await self._reached(alert_id, by)
        closed = alert.close(
            level,
            rationale=rationale,
            follow_up_on=follow_up_on,
            by=by.actor,
            now=self.clock(),
        )
        return await self.alerts.record(alert, closed)

    async def _raise_or_add(self, assignment: Assignment, alarm: Alarm) -> None:
        evidence = Evidence(
            source=alarm.source,
            value=alarm.value,
            assignment_id=assignment.id,
            at=self.clock(),
        )
        alert = await self.alerts.unresolved_of(assignment.patient_id)
        if alert is None:
            await self._raise(assignment, evidence)
            return
        added = alert.add_evidence(evidence, policy=self.policy)
        if added is None:
            return
        alert = await self.alerts.record(alert, added)
        if isinstance(added, RaisedAgain):
            await self._promise_escalation(alert)

    async def _raise(self, assignment: Assignment, evidence: Evidence) -> None:
        alert = RiskAlert.raised(
            id=new_id("alr"),
            patient_id=assignment.patient_id,
            location_id=assignment.location_id,
            evidence=evidence,
            policy=self.policy,
        )
        await self.alerts.open(alert)
        await self._promise_escalation(alert)

    async def _promise_escalation(self, alert: RiskAlert) -> None:
        """One promise for each step, all at once: none waits for the one before to be kept."""
        steps = [self._step(alert, number) for number in range(1, self.policy.steps + 1)]
        await self.promises.plan(alert.id, alert.revision, steps, reason="raised_again")

    def _step(self, alert: RiskAlert, number: int) -> Promise:
        due_at = alert.acknowledge_by + (number - 1) * self.policy.escalate_every
        return Promise(
            key=f"escalation:{alert.id}:{alert.round}:{number}",
            kind="escalate_alert",
            about=alert.id,
            person=alert.patient_id,
            rule=f"risk-policy@{self.policy.version}/escalation-{number}",
            why=alert.evidence[-1].assignment_id,
            due_at=due_at,
            useful_until=due_at + self.policy.useful_for,
            facts={"step": number, "round": alert.round},
        )

    async def _reached(self, alert_id: str, by: Caller) -> RiskAlert:
        alert = await self.alerts.get(alert_id)
        if not by.reaches(alert.location_id):
            raise AlertNotFound
        return alert
