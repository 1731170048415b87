"""Stand-ins of the ports of intake that keep the promises of the stores."""

from collections.abc import Collection
from datetime import datetime

from clinic_events import ContactCardForgotten
from clinic_events.ports import DuplicateKey
from clinic_intake.domain import clearance as clearances
from clinic_intake.domain import consent as consents
from clinic_intake.domain import consultation as consultations
from clinic_intake.domain import enquiry as enquiries
from clinic_intake.domain import patient as patients
from clinic_intake.domain.clearance import STANDING, Clearance
from clinic_intake.domain.consent import Consent
from clinic_intake.domain.consultation import Booked, Cancelled, Consultation
from clinic_intake.domain.enquiry import Enquiry
from clinic_intake.domain.errors import (
    ClearanceNotFound,
    Conflict,
    ConsultationNotFound,
    EnquiryNotFound,
    PatientNotFound,
    ScreeningNotFound,
    SlotTaken,
)
from clinic_intake.domain.patient import Patient
from clinic_intake.domain.place import Place
from clinic_intake.domain.risk import Risk
from clinic_intake.domain.screening import Screening
from clinic_intake.domain.visit import State, Visit
from clinic_intake.publishing import (
    of_clearance,
    of_consent,
    of_consultation,
    of_patient,
    of_screening,
)
from clinic_platform.sealing import KeyRing
from clinic_platform.testing import InMemoryOutbox


class InMemoryPlaces:
    def __init__(self) -> None:
        self.rows: dict[str, Place] = {}

    async def find(self, location_id: str) -> Place | None:
        return self.rows.get(location_id)

    async def note(self, place: Place) -> None:
        known = self.rows.get(place.location_id)
        if known is None or known.version < place.version:
            self.rows[place.location_id] = place


class InMemoryEnquiries:
    def __init__(self) -> None:
        self.rows: dict[str, Enquiry] = {}

    async def get(self, enquiry_id: str) -> Enquiry:
        if enquiry_id not in self.rows:
            raise EnquiryNotFound
        return self.rows[enquiry_id]

    async def record(self, enquiry: Enquiry, fact: enquiries.Fact) -> Enquiry:
        _expect(self.rows.get(enquiry.id), enquiry.revision)
        after = self.rows[enquiry.id] = enquiry.after(fact)
        return after


class InMemoryPatients:
    def __init__(self, outbox: InMemoryOutbox, keys: KeyRing) -> None:
        self.rows: dict[str, Patient] = {}
        self._outbox = outbox
        self._keys = keys

    async def get(self, patient_id: str) -> Patient:
        if patient_id not in self.rows:
            raise PatientNotFound
        return self.rows[patient_id]

    async def record(self, patient: Patient, fact: patients.Fact) -> Patient:
        _expect(self.rows.get(patient.id), patient.revision)
        after = self.rows[patient.id] = patient.after(fact)
        events = of_patient(after, fact, self._keys)
        await self._outbox.append(*events, sequence=after.revision)
        return after

    async def forget_again(self, patient: Patient) -> None:
        tombstone = ContactCardForgotten(patient_id=patient.id)
        await self._outbox.append(tombstone, sequence=patient.revision)

    async def queue_for(self, patient_id: str) -> None:
        """Nobody else is here."""

    async def with_marks(self, marks: Collection[str]) -> list[str]:
        return sorted(p.id for p in self.rows.values() if not p.marks.isdisjoint(marks))


class InMemoryScreenings:
    def __init__(self, outbox: InMemoryOutbox) -> None:
        self.rows: dict[str, Screening] = {}
        self._outbox = outbox

    async def get(self, screening_id: str) -> Screening:
        if screening_id not in self.rows:
            raise ScreeningNotFound
        return self.rows[screening_id]

    async def add(self, screening: Screening) -> None:
        if screening.id in self.rows:
            raise DuplicateKey("screenings", {"_id": screening.id})
        self.rows[screening.id] = screening
        await self._outbox.append(of_screening(screening), sequence=screening.revision)

    async def newest_of(self, patient_id: str) -> Screening | None:
        mine = [s for s in self.rows.values() if s.patient_id == patient_id]
        return max(mine, key=lambda screening: screening.id, default=None)


class InMemoryConsents:
    def __init__(self, outbox: InMemoryOutbox) -> None:
        self.rows: dict[str, Consent] = {}
        self._outbox = outbox

    async def record(self, consent: Consent, fact: consents.Fact) -> Consent:
        _expect(self.rows.get(consent.id), consent.revision)
        after = self.rows[consent.id] = consent.after(fact)
        await self._outbox.append(*of_consent(after, fact), sequence=after.revision)
        return after

    async def of_patient(self, patient_id: str) -> list[Consent]:
        mine = [c for c in self.rows.values() if c.patient_id == patient_id]
        return sorted(mine, key=lambda consent: consent.id, reverse=True)


class InMemoryConsultations:
    def __init__(self, outbox: InMemoryOutbox) -> None:
        self.rows: dict[str, Consultation] = {}
        self._taken: dict[tuple[str, datetime], str] = {}
        self._outbox = outbox

    async def get(self, consultation_id: str) -> Consultation:
        if consultation_id not in self.rows:
            raise ConsultationNotFound
        return self.rows[consultation_id]

    async def record(self, consultation: Consultation, fact: consultations.Fact) -> Consultation:
        after = consultation.after(fact)
        taken = self._taken_after(after, fact)
        _expect(self.rows.get(consultation.id), consultation.revision)
        self.rows[consultation.id], self._taken = after, taken
        await self._outbox.append(*of_consultation(after, fact), sequence=after.revision)
        return after

    async def booked_of(self, patient_id: str) -> list[Consultation]:
        mine = [c for c in self.rows.values() if c.patient_id == patient_id]
        booked = [c for c in mine if c.status is consultations.Status.BOOKED]
        return sorted(booked, key=lambda consultation: consultation.id, reverse=True)

    async def newest_held(self, patient_id: str) -> Consultation | None:
        mine = [c for c in self.rows.values() if c.patient_id == patient_id]
        held = [(c.held_at, c) for c in mine if c.held_at is not None]
        return max(held, key=lambda row: row[0], default=(None, None))[1]

    async def busy(
        self, who: Collection[str], *, since: datetime, until: datetime
    ) -> set[tuple[str, datetime]]:
        return {(name, at) for name, at in self._taken if name in who and since <= at < until}

    def _taken_after(
        self, after: Consultation, fact: consultations.Fact
    ) -> dict[tuple[str, datetime], str]:
        if not isinstance(fact, Booked | Cancelled):
            return self._taken
        taken = {slot: of for slot, of in self._taken.items() if of != after.id}
        if isinstance(fact, Booked):
            at = fact.slot.starts_at
            for resource, who in (
                ("clinician", fact.slot.clinician),
                ("patient", after.patient_id),
            ):
                if (who, at) in taken:
                    raise SlotTaken(resource, at)
                taken[who, at] = after.id
        return taken


class InMemoryClearances:
    def __init__(self, outbox: InMemoryOutbox) -> None:
        self.rows: dict[str, Clearance] = {}
        self._outbox = outbox

    async def get(self, clearance_id: str) -> Clearance:
        if clearance_id not in self.rows:
            raise ClearanceNotFound
        return self.rows[clearance_id]

    async def record(self, clearance: Clearance, fact: clearances.Fact) -> Clearance:
        _expect(self.rows.get(clearance.id), clearance.revision)
        after = self.rows[clearance.id] = clearance.after(fact)
        await self._outbox.append(
            *of_clearance(after, fact, was=clearance.status), sequence=after.revision
        )
        return after

    async def of_patient(self, patient_id: str) -> list[Clearance]:
        mine = [c for c in self.rows.values() if c.patient_id == patient_id]
        return sorted(mine, key=lambda clearance: clearance.id, reverse=True)

    async def standing_of(self, patient_id: str) -> list[Clearance]:
        return [c for c in await self.of_patient(patient_id) if c.status in STANDING]


class InMemoryRisks:
    def __init__(self) -> None:
        self.rows: dict[str, Risk] = {}

    async def note(self, risk: Risk) -> None:
        known = self.rows.get(risk.alert_id)
        if known is None or known.version < risk.version:
            self.rows[risk.alert_id] = risk

    async def open_of(self, patient_id: str) -> list[Risk]:
        mine = [risk for risk in self.rows.values() if risk.patient_id == patient_id]
        return sorted((r for r in mine if r.is_open), key=lambda risk: risk.alert_id)


class InMemoryVisits:
    def __init__(self) -> None:
        self.rows: dict[str, Visit] = {}

    async def note(self, visit: Visit) -> None:
        known = self.rows.get(visit.session_id)
        if known is None or known.version < visit.version:
            self.rows[visit.session_id] = visit

    async def open_of(self, patient_id: str) -> list[Visit]:
        mine = [visit for visit in self.rows.values() if visit.patient_id == patient_id]
        return sorted(
            (visit for visit in mine if visit.state is not State.OVER),
            key=lambda visit: visit.session_id,
        )


def _expect(known: object, revision: int) -> None:
    """Raises Conflict unless what is kept is what was read."""
    if (0 if known is None else getattr(known, "revision", None)) != revision:
        raise Conflict
