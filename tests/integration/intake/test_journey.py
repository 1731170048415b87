"""From an enquiry to a clearance over HTTP, and what is published of it."""

import json
from dataclasses import asdict

from clinic_notifications.domain.people import Contact
from tests.support.answers import done
from tests.support.intake import CRISIS, a_contact, answers
from tests.support.intake.journey import (
    DECISION,
    an_enquirer,
    cleared,
    decided,
    enquired,
    prepared,
    registered,
    screened,
)
from tests.support.intake.server import Service

ALL_THAT_IS_PUBLISHED = [
    "intake.patient_registered.v1",
    "intake.contact_card_sealed.v1",
    "intake.screening_completed.v1",
    *["intake.consent_given.v1"] * 4,
    "intake.consultation_booked.v1",
    "intake.consultation_held.v1",
    "intake.patient_cleared.v1",
]


async def test_an_enquiry_becomes_a_patient_who_is_cleared(intake: Service) -> None:
    patient_id, clearance_id = await cleared(intake)
    published = await intake.published()
    assert [event["name"] for event in published] == ALL_THAT_IS_PUBLISHED
    assert {event["patient_id"] for event in published} == {patient_id}
    last = published[-1]
    assert (last["clearance_id"], last["protocol"]) == (clearance_id, "iv-ketamine-depression")
    [screening] = await intake.published("intake.screening_completed.v1")
    assert (screening["outcome"], last["screening_id"]) == ("clear", screening["screening_id"])
    kept = done(await intake.get(f"/v1/patients/{patient_id}/clearances", by="auditor"))
    assert [(row["id"], row["status"]) for row in kept["items"]] == [(clearance_id, "cleared")]
    assert kept["items"][0]["receipt"]["outcome"] == "pass"


async def test_nothing_of_an_enquiry_is_typed_again(intake: Service) -> None:
    enquiry_id = await enquired(intake, source="letter", preferred_channel="phone")
    converted = await intake.post(f"/v1/enquiries/{enquiry_id}/convert", by="front_desk")
    patient = done(converted)
    sent = an_enquirer()
    assert patient["contact"] == {
        name: sent[name] for name in ("name", "greeting_name", "email", "phone", "language")
    } | {"zone": a_contact().zone}
    assert (patient["source"], patient["preferred_channel"]) == ("letter", "phone")
    assert (patient["consent_to_contact"], patient["birth_date"]) == (True, None)
    assert converted.headers["etag"] == '"1"'
    again = await intake.post(f"/v1/enquiries/{enquiry_id}/convert", by="front_desk")
    assert (again.status_code, again.json()["code"]) == (409, "not_allowed")


async def test_an_enquiry_answers_with_the_help_of_its_place_and_nothing_that_was_sent(
    intake: Service,
) -> None:
    response = await intake.post("/v1/enquiries", an_enquirer())
    answer = done(response)
    assert answer["crisis"] == {"text": CRISIS.text, "phone": CRISIS.phone}
    assert set(answer) == {"id", "crisis"}
    assert await intake.published() == []


async def test_enquiries_are_listed_by_how_far_they_are(intake: Service) -> None:
    first, second = await enquired(intake), await enquired(intake)
    done(await intake.post(f"/v1/enquiries/{first}/convert", by="front_desk"))
    for status, expected in (("open", [second]), ("converted", [first])):
        listed = done(await intake.get("/v1/enquiries", by="front_desk", status=status))
        assert [enquiry["id"] for enquiry in listed["items"]] == expected
    elsewhere = await intake.get("/v1/enquiries", by="front_desk@loc_elsewhere")
    assert done(elsewhere)["items"] == []


async def test_enquiries_come_page_by_page(intake: Service) -> None:
    wanted = [await enquired(intake) for _ in range(3)]
    first = done(await intake.get("/v1/enquiries", by="front_desk", limit="2"))
    following = {"limit": "2", "after": first["after"]}
    second = done(await intake.get("/v1/enquiries", by="front_desk", **following))
    assert [row["id"] for row in (*first["items"], *second["items"])] == wanted


async def test_a_screening_is_kept_and_replays_to_the_same_answer(intake: Service) -> None:
    patient_id = await registered(intake)
    made = await screened(intake, patient_id, systolic=170, takes_lamotrigine=True)
    assert (made["outcome"], made["replays"], made["crisis"]) == ("review", True, None)
    found = {finding["rule"]: finding for finding in made["receipt"]["findings"]}
    assert set(found) == {"K-BP-2", "K-BP-3", "K-MED-LTG"}
    assert found["K-BP-2"]["facts"] == {"systolic": 170, "diastolic": 78}
    read = done(await intake.get(f"/v1/screenings/{made['id']}", by="auditor"))
    assert read == made


async def test_a_receipt_that_was_tampered_with_does_not_replay(intake: Service) -> None:
    made = await screened(intake, await registered(intake), current_mania=True)
    rows = intake.kit.database.collection("screenings")
    await rows.update_one({"_id": made["id"]}, {"$set": {"receipt.outcome": "clear"}})
    read = done(await intake.get(f"/v1/screenings/{made['id']}", by="auditor"))
    assert (read["outcome"], read["replays"]) == ("clear", False)


async def test_a_risky_screening_answers_with_the_help_of_its_place(intake: Service) -> None:
    patient_id = await registered(intake)
    made = await screened(intake, patient_id, self_harm_thoughts=True)
    assert made["crisis"] == {"text": CRISIS.text, "phone": CRISIS.phone}
    calm = await screened(intake, patient_id, self_harm_thoughts=None)
    assert (calm["outcome"], calm["crisis"]) == ("review", None)


async def test_the_age_is_taken_from_the_record(intake: Service) -> None:
    enquiry_id = await enquired(intake)
    body = {"birth_date": "2012-01-08"}  # eighteen tomorrow
    patient = done(await intake.post(f"/v1/enquiries/{enquiry_id}/convert", body, by="front_desk"))
    made = await screened(intake, patient["patient_id"])
    assert [finding["rule"] for finding in made["receipt"]["findings"]] == ["K-AGE-1"]


async def test_a_command_sent_twice_is_done_once(intake: Service) -> None:
    patient_id = await registered(intake)
    path = f"/v1/patients/{patient_id}/screenings"
    first, again = [await intake.post(path, answers(), by="nurse", key="same") for _ in range(2)]
    assert (first.status_code, again.json()) == (201, first.json())
    assert len(await intake.published("intake.screening_completed.v1")) == 1


async def test_a_contact_card_opens_to_exactly_what_letters_are_written_from(
    intake: Service,
) -> None:
    patient_id = await registered(intake)
    [event] = await intake.published("intake.contact_card_sealed.v1")
    card = json.loads(intake.kit.keys.open(event["sealed"], about=patient_id))
    read = Contact.of(card)
    zone = "America/Chicago"
    assert read == Contact(name="Testa", email="testa@example.org", language="en", zone=zone)
    assert card == {**asdict(read), "phone": "+1-555-0100"}  # the phone is for people
    assert event["card_version"] == 1


async def test_a_new_clearance_takes_the_place_of_the_one_before(intake: Service) -> None:
    patient_id, first = await cleared(intake)
    second = done(await decided(intake, patient_id))["id"]
    published = [event for event in await intake.published() if "clearance_id" in event]
    assert [(event["name"], event["clearance_id"]) for event in published] == [
        ("intake.patient_cleared.v1", first),
        ("intake.patient_cleared.v1", second),
        ("intake.clearance_ended.v1", first),
    ]
    assert published[-1]["reason"] == "superseded"


async def test_what_is_declined_or_deferred_is_kept_and_not_published(intake: Service) -> None:
    patient_id = await prepared(intake)
    for outcome in ("declined", "deferred"):
        answer = done(await decided(intake, patient_id, {**DECISION, "decision": outcome}))
        assert (answer["status"], answer["receipt"]) == (outcome, None)
    assert await intake.published("intake.patient_cleared.v1") == []
