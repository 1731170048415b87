"""Before the dose: arrival, checks, the gates and their waivers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from clinic_platform.auth import Caller
from clinic_platform.decisions import Facts, Known
from clinic_platform.together import together
from clinic_sessions.domain.bedside import gates as gating
from clinic_sessions.domain.bedside.gates import Gates, gates_of
from clinic_sessions.domain.bedside.measured import measured
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.bedside.spacing import spacing_facts
from clinic_sessions.domain.bedside.standing import Standing, gate_facts
from clinic_sessions.domain.bedside.watch import Watch
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.facts import GateWaived
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.session import Session
from clinic_sessions.domain.status import AFTER_DOSING
from clinic_sessions.handlers.bedside.overrunning import Overrunning
from clinic_sessions.handlers.drugs import DrugGates

READINESS: Final = "readiness"
DISCHARGE: Final = "discharge"
WAIVER: Final = "waiver"


class KnownOf(NamedTuple):
    """What the gates of a session ask of, beside the session itself."""

    plan: Plan
    protocol: Protocol
    standing: Standing
    watch: Watch | None
    location: Location
    readings: Sequence[Reading]  # those that gates see


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
        gates = await self.readiness_of(session, await self.known_of(session))
        return gates, await self.still_there(session)

    async def waive_gate(
        self,
        by: Caller,
        session_id: str,
        gate: str,
        reason: str,
        has_read: Mapping[str, bool | float | str | None] | None = None,
    ) -> Session:
        session = await self.reached_session(by, session_id)
        gates = await self._gates_now(session)
        roles = by.roles_at(session.location_id)
        waived = gating.waive(
            session,
            gates,
            gate,
            reason,
            by=by.actor,
            roles=roles,
            rules=self.data.rules,
            has_read=has_read,
        )
        return await self._keep_waiver(session, gates, waived)

    async def confirm_waiver(
        self,
        by: Caller,
        session_id: str,
        gate: str,
        has_read: Mapping[str, bool | float | str | None] | None = None,
    ) -> Session:
        session = await self.reached_session(by, session_id)
        gates = await self._gates_now(session)
        roles = by.roles_at(session.location_id)
        waived = gating.confirm_waiver(
            session, gates, gate, by=by.actor, roles=roles, has_read=has_read
        )
        return await self._keep_waiver(session, gates, waived)

    async def known_of(self, session: Session) -> KnownOf:
        signed = (waiver.signed[0].at for waiver in session.waivers)
        since = min((self.clock() - self.data.watch.gates_look_back, *signed))
        plan, standing, watch, location, recent = await together(
            self.plans.get(session.plan_id),
            self.standings.get(session.patient_id),
            self.watches.find(session.id),
            self.locations.get(session.location_id),
            self.readings.counting(session.id, since=since),
        )
        readings = await self._seen(watch, recent, since)
        return KnownOf(plan, self.protocol_of(plan), standing, watch, location, readings)

    async def readiness_of(self, session: Session, known: KnownOf) -> Gates:
        last = await self.sessions.last_dosed(session.patient_id, without=session.id)
        tolerance, now = self.data.rules.spacing_tolerance, self.clock()
        number = known.plan.number_of(session.id)
        spaced = spacing_facts(last, known.protocol, number=number, tolerance=tolerance, now=now)
        return await self.decided(session, known, known.protocol.gates, spaced)

    async def discharge_of(self, session: Session, known: KnownOf) -> Gates:
        return await self.decided(session, known, known.protocol.discharge)

    async def decided(
        self,
        session: Session,
        known: KnownOf,
        rule_set: str,
        also: Facts = MappingProxyType({}),
    ) -> Gates:
        now, protocol = self.clock(), known.protocol
        session = measured(session, known.readings)
        received = gate_facts(
            session,
            known.standing,
            protocol,
            known.watch,
            again=known.readings,
            measures=self.data.rules.measures,
            now=now,
        )
        drugs = await self.drug_facts(session, known.location, protocol.drug)
        facts = {**received, **drugs, **also}
        receipt = self.data.rule_sets[rule_set].decide(facts, as_of=now)
        return gates_of(session, protocol, receipt, known.readings)

    async def _seen(
        self, watch: Watch | None, recent: Sequence[Reading], since: datetime
    ) -> Sequence[Reading]:
        """The `recent` ones, since then; seldom those before them, too: since the first that waits
        to be confirmed. Readings that pass no limit write no watch, and are seen all the same."""
        if watch is None:
            return recent
        first = min((one.at for one in watch.unconfirmed), default=since)
        if first >= since:
            return recent
        return await self.readings.counting(watch.session_id, since=first)

    def noted(self, by: Caller, values: Mapping[str, bool | float | str]) -> dict[str, Known]:
        now = self.clock()
        return {
            name: Known(value=value, known_at=now, source=by.actor)
            for name, value in values.items()
        }

    async def _gates_now(self, session: Session) -> Gates:
        """Those that are next in this session's way."""
        known = await self.known_of(session)
        if session.status in AFTER_DOSING:
            return await self.discharge_of(session, known)
        return await self.readiness_of(session, known)

    async def _keep_waiver(self, session: Session, gates: Gates, waived: GateWaived) -> Session:
        after = await self.sessions.record(session, waived)
        await self.receipts.keep(session.id, WAIVER, gates.with_waivers(after.waivers))
        return after
