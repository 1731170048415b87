"""Consultations over HTTP: offered, exclusive by the database, moved, cancelled and held."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.answers import done
from tests.support.intake import ADA, NINE
from tests.support.intake.journey import a_booking, consulted, registered, strangers
from tests.support.intake.server import Service

BEN = "clinician_ben"
BOOKED = "intake.consultation_booked.v1"
HALF_PAST = NINE + timedelta(minutes=30)


async def booked(intake: Service, patient_id: str, starts_at: datetime = NINE) -> str:
    """The id of a consultation."""
    body = a_booking(patient_id, starts_at=starts_at)
    return str(done(await intake.post("/v1/consultations", body, by="front_desk"))["id"])


async def starts_offered(intake: Service) -> list[str]:
    """When Ada is free on Tuesday morning, on the wall of the place."""
    about = {"from": "2030-01-08T15:00:00Z", "to": "2030-01-08T16:30:00Z"}
    path = "/v1/consultation-slots"
    found = done(await intake.get(path, by="nurse", location_id="loc_sample", **about))
    return [slot["starts_local"][11:16] for slot in found["items"] if slot["clinician"] == ADA]


async def test_of_twenty_who_want_one_slot_at_once_one_gets_it(intake: Service) -> None:
    bookings = [a_booking(patient_id) for patient_id in await strangers(intake, 20)]
    together = [intake.post("/v1/consultations", body, by="front_desk") for body in bookings]
    responses = await asyncio.gather(*together)
    codes = sorted(response.status_code for response in responses)
    assert codes == [201] + [409] * 19
    assert len(await intake.published(BOOKED)) == 1
    refused = next(response.json() for response in responses if response.status_code == 409)
    assert refused["code"] == "slot_taken"
    assert refused["conflicts"][0]["kind"] == "clinician"
    assert len(refused["alternatives"]) == 3


async def test_one_patient_is_not_in_two_places_at_once(intake: Service) -> None:
    patient_id = await registered(intake)
    at_noon = NINE + timedelta(hours=4)  # the only hour at which both offer something
    await booked(intake, patient_id, at_noon)
    second = a_booking(patient_id, clinician=BEN, starts_at=at_noon)
    refused = await intake.post("/v1/consultations", second, by="front_desk")
    assert (refused.status_code, refused.json()["code"]) == (409, "slot_taken")
    assert refused.json()["conflicts"][0]["kind"] == "patient"


async def test_what_is_moved_or_cancelled_is_free_again(intake: Service) -> None:
    patient_id = await registered(intake)
    assert await starts_offered(intake) == ["09:00", "09:30", "10:00"]
    path = f"/v1/consultations/{await booked(intake, patient_id)}"
    assert await starts_offered(intake) == ["09:30", "10:00"]
    moved = {"clinician": ADA, "starts_at": HALF_PAST.isoformat()}
    answer = done(await intake.post(f"{path}/reschedule", moved, by="front_desk"))
    assert (answer["status"], answer["version"]) == ("booked", 2)
    assert await starts_offered(intake) == ["09:00", "10:00"]
    cancelled = await intake.post(f"{path}/cancel", {"reason": "ill"}, by="front_desk")
    assert cancelled.json()["status"] == "cancelled"
    assert await starts_offered(intake) == ["09:00", "09:30", "10:00"]
    assert [event["consultation_version"] for event in await intake.published(BOOKED)] == [1, 2]
    [gone] = await intake.published("intake.consultation_cancelled.v1")
    assert gone["consultation_version"] == 3


async def test_a_move_that_is_refused_leaves_what_was_booked(intake: Service) -> None:
    first, second = await strangers(intake, 2)
    consultation_id = await booked(intake, first)
    await booked(intake, second, HALF_PAST)
    moved = {"clinician": ADA, "starts_at": HALF_PAST.isoformat()}
    path = f"/v1/consultations/{consultation_id}/reschedule"
    assert (await intake.post(path, moved, by="nurse")).status_code == 409
    assert await starts_offered(intake) == ["10:00"]
    assert len(await intake.published(BOOKED)) == 2


async def test_a_consultation_is_held_once_and_not_before_it_begins(intake: Service) -> None:
    path = f"/v1/consultations/{await booked(intake, await registered(intake))}"
    early = await intake.post(f"{path}/complete", by="nurse")
    assert (early.status_code, early.json()["code"]) == (409, "consultation_not_begun")
    intake.clock.move_to(NINE.astimezone(UTC))
    assert done(await intake.post(f"{path}/complete", by="nurse"))["status"] == "held"
    for verb, body in (("complete", {}), ("cancel", {"reason": "ill"})):
        refused = await intake.post(f"{path}/{verb}", body, by="nurse")
        assert (refused.status_code, refused.json()["allowed"]) == (409, [])


@pytest.mark.parametrize(
    ("clinician", "starts_at", "status", "code"),
    [
        (ADA, "2030-01-08T15:10:00Z", 409, "slot_not_offered"),  # between two slots
        (BEN, "2030-01-08T15:00:00Z", 409, "slot_not_offered"),  # not his hours
        ("clinician_nobody", "2030-01-08T15:00:00Z", 409, "slot_not_offered"),
        (ADA, "2030-01-07T12:00:00Z", 422, "slot_has_passed"),
        (ADA, "0001-01-01T00:00:00Z", 422, "unreadable_request"),
        (ADA, "9999-12-31T23:30:00Z", 422, "unreadable_request"),
    ],
)
async def test_a_time_that_is_not_offered_is_refused(
    intake: Service, clinician: str, starts_at: str, status: int, code: str
) -> None:
    patient_id = await registered(intake)
    body = {"patient_id": patient_id, "clinician": clinician, "starts_at": starts_at}
    refused = await intake.post("/v1/consultations", body, by="front_desk")
    assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_instead_of_what_is_not_offered_the_nearest_free_slots_are(intake: Service) -> None:
    patient_id = await registered(intake)
    await booked(intake, patient_id)
    body = a_booking(patient_id, starts_at=NINE + timedelta(minutes=10))
    refused = await intake.post("/v1/consultations", body, by="front_desk")
    starts = [slot["starts_at"] for slot in refused.json()["alternatives"]]
    assert starts == [
        (HALF_PAST + timedelta(minutes=30 * n)).astimezone(UTC).isoformat() for n in range(3)
    ]


@pytest.mark.parametrize(
    "about",
    [
        {"from": "2030-01-08T00:00:00Z", "to": "2030-02-08T00:00:00Z"},
        {"from": "2030-01-08T00:00:00Z", "to": "2030-01-08T00:00:00Z"},
        {"from": "2030-01-09T00:00:00Z", "to": "2030-01-08T00:00:00Z"},
        {"to": "2030-01-06T00:00:00Z"},
    ],
)
async def test_a_stretch_that_is_too_long_or_backwards_is_refused(
    intake: Service, about: dict[str, str]
) -> None:
    path = "/v1/consultation-slots"
    refused = await intake.get(path, by="nurse", location_id="loc_sample", **about)
    assert (refused.status_code, refused.json()["code"]) == (422, "range_too_long")


@pytest.mark.parametrize(
    "about", [{"from": "9999-12-31T00:00:00Z"}, {"to": "0001-01-01T00:00:00Z"}]
)
async def test_a_stretch_at_the_end_of_the_calendar_is_refused(
    intake: Service, about: dict[str, str]
) -> None:
    path = "/v1/consultation-slots"
    refused = await intake.get(path, by="nurse", location_id="loc_sample", **about)
    assert (refused.status_code, refused.json()["code"]) == (422, "unreadable_request")


async def test_slots_that_have_passed_are_not_offered(intake: Service) -> None:
    intake.clock.move_to((NINE + timedelta(minutes=5)).astimezone(UTC))
    assert await starts_offered(intake) == ["09:30", "10:00"]


async def test_a_held_consultation_is_published_with_its_time(intake: Service) -> None:
    patient_id = await registered(intake)
    held = await consulted(intake, patient_id)
    [event] = await intake.published("intake.consultation_held.v1")
    assert (event["consultation_id"], event["patient_id"]) == (held["id"], patient_id)
    assert datetime.fromisoformat(event["held_at"]) == HALF_PAST
