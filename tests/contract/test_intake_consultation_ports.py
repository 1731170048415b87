"""The port `Consultations` of intake keeps its promises: in memory and on both drivers."""

from collections.abc import AsyncIterator
from datetime import UTC, timedelta

import pytest

from clinic_intake.domain.consultation import Booked, Cancelled, Consultation, Fact, Held
from clinic_intake.domain.errors import (
    Conflict,
    ConsultationNotFound,
    SlotTaken,
)
from clinic_platform.testing import NOON
from tests.support.intake import (
    ADA,
    NINE,
    PATIENT,
    a_consultation,
    a_slot,
)
from tests.support.intake.ports import KINDS, Ports, opened

TEN = NINE + timedelta(hours=1)
LATER = NOON + timedelta(days=90)
BEN = "clinician_ben"


@pytest.fixture(params=KINDS)
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    async with opened(request) as ports:
        yield ports


async def booked(
    ports: Ports, number: int = 1, *, patient_id: str = PATIENT, clinician: str = ADA
) -> Consultation:
    slot = a_slot(clinician=clinician)
    consultation = a_consultation(number, slot=slot, patient_id=patient_id)
    return await ports.consultations.record(consultation, Booked(slot))


async def test_a_consultation_is_kept_whole_and_published_at_each_step(ports: Ports) -> None:
    consultation = await booked(ports)
    held = await ports.consultations.record(consultation, Held(NOON, "usr_first"))
    assert await ports.consultations.get(consultation.id) == held
    assert await ports.consultations.newest_held(PATIENT) == held
    assert ports.published == ["ConsultationBooked", "ConsultationHeld"]


async def test_the_newest_consultation_held_is_the_last_in_time(ports: Ports) -> None:
    for number, days in ((1, 9), (2, 3)):
        slot = a_slot(NINE + timedelta(days=days))
        consultation = a_consultation(number, slot=slot)
        consultation = await ports.consultations.record(consultation, Booked(slot))
        await ports.consultations.record(consultation, Held(slot.ends_at, "usr_first"))
    newest = await ports.consultations.newest_held(PATIENT)
    assert newest is not None
    assert newest.id == "cns_1"


@pytest.mark.parametrize(
    ("patient_id", "clinician", "resource"),
    [("pat_2", ADA, "clinician"), (PATIENT, BEN, "patient"), ("clinician_x", ADA, "clinician")],
)
async def test_a_taken_clinician_or_patient_is_not_taken_again_and_is_named(
    ports: Ports, patient_id: str, clinician: str, resource: str
) -> None:
    await booked(ports)
    with pytest.raises(SlotTaken) as refused:
        await booked(ports, 2, patient_id=patient_id, clinician=clinician)
    at = NINE.astimezone(UTC)
    assert (refused.value.resource, refused.value.starts_at) == (resource, at)
    with pytest.raises(ConsultationNotFound):
        await ports.consultations.get("cns_2")
    assert ports.published == ["ConsultationBooked"]


async def test_others_at_the_same_time_are_free(ports: Ports) -> None:
    await booked(ports)
    await booked(ports, 2, patient_id="pat_2", clinician=BEN)
    assert ports.published == ["ConsultationBooked"] * 2


async def test_busy_times_are_found_within_the_stretch(ports: Ports) -> None:
    await booked(ports)
    at = NINE.astimezone(UTC)
    who = {ADA, BEN, PATIENT}
    busy = await ports.consultations.busy(who, since=NINE, until=TEN)
    assert busy == {(ADA, at), (PATIENT, at)}
    assert await ports.consultations.busy({BEN}, since=NINE, until=TEN) == set()
    assert await ports.consultations.busy(who, since=NINE - timedelta(hours=1), until=NINE) == set()
    assert await ports.consultations.busy(who, since=NINE + timedelta(1), until=LATER) == set()


async def test_a_consultation_that_moves_takes_the_new_time_and_gives_back_the_old(
    ports: Ports,
) -> None:
    consultation = await booked(ports)
    moved = await ports.consultations.record(consultation, Booked(a_slot(TEN)))
    assert await ports.consultations.get(consultation.id) == moved
    await booked(ports, 2)
    with pytest.raises(SlotTaken):
        await ports.consultations.record(moved, Booked(a_slot()))
    assert await ports.consultations.get(consultation.id) == moved


@pytest.mark.parametrize(
    ("fact", "is_free"),
    [(Cancelled("ill"), True), (Held(NOON, "usr_first"), False)],
    ids=["cancelled", "held"],
)
async def test_only_what_is_cancelled_gives_back_its_time(
    ports: Ports, fact: Fact, is_free: bool
) -> None:
    consultation = await booked(ports)
    await ports.consultations.record(consultation, fact)
    busy = await ports.consultations.busy({ADA}, since=NINE, until=TEN)
    assert (busy == set()) == is_free


async def test_the_second_of_two_who_change_a_consultation_is_refused(ports: Ports) -> None:
    consultation = await booked(ports)
    moved = await ports.consultations.record(consultation, Booked(a_slot(TEN)))
    with pytest.raises(Conflict):
        await ports.consultations.record(consultation, Cancelled("ill"))
    assert await ports.consultations.get(consultation.id) == moved
    at = TEN.astimezone(UTC)
    assert await ports.consultations.busy({ADA}, since=TEN, until=LATER) == {(ADA, at)}
