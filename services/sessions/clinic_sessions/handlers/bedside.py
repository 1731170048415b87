"""The day: arrival, gates, dose, readings, discharge."""

from collections.abc import Mapping

from clinic_platform.auth import Caller
from clinic_platform.decisions import Known, Receipt
from clinic_sessions.domain.bedside.dose import order_dose
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.bedside.standing import gate_facts
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.errors import WeightUnknown
from clinic_sessions.domain.facts import Course
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers.drugs import DrugGates, MonitoringForms

READINESS = "readiness"
DISCHARGE = "discharge"


class Bedside(DrugGates, MonitoringForms):
    async def receive_patient(self, by: Caller, session_id: str) -> Session:
        session = await self.reached_session(by, session_id)
        return await self.sessions.record(session, session.arrive(now=self.clock()))

    async def note_checks(
        self, by: Caller, session_id: str, values: Mapping[str, bool | float | str]
    ) -> Session:
        session = await self.reached_session(by, session_id)
        return await self.sessions.record(session, session.check(self._noted(by, values)))

    async def assess_readiness(self, by: Caller, session_id: str) -> Receipt:
        return await self._readiness(await self.reached_session(by, session_id))

    async def order_dose(self, by: Caller, session_id: str, *, mg_per_kg: float) -> Session:
        session = await self.reached_session(by, session_id)
        plan = await self.plans.get(session.plan_id)
        order = order_dose(
            self.protocol_of(plan),
            number=1 if session.order is None else session.order.number + 1,
            weight_kg=self._weight_of_today(session),
            mg_per_kg=mg_per_kg,
            ordered_by=by.actor,
            now=self.clock(),
        )
        return await self.sessions.record(session, session.order_dose(order))

    async def verify_dose(self, by: Caller, session_id: str, number: int) -> Session:
        session = await self.reached_session(by, session_id)
        receipt = await self._readiness(session)
        verified = session.verify_dose(number, by=by.actor, receipt=receipt)
        await self.receipts.keep(session.id, READINESS, receipt)
        return await self.sessions.record(session, verified)

    async def start_dosing(self, by: Caller, session_id: str) -> Session:
        session = await self.reached_session(by, session_id)
        protocol = self.protocol_of(await self.plans.get(session.plan_id))
        receipt = await self._readiness(session)
        started = session.start_dosing(protocol.route, now=self.clock(), receipt=receipt)
        await self.receipts.keep(session.id, READINESS, receipt)
        return await self.sessions.record(session, started)

    async def take_reading(self, by: Caller, reading: Reading) -> bool:
        """False when it was taken in before. Readings are welcome as long as there is a patient."""
        session = await self.reached_session(by, reading.session_id)
        session.check({})  # refuses with the statuses in which somebody is here
        return await self.readings.add(reading)

    async def list_readings(self, by: Caller, session_id: str) -> list[Reading]:
        session = await self.reached_session(by, session_id)
        return await self.readings.of_session(session.id)

    async def stop_dosing(self, by: Caller, session_id: str) -> Session:
        session = await self.reached_session(by, session_id)
        return await self.sessions.record(session, session.stop_dosing(now=self.clock()))

    async def assess_discharge(
        self, by: Caller, session_id: str, values: Mapping[str, bool | float | str]
    ) -> tuple[Session, Receipt]:
        session = await self.reached_session(by, session_id)
        noted = self._noted(by, values)
        now = self.clock()
        known = {**await self._facts(session), **noted}
        receipt = self.discharge_gates.decide(known, as_of=now)
        assessed = session.assess_discharge(noted, receipt)
        await self.receipts.keep(session.id, DISCHARGE, receipt)
        return await self.sessions.record(session, assessed), receipt

    async def complete_session(
        self, by: Caller, session_id: str, *, discharge: str, grade: int
    ) -> Session:
        """The gates are asked again: what was true at the assessment may have changed."""
        session = await self.reached_session(by, session_id)
        plan = await self.plans.get(session.plan_id)
        now = self.clock()
        receipt = self.discharge_gates.decide(await self._facts(session), as_of=now)
        completed = session.complete(
            self._course(plan), discharge=discharge, grade=grade, receipt=receipt, now=now
        )
        await self.receipts.keep(session.id, DISCHARGE, receipt)
        done = await self.sessions.record(session, completed)
        await self.plans.record(plan, plan.give_infusion(session.id, now=now))
        await self.follow_dose(done)
        return done

    async def abort_session(self, by: Caller, session_id: str, reason: str) -> Session:
        session = await self.reached_session(by, session_id)
        aborted = await self.sessions.record(session, session.abort(reason, now=self.clock()))
        await self.follow_dose(aborted)
        return aborted

    async def void_session(self, by: Caller, session_id: str, reason: str) -> Session:
        session = await self.reached_session(by, session_id)
        voided = await self.sessions.record(session, session.void(reason, now=self.clock()))
        await self.withdraw_form(voided)
        plan = await self.plans.get(session.plan_id)
        if session.id in plan.given:
            await self.plans.record(plan, plan.take_back(session.id))
        return voided

    async def _readiness(self, session: Session) -> Receipt:
        return self.gates.decide(await self._facts(session), as_of=self.clock())

    async def _facts(self, session: Session) -> dict[str, Known]:
        standing = await self.standings.get(session.patient_id)
        facts = gate_facts(session, standing, now=self.clock())
        return {**facts, **await self.drug_facts(session)}

    def _course(self, plan: Plan) -> Course:
        return Course(
            protocol=plan.protocol,
            protocol_version=plan.protocol_version,
            planned_infusions=plan.infusions,
            infusion_number=len(plan.given) + 1,
            route=self.protocol_of(plan).route,
        )

    def _noted(self, by: Caller, values: Mapping[str, bool | float | str]) -> dict[str, Known]:
        now = self.clock()
        return {
            name: Known(value=value, known_at=now, source=by.actor)
            for name, value in values.items()
        }

    def _weight_of_today(self, session: Session) -> float:
        """Only a weight noted in this very session: it was measured after the arrival."""
        weight = session.facts.get("weight_kg")
        if weight is None or not isinstance(weight.value, int | float):
            raise WeightUnknown
        return float(weight.value)
