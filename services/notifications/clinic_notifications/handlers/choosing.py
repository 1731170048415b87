"""What a patient, or the staff for them, choose about letters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clinic_notifications.domain.consents import ConsentState, standing
from clinic_notifications.domain.errors import PatientErased, PatientNotFound
from clinic_notifications.domain.people import Card
from clinic_notifications.domain.preferences import Answer, Category, Choice, Preferences
from clinic_notifications.ports import Consents, People, PreferenceBook
from clinic_platform.auth import Caller
from clinic_platform.clock import Clock

PATIENT = frozenset({"patient"})


async def known_to(by: Caller, patient_id: str, people: People) -> Card:
    """The patient's card. PatientNotFound alike when there is none and when it is not theirs."""
    card = await people.find(patient_id)
    if card is None or not by.reaches(card.location_id):
        raise PatientNotFound
    if by.roles <= PATIENT and by.actor != patient_id:
        raise PatientNotFound
    return card


@dataclass(frozen=True, slots=True)
class Choosing:
    people: People
    consents: Consents
    book: PreferenceBook
    categories: Mapping[str, Category]
    clock: Clock

    async def preferences(self, patient_id: str, *, by: Caller) -> Preferences:
        card = await known_to(by, patient_id, self.people)
        found = await self.book.find(patient_id)
        return found or Preferences(patient_id=patient_id, location_id=card.location_id)

    async def set_preferences(
        self,
        patient_id: str,
        choices: Sequence[Choice],
        *,
        opted_out: bool,
        expected: int,
        by: Caller,
    ) -> Preferences:
        if (await known_to(by, patient_id, self.people)).is_erased:
            raise PatientErased
        preferences = await self.preferences(patient_id, by=by)
        fact = preferences.set(
            choices,
            opted_out=opted_out,
            expected=expected,
            categories=self.categories,
            now=self.clock(),
        )
        return await self.book.record(preferences, fact)

    async def answers(self, preferences: Preferences) -> list[Answer]:
        """What holds for every category and channel now, and which layer decides it."""
        return list(preferences.answers(self.categories, await self._standing(preferences)))

    async def _standing(self, preferences: Preferences) -> ConsentState:
        consents = await self.consents.of_patient(preferences.patient_id)
        return standing(consents, self.clock())
