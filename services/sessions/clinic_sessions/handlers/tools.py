"""What every handler of this service works with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from clinic_platform.auth import Caller
from clinic_platform.clock import Clock
from clinic_platform.ids import new_id
from clinic_platform.promises import Promises
from clinic_sessions.domain.bedside.adverse_event import Catalogue
from clinic_sessions.domain.bedside.grading import NumericGrades
from clinic_sessions.domain.bedside.orders import OrderBook
from clinic_sessions.domain.bedside.policy import WatchPolicy
from clinic_sessions.domain.bedside.rules import BedsideRules
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.errors import PlanNotFound, SessionNotFound, UnknownProtocol
from clinic_sessions.domain.places.opening import OpeningRules
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.protocols.rule_sets import RuleSets
from clinic_sessions.domain.session import Session
from clinic_sessions.ports import (
    Alarms,
    Calls,
    DrugDesk,
    Holds,
    Locations,
    Moves,
    Notes,
    Plans,
    Protocols,
    Readings,
    Receipts,
    Repairs,
    Sessions,
    Standings,
    WaitingRoom,
    Watches,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """The data files, checked: a service with a bad one does not start."""

    protocols: Protocols
    rule_sets: RuleSets
    rules: BedsideRules
    catalogue: Catalogue
    grades: NumericGrades
    order_book: OrderBook
    watch: WatchPolicy
    opening: OpeningRules


@dataclass(frozen=True, kw_only=True)
class Tools:
    locations: Locations
    plans: Plans
    sessions: Sessions
    holds: Holds
    hold_for: timedelta
    waiting: WaitingRoom
    standings: Standings
    readings: Readings
    watches: Watches
    alarms: Alarms
    receipts: Receipts
    notes: Notes
    calls: Calls
    moves: Moves
    drugs: DrugDesk
    promises: Promises
    repairs: Repairs
    data: Definitions
    clock: Clock
    new_id: Callable[[str], str] = field(default=new_id)

    async def reached_plan(self, by: Caller, plan_id: str) -> Plan:
        """The plan; one of another location is not found, exactly as one that does not exist.

        PatientErased when nobody is behind it any more.
        """
        plan = await self.plans.get(plan_id)
        if not by.reaches(plan.location_id):
            raise PlanNotFound
        plan.only_with_a_patient()
        return plan

    async def reached_session(self, by: Caller, session_id: str) -> Session:
        """The session; one of another location is not found, exactly as one that is not there."""
        session = await self.sessions.get(session_id)
        if not by.reaches(session.location_id):
            raise SessionNotFound
        return session

    def protocol(self, name: str, version: int) -> Protocol:
        try:
            return self.data.protocols[name, version]
        except KeyError:
            raise UnknownProtocol from None

    def newest_protocol(self, name: str) -> Protocol:
        """The version that a plan would have that begins now."""
        versions = [protocol for (of, _), protocol in self.data.protocols.items() if of == name]
        if not versions:
            raise UnknownProtocol
        return max(versions, key=lambda protocol: protocol.version)

    def protocol_of(self, plan: Plan) -> Protocol:
        return self.protocol(plan.protocol, plan.protocol_version)

    async def protocol_for(self, session: Session) -> Protocol:
        return self.protocol_of(await self.plans.get(session.plan_id))
