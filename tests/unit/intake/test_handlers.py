"""Intake as a whole, on ports in memory: what it does, publishes and promises."""

from datetime import timedelta

import pytest

from clinic_events import (
    ContactCardSealed,
    LocationPublished,
)
from clinic_events.testing import example
from clinic_intake.domain import enquiry as enquiries
from clinic_intake.domain.errors import (
    ConsentNotFound,
    ConsultationNotFound,
    EnquiryNotFound,
    LocationNotFound,
    MayBeDuplicate,
    PatientNotFound,
    RangeTooLong,
    SlotNotOffered,
    SlotTaken,
)
from clinic_intake.domain.patient import Changes, Patient
from clinic_platform.problems import StaleVersion
from clinic_platform.testing import NOON, caller_of
from tests.support.intake import (
    ADA,
    CONSENTS,
    CRISIS,
    FRONT_DESK,
    NINE,
    NURSE,
    PATIENT,
    PLACE,
    PRESCRIBER,
    Intake,
    a_contact,
    a_patient,
    an_enquiry,
    answers,
)

ELSEWHERE = caller_of("prescriber", "loc_elsewhere")


@pytest.fixture
def intake() -> Intake:
    return Intake()


async def enquired(intake: Intake) -> str:
    received = an_enquiry(9).receive(now=NOON)
    return (await intake.enquiries.record(an_enquiry(9), received)).id


async def convert(intake: Intake, enquiry_id: str, *others: str) -> Patient:
    return await intake.handlers.convert_enquiry(
        FRONT_DESK, enquiry_id, birth_date=None, not_a_duplicate_of=others
    )


async def test_a_possible_duplicate_is_offered_and_not_doubled(intake: Intake) -> None:
    enquiry_id = await enquired(intake)
    with pytest.raises(MayBeDuplicate) as refused:
        await convert(intake, enquiry_id)
    assert refused.value.candidates == [PATIENT]
    assert intake.enquiries.rows[enquiry_id].status is enquiries.Status.OPEN
    assert list(intake.patients.rows) == [PATIENT]


async def test_somebody_named_as_another_person_is_registered_and_that_is_kept(
    intake: Intake,
) -> None:
    enquiry_id = await enquired(intake)
    patient = await convert(intake, enquiry_id, PATIENT)
    assert intake.enquiries.rows[enquiry_id].not_a_duplicate_of == (PATIENT,)
    assert intake.enquiries.rows[enquiry_id].patient_id == patient.id
    assert intake.published == ["PatientRegistered", "ContactCardSealed"]


async def test_every_candidate_must_be_named(intake: Intake) -> None:
    intake.patients.rows["pat_2"] = a_patient(2)
    with pytest.raises(MayBeDuplicate):
        await convert(intake, await enquired(intake), "pat_2")


async def test_a_change_seals_a_new_card_and_registers_nobody_again(intake: Intake) -> None:
    changes = Changes(email="other@example.org")
    await intake.handlers.change_patient(NURSE, PATIENT, changes, expected=1)
    [card] = intake.outbox.published
    assert isinstance(card, ContactCardSealed)
    assert card.card_version == 2


async def test_a_change_of_something_older_is_refused(intake: Intake) -> None:
    with pytest.raises(StaleVersion) as refused:
        await intake.handlers.change_patient(NURSE, PATIENT, Changes(), expected=7)
    assert refused.value.current == 1


async def test_an_answer_about_self_harm_brings_the_help_of_the_place(intake: Intake) -> None:
    screening = await intake.screened(answers(self_harm_thoughts=True))
    assert await intake.handlers.crisis_text(screening) == CRISIS
    assert await intake.handlers.crisis_text(await intake.screened()) is None


async def test_every_consent_of_a_kind_is_withdrawn_and_none_twice(intake: Intake) -> None:
    await intake.consented(("messages", "messages"))
    assert len(await intake.handlers.withdraw_consent(NURSE, PATIENT, "messages")) == 2
    with pytest.raises(ConsentNotFound):
        await intake.handlers.withdraw_consent(NURSE, PATIENT, "messages")


async def test_a_new_crisis_line_of_a_place_is_kept(intake: Intake) -> None:
    published = example(LocationPublished, location_id=PLACE, location_version=2)
    await intake.handlers.note_location(published)
    place = await intake.places.find(PLACE)
    assert place is not None
    assert place.crisis.phone == published.crisis.phone


async def test_a_slot_that_is_taken_is_refused_with_the_nearest_that_are_free(
    intake: Intake,
) -> None:
    intake.patients.rows["pat_2"] = a_patient(2, contact=a_contact(name="Nobody Else"))
    book = intake.handlers.book_consultation
    await book(FRONT_DESK, PATIENT, clinician=ADA, starts_at=NINE)
    with pytest.raises(SlotTaken) as refused:
        await book(FRONT_DESK, "pat_2", clinician=ADA, starts_at=NINE)
    assert refused.value.conflicts == [{"kind": "clinician", "from": "2030-01-08T15:00:00+00:00"}]
    nearest = [alternative["starts_at"] for alternative in refused.value.alternatives]
    assert nearest == [
        "2030-01-08T15:30:00+00:00",
        "2030-01-08T16:00:00+00:00",
        "2030-01-08T16:30:00+00:00",
    ]


async def test_a_time_that_is_not_offered_is_refused_with_those_that_are(intake: Intake) -> None:
    at = NINE + timedelta(minutes=10)
    with pytest.raises(SlotNotOffered) as refused:
        await intake.handlers.book_consultation(FRONT_DESK, PATIENT, clinician=ADA, starts_at=at)
    assert refused.value.alternatives[0]["starts_at"] == "2030-01-08T15:00:00+00:00"


async def test_slots_are_those_that_are_free_and_still_to_come(intake: Intake) -> None:
    booked = await intake.handlers.book_consultation(
        FRONT_DESK, PATIENT, clinician=ADA, starts_at=NINE
    )
    intake.clock.move_to(NINE - timedelta(hours=1))
    since, until = NINE - timedelta(days=1), NINE + timedelta(hours=1)
    _, free = await intake.handlers.list_consultation_slots(
        FRONT_DESK, PLACE, since=since, until=until
    )
    assert [slot.starts_at for slot in free] == [NINE + timedelta(minutes=30)]
    await intake.handlers.cancel_consultation(FRONT_DESK, booked.id, "ill")
    _, free = await intake.handlers.list_consultation_slots(
        FRONT_DESK, PLACE, since=since, until=until
    )
    assert [slot.starts_at for slot in free] == [NINE, NINE + timedelta(minutes=30)]


@pytest.mark.parametrize("days", [-1, 0, 15])
async def test_slots_are_asked_for_in_stretches_of_up_to_two_weeks(
    intake: Intake, days: int
) -> None:
    with pytest.raises(RangeTooLong):
        await intake.handlers.list_consultation_slots(
            FRONT_DESK, PLACE, since=NOON, until=NOON + timedelta(days=days)
        )


async def test_things_of_another_place_are_not_found_like_absent_ones(intake: Intake) -> None:
    enquiry_id, handlers = await enquired(intake), intake.handlers
    booked = await handlers.book_consultation(FRONT_DESK, PATIENT, clinician=ADA, starts_at=NINE)
    for by, enquiry, patient, consultation, place in (
        (ELSEWHERE, enquiry_id, PATIENT, booked.id, PLACE),
        (PRESCRIBER, "enq_none", "pat_none", "cns_none", "loc_none"),
    ):
        with pytest.raises(EnquiryNotFound):
            await handlers.reached_enquiry(by, enquiry)
        with pytest.raises(PatientNotFound):
            await handlers.reached_patient(by, patient)
        with pytest.raises(ConsultationNotFound):
            await handlers.reached_consultation(by, consultation)
        with pytest.raises(LocationNotFound):
            await handlers.reached_place(by, place)


async def test_every_kind_of_consent_is_published(intake: Intake) -> None:
    await intake.consented()
    assert [getattr(event, "kind", None) for event in intake.outbox.published] == list(CONSENTS)
