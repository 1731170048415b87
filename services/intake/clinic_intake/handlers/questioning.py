"""Screenings: answers in, a receipt out."""

from clinic_intake.domain.place import Crisis
from clinic_intake.domain.questionnaire import Answers
from clinic_intake.domain.screening import Screening, facts_of_patient
from clinic_intake.handlers.tools import Tools
from clinic_platform.auth import Caller


class Questioning(Tools):
    async def screen_patient(self, by: Caller, patient_id: str, sent: Answers) -> Screening:
        patient = await self.reached_patient(by, patient_id)
        now = self.clock()
        questionnaire = self.definitions.questionnaire
        facts = questionnaire.facts(sent, now=now) | facts_of_patient(patient, now=now)
        screening = Screening(
            id=self.new_id("scr"),
            patient_id=patient.id,
            location_id=patient.location_id,
            questionnaire=questionnaire.pinned,
            screened_by=by.actor,
            completed_at=now,
            receipt=self.definitions.screening.decide(facts, as_of=now),
        )
        await self.screenings.add(screening)
        return screening

    async def crisis_text(self, screening: Screening) -> Crisis | None:
        """What to show in the same response, when an answer speaks of self-harm."""
        policy = self.definitions.crisis
        if not screening.shows_crisis(policy):
            return None
        return policy.at(await self.places.find(screening.location_id))
