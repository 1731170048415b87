"""What a patient's erasure does at the doors of sessions: seats are given back, care goes on."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import pytest

from clinic_events import PatientCleared, PatientErased
from clinic_events.testing import example
from tests.support.answers import done, refused
from tests.support.sessions import NOON, TOMORROW
from tests.support.sessions_server import Service, a_sessions_service
from tests.support.sessions_waiting_room import WaitingRoom, a_waiting_room

DAYS: Final = tuple(TOMORROW + timedelta(days=days) for days in (0, 3, 7))
CANCELLED: Final = "sessions.session_cancelled.v1"


@pytest.fixture
async def room(mongo_url: str) -> AsyncIterator[WaitingRoom]:
    async with a_waiting_room(mongo_url) as room:
        yield room


@pytest.fixture
async def sessions(mongo_url: str) -> AsyncIterator[Service]:
    async with a_sessions_service(mongo_url) as service:
        yield service


async def erased(service: Service, number: int) -> None:
    """Handled as the consumer does it, and then once more."""
    event = example(
        PatientErased, patient_id=f"pat_{number}", location_id="loc_sample", erased_at=NOON
    )
    for _ in range(2):
        await service.kit.database.transaction(lambda: service.handlers.forget_patient(event))


async def test_all_that_was_planned_is_given_back_and_offered_to_who_waits(
    room: WaitingRoom,
) -> None:
    first = await room.books(1, DAYS[0])
    hold = {"plan_id": await room.plan(1), "starts_at": DAYS[1].isoformat()}
    held = done(await room.post("/holds", hold))
    waiting = await room.waits(1, session_id=first)
    await room.waits(2, session_id=None)

    await erased(room.service, 1)

    cancelled = [(e["session_id"], e["reason"]) for e in await room.service.published(CANCELLED)]
    assert cancelled == [(first, "patient_erased")]
    assert (await room.get(f"/holds/{held['id']}"))["status"] == "released"
    assert (await room.waiting(waiting))["status"] == "patient_erased"
    assert [offer["patient_id"] for offer in await room.offers()] == ["pat_2"]
    seats = room.service.kit.database.collection("taken_slots")
    assert await seats.count({"by.of": {"$in": [first, held["session_id"]]}}) == 0


async def test_every_command_that_names_their_plan_is_refused_with_one_answer(
    room: WaitingRoom,
) -> None:
    plan_id = await room.plan(1)
    await erased(room.service, 1)
    published = len(await room.service.published())
    booking = {"plan_id": plan_id, "starts_at": TOMORROW.isoformat()}
    for answer in (
        await room.post("/sessions", booking),
        await room.post("/holds", booking),
        await room.post("/wait-list", {"plan_id": plan_id}),
        await room.post(f"/plans/{plan_id}/series", {}),
        await room.service.get(
            f"/v1/slots?plan_id={plan_id}&from=2030-01-08T00:00:00Z&to=2030-01-09T00:00:00Z"
        ),
    ):
        refused(answer, 410, "patient_erased")
    assert len(await room.service.published()) == published


async def test_a_clearance_that_is_handled_after_the_erasure_brings_nobody_back(
    room: WaitingRoom,
) -> None:
    await erased(room.service, 1)
    cleared = example(
        PatientCleared,
        patient_id="pat_1",
        location_id="loc_sample",
        protocol="iv-ketamine-depression",
    )
    service = room.service
    await service.kit.database.transaction(lambda: service.handlers.start_plan(cleared))
    assert (await room.get("/plans?patient_id=pat_1"))["items"] == []
    assert await service.published("sessions.plan_started.v1") == []


async def test_who_is_on_the_chair_is_seen_to_until_the_end(sessions: Service) -> None:
    session = await sessions.booked()
    await sessions.dosed(session)

    await erased(sessions, 1)

    assert await sessions.published(CANCELLED) == []
    at = f"/v1/sessions/{session}"
    assert done(await sessions.get(at))["status"] == "dosing"
    done(await sessions.post(f"{at}/stop-dosing", {"reason": "as_planned"}))
    reason = {"reason": "transferred_to_hospital"}
    done(await sessions.post(f"{at}/abort", reason, by="prescriber:eve"))
    assert len(await sessions.published("sessions.session_aborted.v1")) == 1


@pytest.mark.parametrize("number", range(3))
async def test_whoever_books_at_the_same_moment_is_refused_or_cancelled(
    room: WaitingRoom, number: int
) -> None:
    booking = {"plan_id": await room.plan(1), "starts_at": TOMORROW.isoformat()}
    booked, _ = await asyncio.gather(room.post("/sessions", booking), erased(room.service, 1))
    assert booked.status_code in (201, 410), booked.text
    seats = room.service.kit.database.collection("taken_slots")
    assert await seats.count({}) == 0
    assert len(await room.service.published(CANCELLED)) == (booked.status_code == 201)
