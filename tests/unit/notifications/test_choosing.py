"""What is chosen about letters, who may see it, and what is known of consent."""

from datetime import timedelta

import pytest

from clinic_events import ConsentGiven, ConsentWithdrawn, ContactCardSealed, LocationPublished
from clinic_events.testing import example
from clinic_notifications.domain.consents import ConsentState, standing
from clinic_notifications.domain.errors import (
    MessageHasEnded,
    PatientNotFound,
    StaleVersion,
    UnknownCategory,
    UnknownChannel,
)
from clinic_notifications.domain.preferences import Choice, Layer
from clinic_notifications.domain.quiet_hours import QuietHours
from clinic_platform.auth import Caller
from clinic_platform.testing import NOON, caller_of
from tests.support.notifications import LOCATION, PATIENT, Office, a_card, a_consent, a_message

NURSE = caller_of("nurse", LOCATION)
NO_JOURNAL = Choice("integration", "email", False)


async def decided(office: Office) -> dict[str, tuple[bool, Layer]]:
    choosing = office.handlers.choosing
    preferences = await choosing.preferences(PATIENT, by=NURSE)
    answers = await choosing.answers(preferences)
    return {answer.category: (answer.wanted, answer.decided_by) for answer in answers}


async def test_without_a_choice_the_defaults_hold() -> None:
    office = Office()
    await office.knows()

    assert await decided(office) == {
        "reminders": (True, Layer.DEFAULT),
        "surveys": (True, Layer.DEFAULT),
        "check_in": (True, Layer.DEFAULT),
        "integration": (True, Layer.DEFAULT),
        "alerts": (True, Layer.CRITICAL),
    }


async def test_a_choice_is_read_back_with_the_layer_that_decided() -> None:
    office = Office()
    await office.knows()

    await office.handlers.choosing.set_preferences(
        PATIENT, [NO_JOURNAL], opted_out=False, expected=0, by=NURSE
    )

    answers = await decided(office)
    assert answers["integration"] == (False, Layer.PATIENT)
    assert answers["reminders"] == (True, Layer.DEFAULT)


async def test_opting_out_decides_all_but_the_critical() -> None:
    office = Office()
    await office.knows()

    await office.handlers.choosing.set_preferences(
        PATIENT, [], opted_out=True, expected=0, by=NURSE
    )

    layers = {layer for category, layer in (await decided(office)).items() if category != "alerts"}
    assert layers == {(False, Layer.OPT_OUT)}


async def test_without_a_consent_integration_is_not_wanted() -> None:
    office = Office()
    await office.people.keep(a_card())

    assert (await decided(office))["integration"] == (False, Layer.CONSENT)


async def test_a_choice_made_on_an_old_version_is_refused() -> None:
    office = Office()
    await office.knows()
    choosing = office.handlers.choosing
    await choosing.set_preferences(PATIENT, [], opted_out=True, expected=0, by=NURSE)

    with pytest.raises(StaleVersion) as refusal:
        await choosing.set_preferences(PATIENT, [], opted_out=False, expected=0, by=NURSE)

    assert refusal.value.current == 1


@pytest.mark.parametrize(
    ("choice", "refusal"),
    [
        (Choice("alerts", "email", False), UnknownCategory),
        (Choice("weather", "email", True), UnknownCategory),
        (Choice("surveys", "pigeon", True), UnknownChannel),
    ],
)
async def test_only_what_can_be_chosen_is_taken(choice: Choice, refusal: type[Exception]) -> None:
    office = Office()
    await office.knows()

    with pytest.raises(refusal):
        await office.handlers.choosing.set_preferences(
            PATIENT, [choice], opted_out=False, expected=0, by=NURSE
        )


@pytest.mark.parametrize(
    ("patient_id", "by"),
    [
        ("pat_absent", NURSE),
        (PATIENT, caller_of("nurse", "loc_elsewhere")),
        (PATIENT, caller_of("patient", LOCATION, actor="pat_another")),
    ],
)
async def test_a_foreign_patient_and_an_absent_one_are_refused_alike(
    patient_id: str, by: Caller
) -> None:
    office = Office()
    await office.knows()

    with pytest.raises(PatientNotFound, match=r"^There is no such patient\.$"):
        await office.handlers.choosing.preferences(patient_id, by=by)


async def test_a_patient_reads_their_own() -> None:
    office = Office()
    await office.knows()
    themselves = caller_of("patient", LOCATION, actor=PATIENT)

    preferences = await office.handlers.choosing.preferences(PATIENT, by=themselves)

    assert preferences.revision == 0


async def test_the_newest_card_counts_whatever_comes_last() -> None:
    office = Office()
    who = {"patient_id": PATIENT, "location_id": LOCATION}
    for version in (2, 1):
        card = example(ContactCardSealed, **who, card_version=version, sealed=f"k.{version}")
        await office.handlers.learning.keep_card(card)

    assert office.people.rows[PATIENT].sealed == "k.2"


async def test_a_location_is_kept_with_its_quiet_hours() -> None:
    office = Office()
    quiet = {"starts": "21:30", "ends": "07:15"}
    published = example(LocationPublished, location_id=LOCATION, quiet_hours=quiet)

    await office.handlers.learning.keep_location(published)

    assert office.locations.rows[LOCATION].quiet_hours == QuietHours.parse("21:30", "07:15")


@pytest.mark.parametrize("withdrawn_first", [True, False])
async def test_a_withdrawn_consent_stays_withdrawn_in_either_order(withdrawn_first: bool) -> None:
    office = Office()
    learning = office.handlers.learning
    about = {"consent_id": "con_1", "patient_id": PATIENT, "kind": "messages"}
    given, withdrawn = example(ConsentGiven, **about), example(ConsentWithdrawn, **about)

    if withdrawn_first:
        await learning.note_withdrawal(withdrawn)
        await learning.note_consent(given)
    else:
        await learning.note_consent(given)
        await learning.note_withdrawal(withdrawn)

    assert standing(await office.consents.of_patient(PATIENT), NOON) is ConsentState.WITHDRAWN


async def test_a_consent_to_something_else_says_nothing_about_letters() -> None:
    office = Office()

    await office.handlers.learning.note_consent(example(ConsentGiven, kind="driving"))

    assert office.consents.rows == {}


def test_an_expired_consent_is_none() -> None:
    expired = a_consent(expires_at=NOON - timedelta(seconds=1))

    assert standing([expired], NOON) is ConsentState.ABSENT


def test_one_consent_that_holds_is_enough() -> None:
    withdrawn = a_consent(withdrawn_at=NOON - timedelta(days=3))

    assert standing([withdrawn, a_consent(id="con_2")], NOON) is ConsentState.GIVEN


def test_a_message_that_was_sent_is_not_withheld_any_more() -> None:
    message = a_message()
    sent = message.after(message.send(template_version=1, uncertain=False, now=NOON))

    with pytest.raises(MessageHasEnded):
        sent.withhold("too_late", uncertain=False, now=NOON)
