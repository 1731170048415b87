"""A patient who was erased is written to no more, in whatever order the events arrive."""

import pytest

from clinic_events import (
    ContactCardForgotten,
    ContactCardSealed,
    MessageWithheld,
    PatientErased,
    RiskRaised,
    SessionCompleted,
)
from clinic_events.testing import example
from clinic_notifications.domain.errors import PatientErased as Refused
from clinic_notifications.domain.errors import PatientNotFound
from clinic_notifications.domain.preferences import Choice
from clinic_platform.promises import Kept, State, Withdrawn
from clinic_platform.testing import NOON, caller_of
from tests.support.notifications import LOCATION, PATIENT, Office

WHO = {"patient_id": PATIENT, "location_id": LOCATION}
JOURNAL = "ses_1/journal-1"
ERASED = example(PatientErased, **WHO)
FORGOTTEN = ContactCardForgotten(patient_id=PATIENT)
CARD = example(ContactCardSealed, **WHO, card_version=99)
DESK = caller_of("front_desk", LOCATION)


@pytest.fixture
async def office() -> Office:
    office = Office()
    await office.knows()
    return office


async def complete(office: Office) -> None:
    completed = example(SessionCompleted, **WHO, session_id="ses_1", completed_at=NOON)
    await office.handlers.planning.plan_integration(completed)


async def deliver(office: Office, *events: object) -> None:
    for event in events:
        match event:
            case PatientErased():
                await office.handlers.erasing.forget_patient(event)
            case ContactCardForgotten():
                await office.handlers.erasing.forget_card(event)
            case ContactCardSealed():
                await office.handlers.learning.keep_card(event)


async def test_what_was_promised_is_withdrawn_with_its_reason(office: Office) -> None:
    await complete(office)
    assert office.promises.pending() != []

    await deliver(office, ERASED)

    assert office.promises.pending() == []
    ends = {(row.state, row.reason) for row in office.promises.rows.values()}
    assert ends == {(State.WITHDRAWN, "patient_erased")}


@pytest.mark.parametrize(
    "events",
    [
        [ERASED, FORGOTTEN],
        [FORGOTTEN, ERASED],
        [FORGOTTEN],
        [ERASED],
        [ERASED, CARD],
        [FORGOTTEN, CARD],
        [FORGOTTEN, CARD, ERASED, CARD],
        [ERASED, ERASED, CARD, FORGOTTEN, FORGOTTEN],
    ],
    ids=lambda events: "-".join(type(event).__name__ for event in events),
)
@pytest.mark.parametrize("is_known", [True, False])
async def test_no_card_comes_back_and_nothing_is_sent(events: list[object], is_known: bool) -> None:
    office = Office()
    await office.knows()
    if not is_known:
        office.people.rows.clear()

    await deliver(office, *events)
    await complete(office)  # an event that comes late promises letters all the same

    assert await office.keep(JOURNAL) == Withdrawn("patient_erased")
    assert office.mailer.letters == []
    card = await office.people.find(PATIENT)
    assert card is not None
    assert card.is_erased
    [withheld] = [event for event in office.outbox.published if isinstance(event, MessageWithheld)]
    assert withheld.reason == "patient_erased"


async def test_an_alert_about_them_still_reaches_the_one_on_call(office: Office) -> None:
    await office.handlers.planning.alert_on_call(
        example(RiskRaised, **WHO, alert_id="alr_1", raised_at=NOON)
    )
    await deliver(office, ERASED, FORGOTTEN)
    [alert] = office.promises.pending()
    assert await office.keep(alert.key) == Kept()


async def test_nothing_can_be_chosen_for_them_and_what_they_chose_is_gone(office: Office) -> None:
    choosing = office.handlers.choosing
    choices = [Choice("reminders", "email", wanted=False)]
    await choosing.set_preferences(PATIENT, choices, opted_out=False, expected=0, by=DESK)
    await deliver(office, ERASED)
    assert (await choosing.preferences(PATIENT, by=DESK)).choices == {}
    with pytest.raises(Refused):
        await choosing.set_preferences(PATIENT, [], opted_out=True, expected=0, by=DESK)
    with pytest.raises(PatientNotFound):
        await choosing.preferences(PATIENT, by=caller_of("front_desk", "loc_elsewhere"))
