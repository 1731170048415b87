"""What follows when a patient is erased: they are asked nothing any more, and no link of theirs
opens. What they have answered, and what it came to, stays under the id alone."""

from dataclasses import dataclass

from clinic_events import PatientErased
from clinic_outcomes.handlers.surveys import PATIENT_ERASED, Surveys
from clinic_outcomes.ports import Treatments
from clinic_platform.promises import Promises, State


@dataclass(frozen=True, slots=True)
class Erasing:
    treatments: Treatments
    surveys: Surveys
    promises: Promises

    async def forget_patient(self, erased: PatientErased) -> None:
        """A survey that is promised after this, by an event that came late, ends when it is due.
        An alert about them goes on until a clinician closes it."""
        patient_id = erased.patient_id
        await self.treatments.erase(patient_id, erased.location_id, at=erased.erased_at)
        promised = await self.promises.of_person(patient_id)
        keys = [
            row.key for row in promised if row.kind == "open_survey" and row.state is State.PENDING
        ]
        await self.promises.withdraw(*keys, reason=PATIENT_ERASED)
        await self.surveys.withdraw_all_of(patient_id, reason=PATIENT_ERASED)
