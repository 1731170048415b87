"""What intake publishes can be read by the others: the card of a letter's address, the consents."""

import json
from datetime import timedelta

from clinic_events import ConsentGiven, ConsentWithdrawn, ContactCardSealed
from clinic_intake.domain.patient import Registered
from clinic_intake.publishing import of_patient
from clinic_notifications.domain.consents import ConsentState, standing
from clinic_notifications.domain.people import Contact
from clinic_notifications.handlers.learning import Learning
from clinic_platform.testing import NOON
from tests.support.intake import KEYS, NURSE, PATIENT, Intake, a_new_patient, a_patient
from tests.support.notifications import InMemoryConsents, InMemoryLocations, InMemoryPeople


def the_card() -> ContactCardSealed:
    _, card = of_patient(a_patient(), Registered(NOON), KEYS)
    assert isinstance(card, ContactCardSealed)
    return card


async def known_to_notifications(intake: Intake) -> ConsentState:
    """Whether its patient agrees to be written to, as far as notifications knows."""
    consents = InMemoryConsents()
    learning = Learning(InMemoryPeople(), InMemoryLocations(), consents)
    for event in intake.outbox.published:
        if isinstance(event, ConsentGiven):
            await learning.note_consent(event)
        if isinstance(event, ConsentWithdrawn):
            await learning.note_withdrawal(event)
    return standing(await consents.of_patient(PATIENT), intake.clock())


def test_a_card_opens_to_what_a_letter_is_addressed_by() -> None:
    opened = json.loads(KEYS.open(the_card().sealed, about=PATIENT))
    assert Contact.of(opened) == Contact(
        name="Testa", email="testa@example.org", language="en", zone="America/Chicago"
    )


def test_a_card_shows_nothing_while_it_is_sealed() -> None:
    sealed, contact = the_card().model_dump_json(), a_patient().contact
    assert not [word for word in (contact.name, contact.email, contact.phone) if word in sealed]


def test_a_birthday_is_not_published() -> None:
    patient = a_new_patient()
    assert patient.birth_date is not None
    opened = KEYS.open(the_card().sealed, about=PATIENT).decode()
    assert patient.birth_date.isoformat() not in opened


async def test_notifications_learns_that_a_patient_may_be_written_to_and_may_not_any_more() -> None:
    intake = Intake()
    await intake.consented()
    assert await known_to_notifications(intake) is ConsentState.GIVEN
    await intake.handlers.withdraw_consent(NURSE, PATIENT, "messages")
    assert await known_to_notifications(intake) is ConsentState.WITHDRAWN


async def test_notifications_learns_when_the_consent_to_messages_expires() -> None:
    intake = Intake()
    await intake.consented()
    intake.clock.move_to(NOON + timedelta(days=365))
    assert await known_to_notifications(intake) is ConsentState.ABSENT


async def test_other_consents_allow_no_letters() -> None:
    intake = Intake()
    await intake.consented(("treatment", "off_label_use", "driving"))
    assert await known_to_notifications(intake) is ConsentState.ABSENT
