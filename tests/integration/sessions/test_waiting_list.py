"""The wait-list at the service's door: who is on it, in which order, and how one leaves it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from clinic_events import ClearanceEnded
from clinic_events.testing import example
from tests.support.answers import done, refused
from tests.support.sessions import TOMORROW
from tests.support.sessions_waiting_room import MORNING, PRESCRIBER, WaitingRoom, a_waiting_room

NEXT_DAY = TOMORROW + timedelta(days=1)


@pytest.fixture
async def room(mongo_url: str) -> AsyncIterator[WaitingRoom]:
    async with a_waiting_room(mongo_url) as room:
        yield room


async def test_a_clinicians_priority_comes_before_the_time_of_joining(room: WaitingRoom) -> None:
    session, _ = await room.is_full()
    first, urgent = await room.waits(1), await room.waits(2)
    path, body = f"/wait-list/{urgent['id']}/prioritise", {"level": 2, "reason": "symptoms_worse"}
    assert (await room.post(path, body)).status_code == 403
    entry = done(await room.post(path, body, by=PRESCRIBER))
    assert (entry["priority"]["level"], entry["priority"]["by"]) == (2, "usr_eve")
    listed = await room.get("/wait-list?limit=1")
    rest = await room.get(f"/wait-list?after={listed['after']}")
    assert [one["id"] for one in (*listed["items"], *rest["items"])] == [urgent["id"], first["id"]]

    await room.cancels(session)

    assert (await room.offered())["waiting_id"] == urgent["id"]


async def test_whoever_is_booked_otherwise_or_leaves_is_offered_nothing_more(
    room: WaitingRoom,
) -> None:
    session, _ = await room.is_full()
    first, second = await room.waits(1), await room.waits(2)
    third = await room.waits(3)
    await room.cancels(session)
    offer = await room.offered()
    assert offer["waiting_id"] == first["id"]
    left = done(await room.post(f"/wait-list/{first['id']}/withdraw"))
    assert left["status"] == "withdrawn"
    following = await room.offered()
    assert following["waiting_id"] == second["id"]
    await room.books(2, TOMORROW + timedelta(days=3))  # an offer counts for the spacing, too
    assert (await room.waiting(second))["status"] == "booked"
    assert (await room.get(f"/offers/{following['id']}"))["status"] == "withdrawn"
    assert (await room.offered())["waiting_id"] == third["id"]
    again = await room.post(f"/wait-list/{first['id']}/withdraw")
    assert refused(again, 409, "waiting_has_ended")["current"] == "withdrawn"


async def test_a_booking_that_begins_or_is_cancelled_waits_for_no_earlier_time(
    room: WaitingRoom,
) -> None:
    session = await room.books(1, NEXT_DAY)
    waiting = await room.waits(1, session_id=session)
    await room.cancels(session)
    assert (await room.waiting(waiting))["status"] == "booking_ended"
    other = await room.books(2, TOMORROW)
    arrived = await room.waits(2, session_id=other)
    await room.service.moves(TOMORROW)
    done(await room.post(f"/sessions/{other}/arrive"))
    assert (await room.waiting(arrived))["status"] == "booking_ended"


async def test_whose_clearance_ends_waits_no_longer(room: WaitingRoom) -> None:
    waiting = await room.waits(1)
    ended = example(ClearanceEnded, patient_id="pat_1", clearance_id="clr_1", ended_at=MORNING)
    handlers = room.service.handlers
    await room.service.kit.database.transaction(lambda: handlers.note_clearance_ended(ended))
    assert (await room.waiting(waiting))["status"] == "plan_ended"


async def test_a_plan_waits_once_and_again_when_its_entry_is_over(room: WaitingRoom) -> None:
    until = MORNING + timedelta(hours=1)
    first = await room.waits(1, until=until.isoformat())
    again = {"plan_id": first["plan_id"]}
    refused(await room.post("/wait-list", again), 409, "already_waiting")
    passed = {**again, "until": MORNING.isoformat()}
    refused(await room.post("/wait-list", passed), 422, "slot_has_passed")
    room.service.clock.move_to(until)
    second = done(await room.post("/wait-list", again))
    assert [(await room.waiting(one))["status"] for one in (first, second)] == [
        "expired",
        "waiting",
    ]
    assert [one["id"] for one in (await room.get("/wait-list"))["items"]] == [second["id"]]


async def test_a_plan_that_is_booked_to_the_end_waits_for_earlier_times_only(
    room: WaitingRoom,
) -> None:
    plan = await room.plan(1)
    series = done(await room.post(f"/plans/{plan}/series"))
    full = refused(await room.post("/wait-list", {"plan_id": plan}), 409, "not_bookable")
    assert full["conflicts"] == [{"kind": "series_full"}]
    last = series["sessions"][-1]["id"]
    assert (await room.waits(1, session_id=last))["session_id"] == last
    other = {"plan_id": await room.plan(2), "session_id": last}
    refused(await room.post("/wait-list", other), 404, "session_not_found")


async def test_the_same_key_accepts_once_and_is_answered_the_same(room: WaitingRoom) -> None:
    session, _ = await room.is_full()
    await room.waits(1)
    await room.cancels(session)
    path = f"/offers/{(await room.offered())['id']}/accept"
    answers = [await room.post(path, key="key-accept") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()


async def test_what_belongs_to_another_place_is_as_if_it_were_not_there(room: WaitingRoom) -> None:
    session, _ = await room.is_full()
    waiting = await room.waits(1)
    await room.cancels(session)
    offer = await room.offered()
    foreign = "front_desk:flo@loc_elsewhere"
    for path in ("/wait-list/{}/withdraw", "/offers/{}/accept", "/offers/{}/decline"):
        known = waiting["id"] if "wait-list" in path else offer["id"]
        answers = [
            (await room.post(path.format(one), by=foreign)).json() for one in (known, "unknown")
        ]
        assert [answer["status"] for answer in answers] == [404, 404]
        assert answers[0]["detail"] == answers[1]["detail"]
    for listed in ("/wait-list", "/offers"):
        assert (await room.get(listed, by=foreign))["items"] == []
    there = {"plan_id": waiting["plan_id"]}
    refused(await room.post("/wait-list", there, by=foreign), 404, "plan_not_found")


async def test_where_nobody_waits_nothing_is_promised(room: WaitingRoom) -> None:
    session, _ = await room.is_full()
    await room.cancels(session)
    rows = room.service.kit.database.collection("promises")
    assert await rows.count({"kind": "offer_freed_time"}) == 0
