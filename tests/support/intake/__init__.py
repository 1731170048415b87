"""Intake in memory: builders, and the whole service on stand-ins of its ports."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from itertools import count
from typing import Final
from zoneinfo import ZoneInfo

from clinic_intake.app import definitions
from clinic_intake.domain.clearance import Clearance, Decision
from clinic_intake.domain.consent import Consent
from clinic_intake.domain.consultation import Consultation
from clinic_intake.domain.contact import Contact
from clinic_intake.domain.enquiry import Enquiry
from clinic_intake.domain.patient import Patient, Registered
from clinic_intake.domain.place import Crisis, Place
from clinic_intake.domain.questionnaire import Answer, Answers
from clinic_intake.domain.risk import Risk
from clinic_intake.domain.screening import Screening
from clinic_intake.domain.timetable import Slot
from clinic_intake.handlers import Definitions, Handlers
from clinic_platform.decisions import Known
from clinic_platform.promises import Due, Kept
from clinic_platform.sealing import KeyRing
from clinic_platform.testing import NOON, FixedClock, InMemoryOutbox, InMemoryPromises, caller_of
from tests.support.intake.stores import (
    InMemoryClearances,
    InMemoryConsents,
    InMemoryConsultations,
    InMemoryEnquiries,
    InMemoryPatients,
    InMemoryPlaces,
    InMemoryRisks,
    InMemoryScreenings,
    InMemoryVisits,
)

PATIENT: Final = "pat_1"
PLACE: Final = "loc_sample"
KEYS: Final = KeyRing({"2030a": b"k" * 32})
CHICAGO: Final = ZoneInfo("America/Chicago")
CRISIS: Final = Crisis(text="Call the sample line, day or night.", phone="555-0199")
ADA: Final = "clinician_ada"
NINE: Final = datetime(2030, 1, 8, 9, tzinfo=CHICAGO)  # a Tuesday
CONSENTS: Final = ("treatment", "off_label_use", "driving", "messages")

FRONT_DESK: Final = caller_of("front_desk", PLACE, actor="usr_desk")
NURSE: Final = caller_of("nurse", PLACE, actor="usr_nurse")
PRESCRIBER: Final = caller_of("prescriber", PLACE, actor="usr_first")
SECOND: Final = caller_of("prescriber", PLACE, actor="usr_second")

VITALS: Final[Mapping[str, Answer]] = {
    "hcg": "negative",
    "systolic": 124,
    "diastolic": 78,
    "heart_rate": 70,
    "spo2": 98,
    "weight_kg": 82.5,
}
INSTRUMENTS: Final[Mapping[str, Answer]] = {
    "phq9_total": 18,
    "phq9_item_9": 0,
    "cssrs_risk": "none",
    "audit_c": 1,
    "dast_10": 0,
    "stop_bang": 1,
}


@cache
def the_definitions() -> Definitions:
    return definitions()


def answers(**changed: Answer) -> dict[str, dict[str, Answer]]:
    """Nothing speaks against treatment, but for what is changed."""
    given: dict[str, dict[str, Answer]] = {
        "answers": {
            question.name: False if question.kind == "yes_no" else question.choices[0]
            for question in the_definitions().questionnaire.questions
            if question.group == "answers"
        },
        "vitals": dict(VITALS),
        "instruments": dict(INSTRUMENTS),
    }
    for group in given.values():
        group.update({name: changed[name] for name in group if name in changed})
    return given


def facts(**changed: Answer) -> dict[str, Known]:
    """As facts, the age included."""
    values = {name: value for group in answers(**changed).values() for name, value in group.items()}
    values = {"age_years": 44, **values, **changed}
    return {name: Known(value=value, known_at=NOON) for name, value in values.items()}


def a_contact(**changed: str | None) -> Contact:
    usual = {
        "name": "Testa Sample",
        "greeting_name": "Testa",
        "email": "testa@example.org",
        "phone": "+1-555-0101",
        "language": "en",
        "zone": "America/Chicago",
    }
    return Contact(**{**usual, **changed})  # type: ignore[arg-type]  # names that are None are optional


def a_place(*, version: int = 1, zone: str = "America/Chicago", location_id: str = PLACE) -> Place:
    return Place(location_id=location_id, version=version, zone=zone, crisis=CRISIS)


def an_enquiry(number: int = 1, *, contact: Contact | None = None) -> Enquiry:
    return Enquiry(
        id=f"enq_{number}",
        location_id=PLACE,
        contact=contact or a_contact(),
        reason="Invented words.",
        consent_to_contact=True,
        preferred_channel="email",
        source="website",
    )


def a_new_patient(
    number: int = 1,
    *,
    contact: Contact | None = None,
    birth_date: date | None = date(1985, 4, 12),
    location_id: str = PLACE,
) -> Patient:
    return Patient(
        id=f"pat_{number}",
        location_id=location_id,
        enquiry_id=f"enq_{number}",
        contact=contact or a_contact(),
        birth_date=birth_date,
        preferred_channel="email",
        consent_to_contact=True,
        source="website",
    )


def a_patient(number: int = 1, *, contact: Contact | None = None) -> Patient:
    return a_new_patient(number, contact=contact).after(Registered(NOON))


def a_screening(number: int = 1, *, changed: Mapping[str, Answer] | None = None) -> Screening:
    return Screening(
        id=f"scr_{number}",
        patient_id=PATIENT,
        location_id=PLACE,
        questionnaire=the_definitions().questionnaire.pinned,
        screened_by=NURSE.actor,
        completed_at=NOON,
        receipt=the_definitions().screening.decide(facts(**(changed or {})), as_of=NOON),
    )


def a_consent(number: int = 1, *, kind: str = "treatment") -> Consent:
    return Consent(
        id=f"con_{number}",
        patient_id=PATIENT,
        location_id=PLACE,
        kind=kind,
        document_version=1,
        language="en",
        text_sha256="0" * 64,
        signer="patient",
        noted_by=NURSE.actor,
    )


def a_slot(at: datetime = NINE, *, clinician: str = ADA) -> Slot:
    starts_at = at.astimezone(NOON.tzinfo)
    return Slot(starts_at, starts_at + timedelta(minutes=30), clinician)


def a_consultation(
    number: int = 1, *, slot: Slot | None = None, patient_id: str = PATIENT
) -> Consultation:
    return Consultation(
        id=f"cns_{number}", patient_id=patient_id, location_id=PLACE, slot=slot or a_slot()
    )


def a_clearance(number: int = 1, *, patient_id: str = PATIENT) -> Clearance:
    return Clearance(
        id=f"clr_{number}",
        patient_id=patient_id,
        location_id=PLACE,
        indication="depression",
        protocol="iv-ketamine-depression",
        screening_id="scr_1",
        rationale="Invented words.",
        decided_by=PRESCRIBER.actor,
        decided_at=NOON,
    )


def a_risk(number: int = 1, *, is_open: bool = True, version: int = 1) -> Risk:
    return Risk(
        alert_id=f"alr_{number}", patient_id=PATIENT, is_open=is_open, version=version, since=NOON
    )


def to_clear(*, override: str | None = None) -> Decision:
    return Decision(
        outcome="cleared",
        rationale="Invented words.",
        indication="depression",
        protocol="iv-ketamine-depression",
        override=override,
    )


class Intake:
    """The service in memory: its handlers, the clock, and all it has published and promised."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOON)
        self.outbox = InMemoryOutbox()
        self.promises = InMemoryPromises(self.clock)
        self.places, self.enquiries = InMemoryPlaces(), InMemoryEnquiries()
        self.patients = InMemoryPatients(self.outbox, KEYS)
        self.places.rows[PLACE] = a_place()
        self.patients.rows[PATIENT] = a_patient()
        numbers = count(1)
        self.handlers = Handlers(
            places=self.places,
            enquiries=self.enquiries,
            patients=self.patients,
            screenings=InMemoryScreenings(self.outbox),
            consents=InMemoryConsents(self.outbox),
            consultations=InMemoryConsultations(self.outbox),
            clearances=InMemoryClearances(self.outbox),
            risks=InMemoryRisks(),
            visits=InMemoryVisits(),
            promises=self.promises,
            definitions=the_definitions(),
            clock=self.clock,
            new_id=lambda prefix: f"{prefix}_{next(numbers):04}",
        )

    @property
    def published(self) -> list[str]:
        return [type(event).__name__ for event in self.outbox.published]

    async def screened(self, sent: Answers | None = None) -> Screening:
        return await self.handlers.screen_patient(NURSE, PATIENT, sent or answers())

    async def consented(self, kinds: Iterable[str] = CONSENTS) -> None:
        for kind in kinds:
            await self.handlers.give_consent(
                FRONT_DESK, PATIENT, kind=kind, version=1, language="en", signer="patient"
            )

    async def consulted(self) -> Consultation:
        """A consultation tomorrow; when it returns, tomorrow has come."""
        booked = await self.handlers.book_consultation(
            FRONT_DESK, PATIENT, clinician=ADA, starts_at=NINE
        )
        self.clock.move_to(booked.slot.ends_at)
        return await self.handlers.complete_consultation(PRESCRIBER, booked.id)

    async def ready(self, sent: Answers | None = None) -> None:
        """Everything a clearance asks for."""
        await self.consented()
        await self.screened(sent)
        await self.consulted()

    async def cleared(self) -> Clearance:
        await self.ready()
        return await self.handlers.decide_clearance(PRESCRIBER, PATIENT, to_clear())

    async def keep(self, *, until: datetime) -> None:
        """Let time pass, and keep what falls due meanwhile."""
        for row in [row for row in self.promises.pending() if row.due_at <= until]:
            self.clock.move_to(row.due_at)
            due = Due(promise=row, now=self.clock(), attempt=1)
            assert await self.handlers.expire_clearance(due) == Kept()
            await self.promises.withdraw(row.key, reason="kept")
        self.clock.move_to(until)
