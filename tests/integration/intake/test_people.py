"""Who is thought to be one person, and what a version guards."""

import asyncio
from typing import Final

import pytest

from tests.support.answers import done
from tests.support.intake.journey import BORN, enquired, registered
from tests.support.intake.server import Service

# Somebody who shares with Testa Sample only what a test gives them.
NOBODY: Final = {
    "name": "Noname Stranger",
    "greeting_name": None,
    "email": "stranger@example.org",
    "phone": "+1-555-0142",
}


@pytest.mark.parametrize(
    "shared",
    [{"email": "TESTA@example.org"}, {"phone": "+1 (555) 0100"}, {"name": "Other SAMPLE"}],
    ids=["email", "phone", "birth date and a word of the name"],
)
async def test_a_possible_duplicate_is_given_no_second_record_unless_named_as_another_person(
    intake: Service, shared: dict[str, object]
) -> None:
    known = await registered(intake)
    enquiry_id = await enquired(intake, **{**NOBODY, **shared})
    path = f"/v1/enquiries/{enquiry_id}/convert"
    refused = await intake.post(path, {"birth_date": BORN}, by="front_desk")
    assert (refused.status_code, refused.json()["code"]) == (409, "may_be_duplicate")
    assert refused.json()["candidates"] == [known]
    named = {"birth_date": BORN, "not_a_duplicate_of": [known]}
    assert (await intake.post(path, named, by="front_desk")).status_code == 201
    assert len(await intake.published("intake.patient_registered.v1")) == 2


async def test_naming_the_wrong_candidate_does_not_help(intake: Service) -> None:
    known = await registered(intake)
    path = f"/v1/enquiries/{await enquired(intake)}/convert"
    refused = await intake.post(path, {"not_a_duplicate_of": ["pat_other"]}, by="front_desk")
    assert (refused.status_code, refused.json()["candidates"]) == (409, [known])


async def test_a_birth_date_alone_makes_nobody_a_candidate(intake: Service) -> None:
    await registered(intake)
    path = f"/v1/enquiries/{await enquired(intake, **NOBODY)}/convert"
    assert (await intake.post(path, {"birth_date": BORN}, by="front_desk")).status_code == 201


async def test_of_many_conversions_of_one_person_at_once_one_registers(intake: Service) -> None:
    enquiries = [await enquired(intake) for _ in range(5)]
    together = [
        intake.post(f"/v1/enquiries/{enquiry_id}/convert", {"birth_date": BORN}, by="front_desk")
        for enquiry_id in enquiries
    ]
    responses = await asyncio.gather(*together)
    codes = sorted(response.status_code for response in responses)
    assert codes == [201, 409, 409, 409, 409], [response.text for response in responses]
    assert len(await intake.published("intake.patient_registered.v1")) == 1


async def test_a_change_needs_the_version_that_was_read(intake: Service) -> None:
    path = f"/v1/patients/{await registered(intake)}"
    change = {"phone": "+1-555-0166"}
    for version, status in ((None, 428), ('"7"', 412), ("1", 428), ('"1"', 200), ('"1"', 412)):
        response = await intake.patch(path, change, by="front_desk", version=version)
        assert response.status_code == status, (version, response.text)
    read = await intake.get(path, by="nurse")
    assert read.headers["etag"] == '"2"'
    contact = read.json()["contact"]
    assert (contact["phone"], contact["name"]) == ("+1-555-0166", "Testa Sample")


async def test_every_change_of_a_patient_seals_a_new_card(intake: Service) -> None:
    path = f"/v1/patients/{await registered(intake)}"
    done(await intake.patch(path, {"language": "de"}, by="nurse", version='"1"'))
    cards = await intake.published("intake.contact_card_sealed.v1")
    assert [card["card_version"] for card in cards] == [1, 2]


async def test_of_two_changes_of_one_version_at_once_one_is_refused(intake: Service) -> None:
    path = f"/v1/patients/{await registered(intake)}"
    together = [
        intake.patch(path, {"language": language}, by="nurse", version='"1"')
        for language in ("de", "fr")
    ]
    responses = await asyncio.gather(*together)
    assert sorted(response.status_code for response in responses) == [200, 412]


async def test_a_command_sent_four_times_at_once_is_done_once_and_answered_four_times(
    intake: Service,
) -> None:
    path = f"/v1/enquiries/{await enquired(intake)}/convert"
    body = {"birth_date": BORN}
    sent = (intake.post(path, body, by="front_desk", key="k-four") for _ in range(4))
    answers = await asyncio.gather(*sent)

    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.content for answer in answers}) == 1
    replayed = [answer.headers.get("idempotent-replayed") for answer in answers]
    assert replayed.count("true") == 3
    assert len(await intake.published("intake.patient_registered.v1")) == 1
    converted = {"action": "convert_enquiry"}
    assert await intake.kit.database.collection("audit").count(converted) == 1
