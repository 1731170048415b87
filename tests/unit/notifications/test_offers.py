"""A time that is offered is one letter, of use as long as somebody can answer."""

from datetime import timedelta

import pytest

from clinic_events import MessageWithheld, OfferEnded, OfferMade
from clinic_events.testing import example
from clinic_platform.promises import Kept, Lapsed, Later
from clinic_platform.testing import NOON
from tests.support.notifications import EMAIL, LOCATION, PATIENT, Office

WHO = {"patient_id": PATIENT, "location_id": LOCATION, "offer_id": "ofr_1"}
LETTER = "ofr_1/offer"
ANSWER_BY = NOON + timedelta(hours=2)


def made(*, answer_by_hours: int = 2) -> OfferMade:
    return example(
        OfferMade,
        **WHO,
        starts_at=NOON + timedelta(days=1),
        made_at=NOON,
        answer_by=NOON + timedelta(hours=answer_by_hours),
        offer_version=1,
    )


def ended(outcome: str) -> OfferEnded:
    return example(OfferEnded, **WHO, outcome=outcome, offer_version=2)


@pytest.fixture
async def office() -> Office:
    office = Office()
    await office.knows()
    return office


async def test_an_offer_is_one_letter_however_often_it_is_received(office: Office) -> None:
    for _ in range(2):
        await office.handlers.planning.plan_offer(made())
    [row] = office.pending()
    assert (row.key, row.rule) == (LETTER, "offer-letters@1/offer")
    assert (row.due_at, row.useful_until) == (NOON, ANSWER_BY)


async def test_the_letter_says_when_it_is_and_until_when_to_call_and_not_what_for(
    office: Office,
) -> None:
    await office.handlers.planning.plan_offer(made())
    assert await office.keep(LETTER) == Kept()
    [letter] = office.mailer.letters
    assert letter.recipient == EMAIL
    words = " ".join(letter.wording.text.split())
    day = f"{NOON + timedelta(days=1):%A}"
    assert f"a time you are waiting for has become free: {day}" in words
    assert f"until {NOON:%A}" in words
    assert "call us at" in words


@pytest.mark.parametrize("outcome", ["accepted", "declined", "passed_on", "withdrawn"])
async def test_nobody_is_written_to_about_an_offer_that_has_ended(
    office: Office, outcome: str
) -> None:
    await office.handlers.planning.plan_offer(made())
    await office.handlers.planning.withdraw_offer(ended(outcome))
    await office.handlers.planning.plan_offer(made())  # received again, and too late
    assert office.pending() == []
    assert office.promises.rows[LETTER].reason == f"offer_{outcome}"


async def test_a_letter_that_would_come_after_its_answer_is_due_is_not_sent(
    office: Office,
) -> None:
    """It is night where the patient is."""
    await office.handlers.planning.plan_offer(made(answer_by_hours=14))
    office.clock.now = NOON + timedelta(hours=13)
    ending = await office.keep(LETTER)
    assert isinstance(ending, Lapsed), ending
    assert office.mailer.letters == []
    assert [type(event) for event in office.outbox.published] == [MessageWithheld]


async def test_at_night_it_waits_where_there_is_time_enough(office: Office) -> None:
    await office.handlers.planning.plan_offer(made(answer_by_hours=48))
    office.clock.now = NOON + timedelta(hours=13)
    assert isinstance(await office.keep(LETTER), Later)
