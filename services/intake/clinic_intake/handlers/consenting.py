"""Consents: given to a version of a text, and taken back."""

from clinic_intake.domain.clearance import Ending
from clinic_intake.domain.consent import Consent
from clinic_intake.domain.errors import ConsentNotFound
from clinic_intake.handlers.clearing import Clearing
from clinic_platform.auth import Caller


class Consenting(Clearing):
    async def give_consent(
        self, by: Caller, patient_id: str, *, kind: str, version: int, language: str, signer: str
    ) -> Consent:
        patient = await self.reached_patient(by, patient_id)
        document = self.definitions.consents.to_agree_to(kind, version, language)
        consent = Consent(
            id=self.new_id("con"),
            patient_id=patient.id,
            location_id=patient.location_id,
            kind=kind,
            document_version=document.version,
            language=document.language,
            text_sha256=document.sha256,
            signer=signer,
            noted_by=by.actor,
        )
        return await self.consents.record(consent, consent.give(document, now=self.clock()))

    async def withdraw_consent(self, by: Caller, patient_id: str, kind: str) -> list[Consent]:
        """Every current consent of the kind; what stood on it ends with it."""
        patient = await self.reached_patient(by, patient_id)
        now = self.clock()
        current = [
            consent
            for consent in await self.consents.of_patient(patient.id)
            if consent.kind == kind and consent.is_current(now=now)
        ]
        if not current:
            raise ConsentNotFound
        if self.definitions.consents.ends_clearance(kind):
            await self.end_clearances_of(patient.id, Ending.CONSENT_WITHDRAWN)
        return [
            await self.consents.record(consent, consent.withdraw(by.actor, now=now))
            for consent in current
        ]
