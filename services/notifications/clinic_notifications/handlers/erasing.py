"""What follows when a patient is erased: their card goes, and nobody writes to them any more."""

from dataclasses import dataclass
from typing import Final

from clinic_events import ContactCardForgotten, PatientErased
from clinic_notifications.domain.deciding import Reason
from clinic_notifications.handlers.planning import LETTER
from clinic_notifications.ports import People, PreferenceBook
from clinic_platform.promises import Promises, State

NOWHERE: Final = ""  # a tombstone names no place: one that was not known before has none here


@dataclass(frozen=True, slots=True)
class Erasing:
    """On two events, `PatientErased` and the tombstone of the card: either is enough, in any order.
    Alerts to the one on call go on, since they are about care and name nobody."""

    people: People
    book: PreferenceBook
    promises: Promises

    async def forget_patient(self, erased: PatientErased) -> None:
        await self._forget(erased.patient_id, erased.location_id)

    async def forget_card(self, forgotten: ContactCardForgotten) -> None:
        await self._forget(forgotten.patient_id, NOWHERE)

    async def _forget(self, patient_id: str, location_id: str) -> None:
        """A letter that is promised after this, by an event that came late, ends when it is due."""
        await self.people.erase(patient_id, location_id)
        await self.book.forget(patient_id)
        promised = await self.promises.of_person(patient_id)
        keys = [row.key for row in promised if row.kind == LETTER and row.state is State.PENDING]
        await self.promises.withdraw(*keys, reason=Reason.PATIENT_ERASED)
