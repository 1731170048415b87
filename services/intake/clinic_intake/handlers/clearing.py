"""Clearances: a prescriber decides, the gates give a receipt, and every clearance ends."""

from datetime import timedelta
from typing import Final

from clinic_events import tracing
from clinic_intake.domain.clearance import (
    STANDING,
    Clearance,
    Cleared,
    Decision,
    Ending,
    Fact,
    gate_facts,
)
from clinic_intake.domain.patient import Patient
from clinic_intake.domain.screening import Screening
from clinic_intake.handlers.tools import Tools
from clinic_platform.auth import Caller
from clinic_platform.decisions import Receipt
from clinic_platform.promises import Due, Kept, Promise, Withdrawn
from clinic_platform.promises import Ending as PromiseEnding

EXPIRE_CLEARANCE: Final = "expire_clearance"
# However late the worker wakes, a clearance that has expired is still to be ended.
USEFUL_FOR: Final = timedelta(days=3650)


class Clearing(Tools):
    async def decide_clearance(self, by: Caller, patient_id: str, decision: Decision) -> Clearance:
        """The newest decision counts: what stood before ends with it. Raises GatesBlock."""
        patient = await self.reached_patient(by, patient_id)
        self.definitions.clearance.check(decision.protocol, decision.indication)
        standing = await self.clearances.standing_of(patient.id)
        screening = await self.screenings.newest_of(patient.id)
        clearance = Clearance(
            id=self.new_id("clr"),
            patient_id=patient.id,
            location_id=patient.location_id,
            indication=decision.indication,
            protocol=decision.protocol,
            screening_id="" if screening is None else screening.id,
            rationale=decision.rationale,
            decided_by=by.actor,
            decided_at=self.clock(),
        )
        match decision.outcome:
            case "declined":
                return await self._record_instead(clearance, clearance.decline(), standing)
            case "deferred":
                return await self._record_instead(clearance, clearance.defer(), standing)
            case "cleared":
                return await self._clear(clearance, patient, screening, decision, standing)

    async def co_sign_clearance(self, by: Caller, clearance_id: str) -> Clearance:
        """The second prescriber signs an override."""
        clearance = await self.reached_clearance(by, clearance_id)
        patient = await self.patients.get(clearance.patient_id)
        standing = await self.clearances.standing_of(patient.id)
        screening = await self.screenings.newest_of(patient.id)
        receipt = await self._gates(patient, screening)
        valid_for = self.definitions.clearance.valid_for
        signed = clearance.co_sign(by.actor, receipt, valid_for=valid_for, now=self.clock())
        return await self._record_cleared(clearance, signed, standing)

    async def end_clearance(self, by: Caller, clearance_id: str) -> Clearance:
        clearance = await self.reached_clearance(by, clearance_id)
        await self.clearances.standing_of(clearance.patient_id)
        return await self._end(clearance, Ending.WITHDRAWN)

    async def end_clearances_of(self, patient_id: str, reason: Ending) -> None:
        for clearance in await self.clearances.standing_of(patient_id):
            await self._end(clearance, reason)

    async def expire_clearance(self, due: Due) -> PromiseEnding:
        clearance = await self.clearances.get(str(due.promise.facts["clearance_id"]))
        if clearance.status not in STANDING:
            return Withdrawn("ended")
        await self.clearances.record(clearance, clearance.end(Ending.EXPIRED, now=due.now))
        return Kept()

    async def _clear(
        self,
        clearance: Clearance,
        patient: Patient,
        screening: Screening | None,
        decision: Decision,
        standing: list[Clearance],
    ) -> Clearance:
        fact = clearance.clear(
            await self._gates(patient, screening),
            override=decision.override,
            valid_for=self.definitions.clearance.valid_for,
            now=self.clock(),
        )
        if isinstance(fact, Cleared):
            return await self._record_cleared(clearance, fact, standing)
        return await self.clearances.record(clearance, fact)

    async def _record_cleared(
        self, clearance: Clearance, cleared: Cleared, standing: list[Clearance]
    ) -> Clearance:
        after = await self._record_instead(clearance, cleared, standing)
        await self.promises.make(self._expiry(after, cleared))
        return after

    async def _record_instead(
        self, clearance: Clearance, fact: Fact, standing: list[Clearance]
    ) -> Clearance:
        """The new clearance is published first: nobody ever sees the patient without one."""
        after = await self.clearances.record(clearance, fact)
        for earlier in standing:
            if earlier.id != clearance.id:
                await self._end(earlier, Ending.SUPERSEDED)
        return after

    async def _end(self, clearance: Clearance, reason: Ending) -> Clearance:
        await self.promises.withdraw(_expiry_key(clearance), reason=reason)
        return await self.clearances.record(clearance, clearance.end(reason, now=self.clock()))

    async def _gates(self, patient: Patient, screening: Screening | None) -> Receipt:
        now = self.clock()
        facts = gate_facts(
            consents=await self.consents.of_patient(patient.id),
            kinds=self.definitions.consents.kinds,
            consultation=await self.consultations.newest_held(patient.id),
            screening=screening,
            risks=await self.risks.open_of(patient.id),
            now=now,
        )
        return self.definitions.gates.decide(facts, as_of=now)

    def _expiry(self, clearance: Clearance, cleared: Cleared) -> Promise:
        cause = tracing.current()
        return Promise(
            key=_expiry_key(clearance),
            kind=EXPIRE_CLEARANCE,
            about=clearance.id,
            person=clearance.patient_id,
            rule=f"clearance@{self.definitions.clearance.version}/valid_for_days",
            why=clearance.id if cause is None else cause.id,
            due_at=cleared.expires_at,
            useful_until=cleared.expires_at + USEFUL_FOR,
            facts={"clearance_id": clearance.id},
        )


def _expiry_key(clearance: Clearance) -> str:
    return f"{EXPIRE_CLEARANCE}/{clearance.id}"
