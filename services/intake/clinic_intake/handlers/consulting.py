"""Consultations: slots that are offered, and bookings."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from clinic_intake.domain.consultation import Booked, Consultation
from clinic_intake.domain.errors import RangeTooLong, SlotNotOffered, SlotTaken
from clinic_intake.domain.place import Place
from clinic_intake.domain.timetable import Slot
from clinic_intake.handlers.tools import Tools
from clinic_platform.auth import Caller

A_WEEK: Final = timedelta(days=7)  # how far around the wish alternatives are looked for


class Consulting(Tools):
    async def list_consultation_slots(
        self, by: Caller, location_id: str, *, since: datetime | None, until: datetime | None
    ) -> tuple[Place, list[Slot]]:
        """Those that are free and still to come."""
        place = await self.reached_place(by, location_id)
        days, now = self.definitions.timetable.days_at_most, self.clock()
        starts = since or now
        ends = until or starts + timedelta(days=days)
        if not timedelta() < ends - starts <= timedelta(days=days):
            raise RangeTooLong(days)
        return place, await self._free(place, since=max(starts, now), until=ends)

    async def book_consultation(
        self, by: Caller, patient_id: str, *, clinician: str, starts_at: datetime
    ) -> Consultation:
        patient = await self.reached_patient(by, patient_id)
        await self.patients.queue_for(patient.id)
        place = await self.place(patient.location_id)
        slot, alternatives = await self._wanted(place, clinician, starts_at)
        consultation = Consultation(
            id=self.new_id("cns"),
            patient_id=patient.id,
            location_id=patient.location_id,
            slot=slot,
        )
        return await self._record(consultation, consultation.book(slot), alternatives)

    async def reschedule_consultation(
        self, by: Caller, consultation_id: str, *, clinician: str, starts_at: datetime
    ) -> Consultation:
        consultation = await self.reached_consultation(by, consultation_id)
        place = await self.place(consultation.location_id)
        slot, alternatives = await self._wanted(place, clinician, starts_at)
        return await self._record(consultation, consultation.book(slot), alternatives)

    async def cancel_consultation(
        self, by: Caller, consultation_id: str, reason: str
    ) -> Consultation:
        consultation = await self.reached_consultation(by, consultation_id)
        return await self.consultations.record(consultation, consultation.cancel(reason))

    async def complete_consultation(self, by: Caller, consultation_id: str) -> Consultation:
        consultation = await self.reached_consultation(by, consultation_id)
        held = consultation.complete(by.actor, now=self.clock())
        return await self.consultations.record(consultation, held)

    async def _wanted(
        self, place: Place, clinician: str, starts_at: datetime
    ) -> tuple[Slot, list[dict[str, object]]]:
        """The slot, and the free ones nearest to it: after a refusal nothing can be read."""
        now = self.clock()
        since, until = max(starts_at - A_WEEK, now), max(starts_at, now) + A_WEEK
        alternatives = _nearest(
            await self._free(place, since=since, until=until),
            starts_at,
            self.definitions.timetable.alternatives,
        )
        try:
            slot = self.definitions.timetable.slot(place, clinician, starts_at, now=now)
        except SlotNotOffered:
            raise SlotNotOffered(alternatives) from None
        return slot, alternatives

    async def _record(
        self, consultation: Consultation, booked: Booked, alternatives: Sequence[dict[str, object]]
    ) -> Consultation:
        try:
            return await self.consultations.record(consultation, booked)
        except SlotTaken as taken:
            raise SlotTaken(taken.resource, taken.starts_at, alternatives) from None

    async def _free(self, place: Place, *, since: datetime, until: datetime) -> list[Slot]:
        offered = self.definitions.timetable.slots(place, since=since, until=until)
        clinicians = {slot.clinician for slot in offered}
        busy = await self.consultations.busy(clinicians, since=since, until=until)
        return [slot for slot in offered if (slot.clinician, slot.starts_at) not in busy]


def _nearest(free: Sequence[Slot], wish: datetime, count: int) -> list[dict[str, object]]:
    others = [slot for slot in free if slot.starts_at != wish]
    nearest = sorted(others, key=lambda slot: abs(slot.starts_at - wish))[:count]
    return [
        {"clinician": slot.clinician, "starts_at": slot.starts_at.isoformat()}
        for slot in sorted(nearest)
    ]
