"""What this service does on the events of the others."""

from datetime import datetime

from clinic_events import (
    ClearanceEnded,
    ConsentGiven,
    ConsentWithdrawn,
    PatientCleared,
    RiskAcknowledged,
    RiskClosed,
    RiskRaised,
    ScoreRecorded,
)
from clinic_platform.ids import derived_id
from clinic_sessions.domain.bedside.standing import Clearance, Consent, Risk, Standing
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.errors import UnknownProtocol
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.waiting.entry import PLAN_ENDED
from clinic_sessions.handlers.waiting.passing import Passing


class UnknownProtocolCleared(Exception):
    """A clearance names a protocol that is not on this shelf: parked until somebody adds it."""


class Reacting(Passing):
    async def start_plan(self, cleared: PatientCleared) -> None:
        """A cleared patient has a plan, with the clearance in its id: delivered twice, it is one.
        Somebody who was erased gets none, however late this is handled."""
        clearance = Clearance(
            id=cleared.clearance_id,
            protocol=cleared.protocol,
            is_valid=True,
            expires_at=cleared.expires_at,
            since=cleared.cleared_at,
        )
        standing = await self.standings.get(cleared.patient_id)
        if standing.erased_at is not None:
            return
        standing = standing.with_clearance(clearance)
        await self.standings.keep(standing)
        protocol = self._newest(cleared.protocol)
        plan = Plan(
            id=plan_of(cleared.clearance_id),
            patient_id=cleared.patient_id,
            location_id=cleared.location_id,
            clearance_id=cleared.clearance_id,
            indication=cleared.indication,
            protocol=protocol.name,
            protocol_version=protocol.version,
            infusions=protocol.infusions,
            surveys=protocol.surveys,
            started_at=self.clock(),
        )
        await self.plans.open(plan)
        known = standing.clearances[clearance.id]
        if not known.is_valid:  # its end was handled first
            await self._end_plans(standing, protocol.name, known)

    async def note_clearance_ended(self, ended: ClearanceEnded) -> None:
        clearance = Clearance(
            id=ended.clearance_id, is_valid=False, expires_at=ended.ended_at, since=ended.ended_at
        )
        standing = await self.standings.get(ended.patient_id)
        standing = standing.without_clearance(clearance)
        await self.standings.keep(standing)
        if (protocol := standing.clearances[clearance.id].protocol) is not None:
            await self._end_plans(standing, protocol, clearance)
        await self.end_waiting_of(plan_of(ended.clearance_id), PLAN_ENDED)

    async def note_consent_given(self, given: ConsentGiven) -> None:
        consent = Consent(
            id=given.consent_id, is_given=True, expires_at=given.expires_at, since=given.given_at
        )
        standing = await self.standings.get(given.patient_id)
        await self.standings.keep(standing.with_consent(given.kind, consent))

    async def note_consent_withdrawn(self, withdrawn: ConsentWithdrawn) -> None:
        consent = Consent(
            id=withdrawn.consent_id,
            is_given=False,
            expires_at=None,
            since=withdrawn.withdrawn_at,
        )
        standing = await self.standings.get(withdrawn.patient_id)
        await self.standings.keep(standing.with_consent(withdrawn.kind, consent))

    async def note_risk_raised(self, raised: RiskRaised) -> None:
        risk = Risk(is_open=True, version=raised.alert_version, since=raised.raised_at)
        await self._note_risk(raised.patient_id, raised.alert_id, risk)

    async def note_risk_acknowledged(self, seen: RiskAcknowledged) -> None:
        """Somebody has seen it; until a clinician closes it, it is open."""
        risk = Risk(is_open=True, version=seen.alert_version, since=seen.acknowledged_at)
        await self._note_risk(seen.patient_id, seen.alert_id, risk)

    async def note_risk_closed(self, closed: RiskClosed) -> None:
        risk = Risk(is_open=False, version=closed.alert_version, since=closed.closed_at)
        await self._note_risk(closed.patient_id, closed.alert_id, risk)

    async def note_measure(self, scored: ScoreRecorded) -> None:
        """That there is one, and when it was answered: the score itself is not for this service."""
        standing = await self.standings.get(scored.patient_id)
        await self.standings.keep(standing.with_measure(scored.instrument, scored.scored_at))

    async def _note_risk(self, patient_id: str, alert_id: str, risk: Risk) -> None:
        standing = await self.standings.get(patient_id)
        await self.standings.keep(standing.with_risk(alert_id, risk))

    async def _end_plans(self, standing: Standing, protocol: str, ended: Clearance) -> None:
        """Those for that protocol, unless another clearance for it holds: then they end with it."""
        now = self.clock()
        newest = standing.clearance_for(protocol, now=now)
        if newest is not None and newest.holds(now):
            return
        others = [one.id for one in standing.clearances.values() if one.protocol == protocol]
        for clearance_id in sorted({ended.id, *others}):
            await self._end_plan(plan_of(clearance_id), ended.since)

    async def _end_plan(self, plan_id: str, at: datetime) -> None:
        plan = await self.plans.get(plan_id)
        if plan.ended_at is None:
            await self.plans.queue_for(plan)  # nobody books meanwhile
            await self.plans.record(plan, plan.end(at))

    def _newest(self, name: str) -> Protocol:
        try:
            return self.newest_protocol(name)
        except UnknownProtocol:
            raise UnknownProtocolCleared(f"{name} is not a protocol that is known here.") from None


def plan_of(clearance_id: str) -> str:
    return derived_id("pln", clearance_id)
