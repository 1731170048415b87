"""Before the dose: arrival, checks, the gates and their waivers."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from clinic_platform.auth import Caller
from clinic_platform.decisions import Facts, Known
from clinic_sessions.domain.bedside import gates as gating
from clinic_sessions.domain.bedside.gates import Gates, gates_of
from clinic_sessions.domain.bedside.spacing import spacing_facts
from clinic_sessions.domain.bedside.standing import gate_facts
from clinic_sessions.domain.facts import GateWaived
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.session import Session
from clinic_sessions.domain.status import AFTER_DOSING
from clinic_sessions.handlers.bedside.overrunning import Overrunning
from clinic_sessions.handlers.drugs import DrugGates

READINESS: Final = "readiness"
DISCHARGE: Final = "discharge"
WAIVER: Final = "waiver"


class Readiness(DrugGates, Overrunning):
    async def receive_patient(self, by: Caller, session_id: str) -> Session:
        session = await self.reached_session(by, session_id)
        arrived = session.arrive(rules=self.data.rules, now=self.clock())
        return await self.sessions.record(session, arrived)

    async def note_checks(
        self, by: Caller, session_id: str, values: Mapping[str, bool | float | str]
    ) -> Session:
        session = await self.reached_session(by, session_id)
        return await self.sessions.record(session, session.check(self.noted(by, values)))

    async def assess_readiness(self, by: Caller, session_id: str) -> tuple[Gates, list[Session]]:
        """With the visits that overrun in its places."""
        session = await self.reached_session(by, session_id)
        gates = await self.readiness_of(session, await self.protocol_for(session))
        return gates, await self.still_there(session)

    async def waive_gate(self, by: Caller, session_id: str, gate: str, reason: str) -> Session:
        session = await self.reached_session(by, session_id)
        gates = await self._gates_now(session)
        roles = by.roles_at(session.location_id)
        waived = gating.waive(
            session, gates, gate, reason, by=by.actor, roles=roles, rules=self.data.rules
        )
        return await self._keep_waiver(session, gates, waived)

    async def confirm_waiver(self, by: Caller, session_id: str, gate: str) -> Session:
        session = await self.reached_session(by, session_id)
        gates = await self._gates_now(session)
        roles = by.roles_at(session.location_id)
        waived = gating.confirm_waiver(session, gates, gate, by=by.actor, roles=roles)
        return await self._keep_waiver(session, gates, waived)

    async def readiness_of(self, session: Session, protocol: Protocol) -> Gates:
        last = await self.sessions.last_dosed(session.patient_id, without=session.id)
        tolerance = self.data.rules.spacing_tolerance
        spaced = spacing_facts(last, protocol, tolerance=tolerance, now=self.clock())
        return await self.decided(session, protocol, protocol.gates, spaced)

    async def discharge_of(self, session: Session, protocol: Protocol) -> Gates:
        return await self.decided(session, protocol, protocol.discharge)

    async def decided(
        self,
        session: Session,
        protocol: Protocol,
        rule_set: str,
        also: Facts = MappingProxyType({}),
    ) -> Gates:
        now = self.clock()
        standing = await self.standings.get(session.patient_id)
        watch = await self.watches.find(session.id)
        heard = gate_facts(session, standing, protocol, watch, now=now)
        facts = {**heard, **await self.drug_facts(session, protocol.drug), **also}
        receipt = self.data.rule_sets[rule_set].decide(facts, as_of=now)
        return gates_of(session, protocol, receipt)

    def noted(self, by: Caller, values: Mapping[str, bool | float | str]) -> dict[str, Known]:
        now = self.clock()
        return {
            name: Known(value=value, known_at=now, source=by.actor)
            for name, value in values.items()
        }

    async def _gates_now(self, session: Session) -> Gates:
        """Those that are next in this session's way."""
        protocol = await self.protocol_for(session)
        if session.status in AFTER_DOSING:
            return await self.discharge_of(session, protocol)
        return await self.readiness_of(session, protocol)

    async def _keep_waiver(self, session: Session, gates: Gates, waived: GateWaived) -> Session:
        after = await self.sessions.record(session, waived)
        await self.receipts.keep(session.id, WAIVER, gates.with_waivers(after.waivers))
        return after
