"""Erasing a patient at the door: what goes, what stays, what refuses it, what is published."""

import asyncio
from collections.abc import Mapping
from typing import Final

import pytest

from clinic_events import (
    DosingStarted,
    Event,
    RiskClosed,
    RiskRaised,
    SessionAborted,
    SessionBooked,
    SessionCancelled,
)
from clinic_events.ports import Document
from clinic_events.testing import example
from tests.support.answers import done, refused
from tests.support.intake.journey import (
    BORN,
    a_booking,
    an_enquirer,
    cleared,
    decided,
    enquired,
    registered,
    screened,
)
from tests.support.intake.server import Service

ADMIN: Final = "location_admin"
WISH: Final = {"reason": "patient_wish", "requested_by": "patient"}
ALL: Final = {**WISH, "end_episode": True}
ERASED, FORGOTTEN = "intake.patient_erased.v1", "intake.contact_card_forgotten.v1"
WORDS: Final = ("testa sample", "testa@", "example.org", "555-01", "55501", BORN, "two medicines")


async def everything_kept(intake: Service) -> str:
    """But for the answers to commands, which grow old by themselves, and the sealed cards."""
    kept: tuple[str, ...] = (
        "patients",
        "enquiries",
        "registration_queues",
        "visits",
        "consents",
        "screenings",
    )
    kept += ("consultations", "taken_slots", "clearances", "promises", "audit")
    rows = [await intake.kit.database.collection(name).find({}) for name in kept]
    return str(rows).lower()


async def erase(
    intake: Service, patient_id: str, wish: Mapping[str, object] = ALL, *, key: str | None = None
) -> Document:
    return done(await intake.post(f"/v1/patients/{patient_id}/erase", wish, by=ADMIN, key=key))


async def test_the_identity_is_gone_and_the_decisions_stay(intake: Service) -> None:
    patient_id, _ = await cleared(intake)
    screening = (await screened(intake, patient_id))["id"]
    before = await everything_kept(intake)
    assert [word for word in WORDS if word not in before] == []

    answer = await erase(intake, patient_id)

    assert answer == {
        "patient_id": patient_id,
        "location_id": "loc_sample",
        "erased_at": intake.clock().isoformat().replace("+00:00", "Z"),
        "reason": "patient_wish",
        "requested_by": "patient",
    }
    after = await everything_kept(intake)
    assert [word for word in WORDS if word in after] == []
    at = f"/v1/patients/{patient_id}"
    assert done(await intake.get(f"/v1/screenings/{screening}", by="auditor"))["replays"]
    assert len(done(await intake.get(f"{at}/consents", by="auditor"))["items"]) == 4
    [kept] = done(await intake.get(f"{at}/clearances", by="auditor"))["items"]
    assert (kept["status"], kept["ended_because"]) == ("ended", "patient_erased")
    assert done(await intake.get("/v1/enquiries", by="front_desk"))["items"] == []


async def test_the_erasure_is_published_with_the_tombstone_of_the_card(intake: Service) -> None:
    patient_id, clearance_id = await cleared(intake)
    await erase(intake, patient_id)

    ended, erased, forgotten = (await intake.published())[-3:]
    assert (ended["name"], ended["clearance_id"]) == ("intake.clearance_ended.v1", clearance_id)
    assert ended["reason"] == "patient_erased"
    assert erased.keys() == {"name", "patient_id", "location_id", "erased_at"}
    assert (erased["name"], erased["patient_id"]) == (ERASED, patient_id)
    assert forgotten == {"name": FORGOTTEN}
    outbox = intake.kit.database.collection("outbox")
    [row] = await outbox.find({"topic": "clinic.contacts", "value": None})
    assert row["key"] == patient_id.encode()


async def test_requests_about_an_erased_patient_get_one_clear_answer_and_change_nothing(
    intake: Service,
) -> None:
    patient_id = await registered(intake)
    await erase(intake, patient_id)
    before = len(await intake.published())
    at = f"/v1/patients/{patient_id}"
    consent = {"kind": "treatment", "document_version": 1, "language": "en"}
    for answer in (
        await intake.get(at, by="front_desk"),
        await intake.patch(at, {"language": "de"}, by="nurse", version='"2"'),
        await intake.post("/v1/consultations", a_booking(patient_id), by="front_desk"),
        await intake.post(f"{at}/consents", consent, by="nurse"),
        await intake.post(f"{at}/legal-hold", {"basis": "complaint"}, by=ADMIN),
        await decided(intake, patient_id),
    ):
        refused(answer, 410, "patient_erased")
    assert len(await intake.published()) == before


async def test_asked_again_it_is_answered_alike_and_the_tombstone_alone_is_published_again(
    intake: Service,
) -> None:
    """Under the same key it is the same request, and under another one it is a new wish."""
    patient_id = await registered(intake)
    first = await erase(intake, patient_id, key="once")
    assert await erase(intake, patient_id, key="once") == first
    assert len(await intake.published(FORGOTTEN)) == 1
    other = {"reason": "retention_over", "requested_by": "clinic"}
    assert await erase(intake, patient_id, other) == first
    assert len(await intake.published(ERASED)) == 1
    assert len(await intake.published(FORGOTTEN)) == 2
    outbox = intake.kit.database.collection("outbox")
    last = (await outbox.find({"topic": "clinic.contacts"}, sort=[("at", 1)]))[-1]
    assert (last["key"], last["value"]) == (patient_id.encode(), None)


async def test_an_erased_patient_who_comes_again_is_a_new_one(intake: Service) -> None:
    first = await registered(intake)
    await erase(intake, first)
    assert await registered(intake) != first


async def test_what_is_planned_is_shown_first_and_ends_with_the_record(intake: Service) -> None:
    patient_id, clearance_id = await cleared(intake)
    at = (await free_start(intake)).replace("Z", "+00:00")
    booking = {**a_booking(patient_id), "starts_at": at}
    consultation = done(await intake.post("/v1/consultations", booking, by="front_desk"))["id"]
    await intake.deliver(a_visit(SessionBooked, patient_id, 1))

    path = f"/v1/patients/{patient_id}/erase"
    answer = refused(await intake.post(path, WISH, by=ADMIN), 409, "episode_open")
    assert answer["conflicts"] == [
        {"kind": "booked_session", "id": "ses_1"},
        {"kind": "consultation", "id": consultation},
        {"kind": "clearance", "id": clearance_id},
    ]
    assert answer["allowed"] == ["end_episode"]
    assert await intake.published(ERASED) == []

    await erase(intake, patient_id)
    [cancelled] = await intake.published("intake.consultation_cancelled.v1")
    assert cancelled["consultation_id"] == consultation
    assert await free_start(intake) == at.replace("+00:00", "Z")
    assert await intake.kit.promises.next_due_at() is None


async def free_start(intake: Service) -> str:
    query = {"location_id": "loc_sample"}
    slots = done(await intake.get("/v1/consultation-slots", by="nurse", **query))["items"]
    return str(slots[1]["starts_at"])  # the first begins this minute


def a_visit(kind: type[Event], patient_id: str, version: int) -> Event:
    return example(kind, session_id="ses_1", patient_id=patient_id, session_version=version)


async def test_a_patient_under_care_is_not_erased_whatever_is_wished(
    intake: Service,
) -> None:
    patient_id = await registered(intake)
    alert = {"alert_id": "alr_1", "patient_id": patient_id}
    await intake.deliver(
        example(RiskRaised, **alert, alert_version=1),
        a_visit(SessionBooked, patient_id, 1),
        a_visit(DosingStarted, patient_id, 5),
    )
    path = f"/v1/patients/{patient_id}/erase"
    answer = refused(await intake.post(path, ALL, by=ADMIN), 409, "care_under_way")
    assert answer["conflicts"] == [
        {"kind": "risk_alert", "id": "alr_1"},
        {"kind": "live_session", "id": "ses_1"},
    ]
    await intake.deliver(
        example(RiskClosed, **alert, alert_version=2),
        a_visit(SessionAborted, patient_id, 6),
        a_visit(SessionBooked, patient_id, 1),
    )
    done(await intake.post(path, WISH, by=ADMIN))


async def test_a_visit_whose_cancellation_arrives_before_its_booking_is_over(
    intake: Service,
) -> None:
    patient_id = await registered(intake)
    await intake.deliver(
        a_visit(SessionCancelled, patient_id, 2),
        a_visit(SessionBooked, patient_id, 1),
    )
    [visit] = await intake.kit.database.collection("visits").find({})
    assert (visit["state"], visit["version"]) == ("over", 2)
    assert (await erase(intake, patient_id, WISH))["patient_id"] == patient_id


async def test_a_legal_hold_forbids_it_until_it_is_lifted(intake: Service) -> None:
    patient_id = await registered(intake)
    at = f"/v1/patients/{patient_id}"
    refused(await intake.post(f"{at}/legal-hold/lift", by=ADMIN), 409, "no_legal_hold")
    held = done(await intake.post(f"{at}/legal-hold", {"basis": "litigation"}, by=ADMIN))
    assert held["basis"] == "litigation"
    refused(
        await intake.post(f"{at}/legal-hold", {"basis": "complaint"}, by=ADMIN),
        409,
        "legal_hold_stands",
    )
    answer = refused(await intake.post(f"{at}/erase", ALL, by=ADMIN), 409, "legal_hold_stands")
    assert answer["current"] == "litigation"
    assert await intake.published(ERASED) == []
    lifted = done(await intake.post(f"{at}/legal-hold/lift", by="org_admin"))
    assert (lifted["basis"], lifted["since"]) == (None, None)
    await erase(intake, patient_id)


async def test_the_audit_says_who_erased_whom_and_why(intake: Service) -> None:
    patient_id = await registered(intake)
    await erase(intake, patient_id)
    entries = await intake.kit.audit.of_object(patient_id)
    done_by = [(e.actor, e.reason) for e in entries if e.action == "erase_patient"]
    assert done_by == [("usr_testa", "patient_wish")]


@pytest.mark.parametrize("number", range(3))
async def test_a_booking_at_the_same_moment_is_refused_or_cancelled(
    intake: Service, number: int
) -> None:
    patient_id = await registered(intake)
    booking = a_booking(patient_id)
    booked, erased = await asyncio.gather(
        intake.post("/v1/consultations", booking, by="front_desk"),
        intake.post(f"/v1/patients/{patient_id}/erase", ALL, by=ADMIN),
    )
    done(erased)
    left = await intake.handlers.consultations.booked_of(patient_id)
    assert (booked.status_code in (201, 410), left) == (True, [])


async def test_an_enquiry_of_somebody_else_stays_as_it_is(intake: Service) -> None:
    patient_id = await registered(intake)
    other = await enquired(intake, **{**an_enquirer(), "email": "testo@example.org"})
    await erase(intake, patient_id)
    [shown] = done(await intake.get("/v1/enquiries", by="front_desk"))["items"]
    assert (shown["id"], shown["contact"]["email"]) == (other, "testo@example.org")
