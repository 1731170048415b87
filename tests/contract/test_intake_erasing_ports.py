"""What erasing needs of intake's ports is kept: in memory, and in MongoDB on both drivers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from clinic_intake.domain import enquiry as enquiries
from clinic_intake.domain.consultation import Booked, Cancelled, Consultation, Held
from clinic_intake.domain.enquiry import Converted, Received, Status
from clinic_intake.domain.erasure import NOBODY, Erased, HoldLifted, LegalHold
from clinic_intake.domain.errors import Conflict
from clinic_intake.domain.patient import Registered
from clinic_intake.domain.visit import State, Visit
from clinic_platform.mongo import Mongo
from clinic_platform.testing import NOON
from tests.support.intake import NINE, PATIENT, a_consultation, a_new_patient, a_slot, an_enquiry
from tests.support.intake.ports import KINDS, Ports, in_mongo, opened

ERASED = Erased(NOON, "usr_admin", "patient_wish", "patient")


@pytest.fixture(params=KINDS)
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    async with opened(request) as ports:
        yield ports


async def booked(ports: Ports, number: int, *, patient_id: str = PATIENT) -> Consultation:
    slot = a_slot(NINE + timedelta(days=number))
    consultation = a_consultation(number, slot=slot, patient_id=patient_id)
    return await ports.consultations.record(consultation, Booked(slot))


def a_visit(
    number: int = 1,
    state: State = State.PLANNED,
    *,
    version: int = 1,
    patient_id: str = PATIENT,
) -> Visit:
    return Visit(session_id=f"ses_{number}", patient_id=patient_id, state=state, version=version)


async def test_the_record_of_an_erased_patient_is_left_and_the_card_is_forgotten(
    ports: Ports,
) -> None:
    patient = await ports.patients.record(a_new_patient(), Registered(NOON))
    marks = patient.marks
    after = await ports.patients.record(patient, ERASED)
    assert await ports.patients.get(PATIENT) == after
    assert (after.contact, after.birth_date, after.erased) == (NOBODY, None, ERASED)
    assert await ports.patients.with_marks(marks) == []
    assert ports.published[-2:] == ["PatientErased", "ContactCardForgotten"]
    with pytest.raises(Conflict):
        await ports.patients.record(patient, ERASED)
    assert ports.published.count("PatientErased") == 1


async def test_a_card_may_be_forgotten_again_and_nothing_else_is_published(ports: Ports) -> None:
    patient = await ports.patients.record(a_new_patient(), Registered(NOON))
    after = await ports.patients.record(patient, ERASED)
    before = [*ports.published]
    await ports.patients.forget_again(after)
    assert ports.published == [*before, "ContactCardForgotten"]
    assert await ports.patients.get(PATIENT) == after


async def test_a_legal_hold_and_its_end_are_kept_and_not_published(ports: Ports) -> None:
    patient = await ports.patients.record(a_new_patient(), Registered(NOON))
    before = list(ports.published)
    held = await ports.patients.record(patient, LegalHold("complaint", "usr_admin", NOON))
    assert await ports.patients.get(PATIENT) == held
    assert held.legal_hold == LegalHold("complaint", "usr_admin", NOON)
    lifted = await ports.patients.record(held, HoldLifted("usr_admin", NOON))
    assert await ports.patients.get(PATIENT) == lifted
    assert lifted.legal_hold is None
    assert ports.published == before


async def test_no_word_is_left_of_the_enquiry_of_an_erased_patient(ports: Ports) -> None:
    received = await ports.enquiries.record(an_enquiry(), Received(NOON))
    converted = await ports.enquiries.record(received, Converted(NOON, PATIENT, ("pat_2",)))
    after = await ports.enquiries.record(converted, enquiries.Erased())
    assert await ports.enquiries.get("enq_1") == after
    assert (after.status, after.contact, after.reason) == (Status.ERASED, NOBODY, "")
    assert after.patient_id == PATIENT


async def test_consultations_that_are_still_to_be_held_come_the_newest_first(
    ports: Ports,
) -> None:
    assert await ports.consultations.booked_of(PATIENT) == []
    first, second = await booked(ports, 1), await booked(ports, 2)
    await ports.consultations.record(await booked(ports, 3), Cancelled("ill"))
    await ports.consultations.record(await booked(ports, 4), Held(NOON, "usr_first"))
    await booked(ports, 5, patient_id="pat_2")
    assert await ports.consultations.booked_of(PATIENT) == [second, first]


async def test_of_a_visit_only_the_newest_version_counts(ports: Ports) -> None:
    await ports.visits.note(a_visit(2))
    await ports.visits.note(a_visit(1, State.LIVE, version=5))
    await ports.visits.note(a_visit(1, version=1))
    await ports.visits.note(a_visit(3, patient_id="pat_2"))
    assert await ports.visits.open_of(PATIENT) == [a_visit(1, State.LIVE, version=5), a_visit(2)]
    await ports.visits.note(a_visit(1, State.OVER, version=6))
    await ports.visits.note(a_visit(1, State.LIVE, version=6))
    assert await ports.visits.open_of(PATIENT) == [a_visit(2)]
    assert await ports.visits.open_of("pat_none") == []


async def test_queueing_for_a_patient_changes_nothing_of_them(ports: Ports) -> None:
    patient = await ports.patients.record(a_new_patient(), Registered(NOON))
    for patient_id in (PATIENT, PATIENT, "pat_none"):
        await ports.patients.queue_for(patient_id)
    assert await ports.patients.get(PATIENT) == patient


async def test_the_second_in_a_patients_queue_sees_what_the_first_has_planned(
    database: Mongo,
) -> None:
    """In one process without a database nobody else is ever in between."""
    ports = await in_mongo(database)
    await booked(ports, 2, patient_id="pat_2")
    await ports.patients.queue_for("pat_2")  # the collections are there, as in a clinic that runs
    entered, looked = asyncio.Event(), asyncio.Event()

    async def plan() -> None:
        await ports.patients.queue_for(PATIENT)
        await booked(ports, 1)
        entered.set()
        await looked.wait()

    async def look() -> list[Consultation]:
        await entered.wait()
        await ports.consultations.booked_of(PATIENT)
        looked.set()
        await ports.patients.queue_for(PATIENT)
        return await ports.consultations.booked_of(PATIENT)

    _, seen = await asyncio.gather(database.transaction(plan), database.transaction(look))
    assert [one.id for one in seen] == ["cns_1"]
