"""Erasing a patient, with all that was still planned for them; and the holds that forbid it."""

from clinic_intake.domain.clearance import Ending
from clinic_intake.domain.erasure import PATIENT_ERASED, Basis, Episode, Wish
from clinic_intake.domain.patient import Patient
from clinic_intake.domain.visit import State
from clinic_intake.handlers.clearing import Clearing
from clinic_platform.auth import Caller


class Erasing(Clearing):
    async def erase_patient(self, by: Caller, patient_id: str, wish: Wish) -> Patient:
        """All in one transaction. Asked again, the answer is the same, and the tombstone of the
        card is published again: a relay that had stood still may have published the card since."""
        patient = await self.reached_record(by, patient_id)
        if patient.erased is not None:
            await self.patients.forget_again(patient)
            return patient
        await self.patients.queue_for(patient.id)
        episode = await self._episode(patient)
        erased = patient.erase(wish, episode, by=by.actor, now=self.clock())
        for booked in await self.consultations.booked_of(patient.id):
            await self.consultations.record(booked, booked.cancel(PATIENT_ERASED))
        await self.end_clearances_of(patient.id, Ending.PATIENT_ERASED)
        enquiry = await self.enquiries.get(patient.enquiry_id)
        await self.enquiries.record(enquiry, enquiry.erase())
        return await self.patients.record(patient, erased)

    async def place_legal_hold(self, by: Caller, patient_id: str, basis: Basis) -> Patient:
        patient = await self.reached_patient(by, patient_id)
        held = patient.hold(basis, by=by.actor, now=self.clock())
        return await self.patients.record(patient, held)

    async def lift_legal_hold(self, by: Caller, patient_id: str) -> Patient:
        patient = await self.reached_patient(by, patient_id)
        lifted = patient.lift_hold(by=by.actor, now=self.clock())
        return await self.patients.record(patient, lifted)

    async def _episode(self, patient: Patient) -> Episode:
        visits = await self.visits.open_of(patient.id)
        return Episode(
            risk_alerts=[risk.alert_id for risk in await self.risks.open_of(patient.id)],
            live_sessions=[one.session_id for one in visits if one.state is State.LIVE],
            booked_sessions=[one.session_id for one in visits if one.state is State.PLANNED],
            consultations=[one.id for one in await self.consultations.booked_of(patient.id)],
            clearances=[one.id for one in await self.clearances.standing_of(patient.id)],
        )
