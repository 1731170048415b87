"""Going home, the other ends, and corrections of what was published."""

from collections.abc import Iterable, Mapping
from itertools import count

from clinic_platform.auth import Caller
from clinic_platform.together import together
from clinic_sessions.domain.bedside import leaving
from clinic_sessions.domain.bedside.ends import AgainstAdvice, Anew, Extension
from clinic_sessions.domain.bedside.gates import Gates
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.facts import Checked, Completed, Course
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers.bedside.readiness import DISCHARGE, Readiness
from clinic_sessions.handlers.drugs import MonitoringForms


class Leaving(Readiness, MonitoringForms):
    async def assess_discharge(
        self, by: Caller, session_id: str, values: Mapping[str, bool | float | str]
    ) -> tuple[Session, Gates]:
        session = await self.reached_session(by, session_id)
        noted = self.noted(by, values)
        known = await self.known_of(session)
        gates = await self.discharge_of(session.after(Checked(noted)), known)
        assessed = leaving.assess(session, noted, gates)
        await self.receipts.keep(session.id, DISCHARGE, gates)
        return await self.sessions.record(session, assessed), gates

    async def extend_stay(self, by: Caller, session_id: str, reason: str) -> Session:
        session = await self.reached_session(by, session_id)
        extension = Extension(reason=reason, by=by.actor, at=self.clock())
        return await self.sessions.record(session, leaving.extend(session, extension))

    async def complete_session(
        self, by: Caller, session_id: str, *, discharge: str | None, grade: int | None
    ) -> Session:
        """The gates are asked again: what was true at the assessment may have changed."""
        session = await self.reached_session(by, session_id)
        known, others = await together(
            self.known_of(session), self.sessions.of_plan(session.plan_id)
        )
        gates = await self.discharge_of(session, known)
        completed = leaving.complete(
            session,
            self._course(known.plan, others),
            discharge=discharge,
            grade=grade,
            gates=gates,
            now=self.clock(),
        )
        await self.receipts.keep(session.id, DISCHARGE, gates)
        return await self._end(session, known.plan, completed)

    async def leave_against_advice(
        self, by: Caller, session_id: str, account: AgainstAdvice
    ) -> Session:
        """The gates are asked for the record: they hold nobody."""
        session = await self.reached_session(by, session_id)
        known, others = await together(
            self.known_of(session), self.sessions.of_plan(session.plan_id)
        )
        left = leaving.leave_against_advice(session, self._course(known.plan, others), account)
        gates = await self.discharge_of(session, known)
        await self.receipts.keep(session.id, DISCHARGE, gates)
        return await self._end(session, known.plan, left)

    async def correct_session(
        self, by: Caller, session_id: str, anew: Anew, reason: str
    ) -> Session:
        session = await self.reached_session(by, session_id)
        corrected = leaving.correct(session, anew, reason, by=by.actor, now=self.clock())
        after = await self.sessions.record(session, corrected)
        await self.date_form(after)
        return after

    async def abort_session(self, by: Caller, session_id: str, reason: str) -> Session:
        session = await self.reached_session(by, session_id)
        aborted = leaving.abort(session, reason, rules=self.data.rules, now=self.clock())
        after = await self.sessions.record(session, aborted)
        await self.follow_dose(after, await self.protocol_for(after))
        return after

    async def void_session(self, by: Caller, session_id: str, reason: str) -> Session:
        session = await self.reached_session(by, session_id)
        voided = leaving.void(session, reason, rules=self.data.rules, now=self.clock())
        after = await self.sessions.record(session, voided)
        await self.withdraw_form(after)
        plan = await self.plans.get(session.plan_id)
        if session.id in plan.given:
            await self.plans.record(plan, plan.take_back(session.id))
        return after

    async def _end(self, session: Session, plan: Plan, completed: Completed) -> Session:
        done = await self.sessions.record(session, completed)
        await self.plans.record(plan, plan.give_infusion(session.id, now=completed.at))
        await self.follow_dose(done, self.protocol_of(plan))
        return done

    def _course(self, plan: Plan, others: Iterable[Session]) -> Course:
        """Its number is the first that none of those given has: not one again, where an earlier one
        was voided."""
        given = {
            one.course.infusion_number for one in others if one.course and one.id in plan.given
        }
        protocol = self.protocol_of(plan)
        return Course(
            protocol=plan.protocol,
            protocol_version=plan.protocol_version,
            planned_infusions=plan.infusions,
            infusion_number=next(n for n in count(1) if n not in given),
            route=protocol.route,
            surveys=protocol.surveys,
            integration=protocol.integration,
        )
