"""What every handler of this service works with."""

from collections.abc import Callable
from dataclasses import dataclass, field

from clinic_platform.auth import Caller
from clinic_platform.clock import Clock
from clinic_platform.decisions import RuleSet
from clinic_platform.ids import new_id
from clinic_platform.promises import Promises
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.errors import PlanNotFound, SessionNotFound, UnknownProtocol
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.session import Session
from clinic_sessions.ports import (
    Calls,
    DrugDesk,
    Locations,
    Plans,
    Protocols,
    Readings,
    Receipts,
    Sessions,
    Standings,
)


@dataclass(frozen=True, kw_only=True)
class Tools:
    locations: Locations
    plans: Plans
    sessions: Sessions
    standings: Standings
    readings: Readings
    receipts: Receipts
    calls: Calls
    drugs: DrugDesk
    promises: Promises
    protocols: Protocols
    gates: RuleSet
    discharge_gates: RuleSet
    clock: Clock
    new_id: Callable[[str], str] = field(default=new_id)

    async def reached_plan(self, by: Caller, plan_id: str) -> Plan:
        """The plan; one of another location is not found, exactly as one that does not exist."""
        plan = await self.plans.get(plan_id)
        if not by.reaches(plan.location_id):
            raise PlanNotFound
        return plan

    async def reached_session(self, by: Caller, session_id: str) -> Session:
        """The session; one of another location is not found, exactly as one that is not there."""
        session = await self.sessions.get(session_id)
        if not by.reaches(session.location_id):
            raise SessionNotFound
        return session

    def protocol_of(self, plan: Plan) -> Protocol:
        try:
            return self.protocols[plan.protocol, plan.protocol_version]
        except KeyError:
            raise UnknownProtocol from None
