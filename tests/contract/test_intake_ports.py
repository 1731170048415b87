"""The ports of intake keep their promises: in memory, and in MongoDB on both drivers."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from clinic_events.ports import DuplicateKey
from clinic_intake.domain.clearance import Clearance, Cleared, Ended, Ending, OverrideProposed
from clinic_intake.domain.consent import Consent, Given, Withdrawn
from clinic_intake.domain.contact import Contact, marks_of
from clinic_intake.domain.enquiry import Converted, Received
from clinic_intake.domain.errors import (
    ClearanceNotFound,
    Conflict,
    ConsultationNotFound,
    EnquiryNotFound,
    PatientNotFound,
    ScreeningNotFound,
)
from clinic_intake.domain.patient import DetailsChanged, Registered
from clinic_platform.testing import NOON
from tests.support.intake import (
    PATIENT,
    PLACE,
    SECOND,
    a_clearance,
    a_consent,
    a_contact,
    a_new_patient,
    a_place,
    a_risk,
    a_screening,
    an_enquiry,
    the_definitions,
)
from tests.support.intake.ports import KINDS, Ports, opened

LATER = NOON + timedelta(days=90)
RECEIPT = the_definitions().gates.decide({}, as_of=NOON)
CLEARED = Cleared(NOON, LATER, RECEIPT, None)


@pytest.fixture(params=KINDS)
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    async with opened(request) as ports:
        yield ports


async def cleared(ports: Ports, number: int = 1, *, patient_id: str = PATIENT) -> Clearance:
    return await ports.clearances.record(a_clearance(number, patient_id=patient_id), CLEARED)


async def given(ports: Ports, number: int = 1) -> Consent:
    return await ports.consents.record(a_consent(number), Given(NOON, LATER))


async def test_what_is_not_there_is_not_found(ports: Ports) -> None:
    assert await ports.places.find("loc_none") is None
    with pytest.raises(EnquiryNotFound):
        await ports.enquiries.get("enq_none")
    with pytest.raises(PatientNotFound):
        await ports.patients.get("pat_none")
    with pytest.raises(ScreeningNotFound):
        await ports.screenings.get("scr_none")
    with pytest.raises(ConsultationNotFound):
        await ports.consultations.get("cns_none")
    with pytest.raises(ClearanceNotFound):
        await ports.clearances.get("clr_none")


async def test_of_a_stranger_nothing_is_known(ports: Ports) -> None:
    assert await ports.screenings.newest_of("pat_none") is None
    assert await ports.consultations.newest_held("pat_none") is None
    assert await ports.consents.of_patient("pat_none") == []
    assert await ports.clearances.of_patient("pat_none") == []
    assert await ports.clearances.standing_of("pat_none") == []
    assert await ports.risks.open_of("pat_none") == []


async def test_an_older_version_of_a_place_changes_nothing(ports: Ports) -> None:
    await ports.places.note(a_place(version=2, zone="Europe/Berlin"))
    await ports.places.note(a_place(version=1))
    await ports.places.note(a_place(version=2))
    assert await ports.places.find(PLACE) == a_place(version=2, zone="Europe/Berlin")


async def test_an_enquiry_is_kept_whole_and_not_published(ports: Ports) -> None:
    received = await ports.enquiries.record(an_enquiry(), Received(NOON))
    converted = Converted(NOON, PATIENT, ("pat_2",))
    after = await ports.enquiries.record(received, converted)
    assert await ports.enquiries.get("enq_1") == after == received.after(converted)
    assert ports.published == []


async def test_of_two_with_one_id_there_is_one(ports: Ports) -> None:
    await ports.enquiries.record(an_enquiry(), Received(NOON))
    await given(ports)
    await cleared(ports)
    await ports.screenings.add(a_screening())
    with pytest.raises(Conflict):
        await ports.enquiries.record(an_enquiry(), Received(NOON))
    with pytest.raises(Conflict):
        await given(ports)
    with pytest.raises(Conflict):
        await cleared(ports)
    with pytest.raises(DuplicateKey):
        await ports.screenings.add(a_screening())
    assert ports.published == ["ConsentGiven", "PatientCleared", "ScreeningCompleted"]


async def test_a_patient_is_kept_whole_and_each_version_of_the_card_is_published(
    ports: Ports,
) -> None:
    patient = await ports.patients.record(a_new_patient(), Registered(NOON))
    assert await ports.patients.get(PATIENT) == patient
    contact = a_contact(email="other@example.org", greeting_name=None)
    after = await ports.patients.record(patient, DetailsChanged(contact, None, "sms"))
    assert await ports.patients.get(PATIENT) == after
    assert (after.contact, after.birth_date) == (contact, None)
    assert ports.published == ["PatientRegistered", "ContactCardSealed", "ContactCardSealed"]


async def test_the_second_of_two_who_change_a_patient_is_refused(ports: Ports) -> None:
    patient = await ports.patients.record(a_new_patient(), Registered(NOON))
    changed = DetailsChanged(a_contact(phone="555-0102"), None, "sms")
    after = await ports.patients.record(patient, changed)
    with pytest.raises(Conflict):
        await ports.patients.record(patient, changed)
    assert await ports.patients.get(PATIENT) == after
    assert len(ports.published) == 3


@pytest.mark.parametrize(
    "other",
    [
        a_contact(name="Nobody Else", phone="555-0199"),
        a_contact(name="Nobody Else", email="other@example.org"),
        a_contact(name="Testa Else", phone="555-0199", email="other@example.org"),
    ],
)
async def test_a_patient_who_shares_a_mark_is_found(ports: Ports, other: Contact) -> None:
    patient = a_new_patient()
    await ports.patients.record(patient, Registered(NOON))
    found = await ports.patients.with_marks(marks_of(other, patient.birth_date))
    assert found == [PATIENT]


async def test_a_patient_who_shares_no_mark_any_more_is_not_found(ports: Ports) -> None:
    patient = await ports.patients.record(a_new_patient(), Registered(NOON))
    before = patient.marks
    stranger = a_contact(name="Nobody Else", phone="555-0199", email="other@example.org")
    assert await ports.patients.with_marks(marks_of(stranger, patient.birth_date)) == []
    await ports.patients.record(patient, DetailsChanged(stranger, None, "email"))
    assert await ports.patients.with_marks(before) == []


async def test_those_who_share_a_mark_come_in_order(ports: Ports) -> None:
    for number in (2, 1):
        await ports.patients.record(a_new_patient(number), Registered(NOON))
    assert await ports.patients.with_marks(a_new_patient().marks) == ["pat_1", "pat_2"]


async def test_a_screening_is_kept_with_a_receipt_that_still_replays(ports: Ports) -> None:
    screening = a_screening(changed={"current_mania": True, "pregnant": None, "weight_kg": 82.25})
    await ports.screenings.add(screening)
    kept = await ports.screenings.get(screening.id)
    assert kept == screening
    assert kept.replays(the_definitions().shelf)
    assert ports.published == ["ScreeningCompleted"]


async def test_the_newest_screening_is_the_one_made_last(ports: Ports) -> None:
    for number in (1, 3, 2):
        await ports.screenings.add(a_screening(number))
    await ports.screenings.add(replace(a_screening(4), patient_id="pat_2"))
    newest = await ports.screenings.newest_of(PATIENT)
    assert newest is not None
    assert newest.id == "scr_3"


async def test_consents_are_kept_whole_and_come_the_newest_first(ports: Ports) -> None:
    first, second = await given(ports, 1), await given(ports, 2)
    await ports.consents.record(replace(a_consent(3), patient_id="pat_2"), Given(NOON, LATER))
    withdrawn = await ports.consents.record(first, Withdrawn(NOON, "usr_nurse"))
    assert await ports.consents.of_patient(PATIENT) == [second, withdrawn]
    assert ports.published == ["ConsentGiven"] * 3 + ["ConsentWithdrawn"]


async def test_a_consent_is_withdrawn_by_one_only(ports: Ports) -> None:
    consent = await given(ports)
    await ports.consents.record(consent, Withdrawn(NOON, "usr_nurse"))
    with pytest.raises(Conflict):
        await ports.consents.record(consent, Withdrawn(NOON, "usr_other"))
    assert ports.published == ["ConsentGiven", "ConsentWithdrawn"]


async def test_a_clearance_is_kept_whole_with_its_receipt(ports: Ports) -> None:
    proposed = await ports.clearances.record(
        a_clearance(), OverrideProposed(RECEIPT, "Invented words.")
    )
    assert await ports.clearances.get("clr_1") == proposed
    signed = Cleared(NOON, LATER, RECEIPT, SECOND.actor)
    after = await ports.clearances.record(proposed, signed)
    assert await ports.clearances.get("clr_1") == after
    assert ports.published == ["PatientCleared"]


async def test_a_clearance_that_ends_is_published(ports: Ports) -> None:
    clearance = await cleared(ports)
    ended = await ports.clearances.record(clearance, Ended(NOON, Ending.CONSENT_WITHDRAWN))
    assert await ports.clearances.get(clearance.id) == ended
    assert ended.ended_because is Ending.CONSENT_WITHDRAWN
    assert ports.published == ["PatientCleared", "ClearanceEnded"]


async def test_clearances_come_the_newest_first_and_those_that_stand_by_themselves(
    ports: Ports,
) -> None:
    first = await cleared(ports, 1)
    second = await ports.clearances.record(a_clearance(2), OverrideProposed(RECEIPT, "Words."))
    third = await cleared(ports, 3)
    await cleared(ports, 4, patient_id="pat_2")
    first = await ports.clearances.record(first, Ended(NOON, Ending.EXPIRED))
    declined = await ports.clearances.record(a_clearance(5), a_clearance(5).decline())
    assert await ports.clearances.of_patient(PATIENT) == [declined, third, second, first]
    assert await ports.clearances.standing_of(PATIENT) == [third, second]


async def test_the_second_of_two_who_end_a_clearance_is_refused(ports: Ports) -> None:
    clearance = await cleared(ports)
    await ports.clearances.record(clearance, Ended(NOON, Ending.EXPIRED))
    with pytest.raises(Conflict):
        await ports.clearances.record(clearance, Ended(NOON, Ending.WITHDRAWN))
    assert ports.published == ["PatientCleared", "ClearanceEnded"]


async def test_of_an_alert_only_the_newest_version_counts(ports: Ports) -> None:
    await ports.risks.note(a_risk(2, version=1))
    await ports.risks.note(a_risk(1, version=2))
    assert await ports.risks.open_of(PATIENT) == [a_risk(1, version=2), a_risk(2, version=1)]
    await ports.risks.note(a_risk(1, is_open=False, version=3))
    await ports.risks.note(a_risk(1, version=2))
    assert await ports.risks.open_of(PATIENT) == [a_risk(2, version=1)]
