"""The wait-list at the service's door: a time that is free again goes to who waits, in order."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from clinic_events import ClearanceEnded
from clinic_events.testing import example
from clinic_sessions.domain.places.location import Notice
from tests.support.sessions import TOMORROW, a_location
from tests.support.sessions_waiting_room import (
    ANSWER_WITHIN,
    MORNING,
    OFFER_MADE,
    PRESCRIBER,
    WaitingRoom,
    a_waiting_room,
    done,
    refused,
)

LATER = TOMORROW + timedelta(hours=4)  # 13:00 in Chicago
NEXT_DAY = TOMORROW + timedelta(days=1)


@pytest.fixture
async def room(mongo_url: str) -> AsyncIterator[WaitingRoom]:
    async with a_waiting_room(mongo_url) as room:
        yield room


async def test_a_freed_time_is_offered_to_the_first_whom_it_suits_and_kept_for_them(
    room: WaitingRoom,
) -> None:
    session, _ = await room.is_full()
    afternoon = await room.waits(1, parts_of_day=["afternoon"])
    first, second = await room.waits(2, parts_of_day=["morning"]), await room.waits(3)
    await room.cancels(session)

    offer = await room.offered()

    assert (offer["waiting_id"], offer["status"]) == (first["id"], "open")
    assert (offer["starts_local"], offer["zone"]) == ("2030-01-08T09:00", "America/Chicago")
    assert offer["answer_by"] == (MORNING + ANSWER_WITHIN).isoformat().replace("+00:00", "Z")
    rival = {"plan_id": await room.plan(9), "starts_at": TOMORROW.isoformat()}
    refused(await room.post("/sessions", rival), 409, "slot_taken")
    [made] = await room.service.said(OFFER_MADE)
    assert set(made) == {
        "name",
        "offer_id",
        "patient_id",
        "location_id",
        "plan_id",
        "session_id",
        "starts_at",
        "ends_at",
        "made_at",
        "answer_by",
        "offer_version",
    }
    session_out = done(await room.post(f"/offers/{offer['id']}/accept"))
    assert (session_out["patient_id"], session_out["status"]) == ("pat_2", "booked")
    assert (await room.waiting(first))["status"] == "booked"
    assert (await room.get(f"/holds/{offer['hold_id']}"))["status"] == "confirmed"
    assert await room.offers() == []
    assert [(await room.waiting(one))["status"] for one in (afternoon, second)] == ["waiting"] * 2
    assert await room.told() == [("pat_2", "made"), ("pat_2", "accepted")]


async def test_a_clinicians_priority_comes_before_the_time_of_joining(room: WaitingRoom) -> None:
    session, _ = await room.is_full()
    first, urgent = await room.waits(1), await room.waits(2)
    path, body = f"/wait-list/{urgent['id']}/prioritise", {"level": 2, "reason": "symptoms_worse"}
    assert (await room.post(path, body)).status_code == 403
    told = done(await room.post(path, body, by=PRESCRIBER))
    assert (told["priority"]["level"], told["priority"]["by"]) == (2, "usr_eve")
    listed = await room.get("/wait-list?limit=1")
    rest = await room.get(f"/wait-list?after={listed['after']}")
    assert [one["id"] for one in (*listed["items"], *rest["items"])] == [urgent["id"], first["id"]]

    await room.cancels(session)

    assert (await room.offered())["waiting_id"] == urgent["id"]


async def test_what_is_declined_goes_to_the_next_and_is_not_offered_to_them_again(
    room: WaitingRoom,
) -> None:
    session, other = await room.is_full()
    first, second = await room.waits(1), await room.waits(2)
    await room.cancels(session)
    offer = await room.offered()
    declined = done(await room.post(f"/offers/{offer['id']}/decline"))
    assert declined["status"] == "declined"

    following = await room.offered()

    assert (following["waiting_id"], following["starts_at"]) == (second["id"], offer["starts_at"])
    refused(await room.post(f"/offers/{offer['id']}/accept"), 409, "offer_has_ended")
    await room.cancels(other)  # the same start, of another chair
    assert [one["id"] for one in await room.offers()] == [following["id"]]
    assert (await room.waiting(first))["status"] == "waiting"
    done(await room.post(f"/offers/{following['id']}/decline"))
    assert await room.offers() == []
    await room.books(9)
    await room.books(8)


async def test_what_nobody_answers_is_passed_on_until_nobody_is_left(room: WaitingRoom) -> None:
    session, _ = await room.is_full()
    await room.waits(1)
    await room.waits(2)
    await room.cancels(session)
    offer = await room.offered()

    await room.service.moves(MORNING + ANSWER_WITHIN)

    refused(await room.post(f"/offers/{offer['id']}/accept"), 409, "offer_has_ended")
    following = await room.offered()
    assert following["patient_id"] == "pat_2"
    await room.service.moves(MORNING + 2 * ANSWER_WITHIN)
    assert await room.offers() == []
    assert await room.told() == [
        ("pat_1", "made"),
        ("pat_1", "passed_on"),
        ("pat_2", "made"),
        ("pat_2", "passed_on"),
    ]
    await room.books(9)


async def test_a_booking_moves_to_an_earlier_time_and_what_it_leaves_is_offered(
    room: WaitingRoom,
) -> None:
    session, _ = await room.is_full()
    mine = await room.books(1, NEXT_DAY)
    await room.books(103, NEXT_DAY)
    mover = await room.waits(1, session_id=mine)
    await room.waits(2, **{"from": NEXT_DAY.isoformat()})
    await room.cancels(session)
    offer = await room.offered()
    assert (offer["waiting_id"], offer["session_id"]) == (mover["id"], mine)

    moved = done(await room.post(f"/offers/{offer['id']}/accept"))

    assert (moved["id"], moved["starts_local"]) == (mine, "2030-01-08T09:00")
    assert (await room.waiting(mover))["status"] == "moved"
    [change] = (await room.get(f"/sessions/{mine}/history"))["items"][1:]
    assert change["what"] == "rescheduled"
    following = await room.offered()
    assert (following["patient_id"], following["starts_local"]) == ("pat_2", "2030-01-09T09:00")
    rival = {"plan_id": await room.plan(9), "starts_at": TOMORROW.isoformat()}
    refused(await room.post("/sessions", rival), 409, "slot_taken")


async def test_a_start_that_is_no_earlier_or_beside_their_own_visit_is_not_offered(
    room: WaitingRoom,
) -> None:
    session, other = await room.is_full()
    await room.waits(101, session_id=session)
    await room.cancels(other)
    assert await room.offers() == []
    soon = TOMORROW + timedelta(hours=1)  # it would be in the way of itself
    mine = await room.books(1, soon)
    await room.waits(1, session_id=mine)
    await room.cancels(session)
    assert await room.offers() == []


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
    await room.books(2, NEXT_DAY)
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


async def test_what_the_spacing_forbids_is_not_offered(room: WaitingRoom) -> None:
    session, _ = await room.is_full()
    await room.books(1, NEXT_DAY)
    await room.waits(1)
    second = await room.waits(2)
    await room.cancels(session)
    assert (await room.offered())["waiting_id"] == second["id"]


async def test_a_time_that_becomes_free_at_night_is_offered_when_somebody_can_answer(
    room: WaitingRoom,
) -> None:
    session, _ = await room.is_full(NEXT_DAY)
    await room.waits(1)
    night = MORNING.replace(hour=4) + timedelta(days=1)  # 22:00 in Chicago
    await room.service.moves(night)
    await room.cancels(session)
    assert await room.offers() == []
    opens = MORNING.replace(hour=14) + timedelta(days=1)
    await room.service.moves(opens)
    assert (await room.offered())["answer_by"] == (opens + ANSWER_WITHIN).isoformat().replace(
        "+00:00", "Z"
    )


async def test_a_time_that_begins_before_the_answer_and_the_notice_is_not_offered(
    room: WaitingRoom,
) -> None:
    """By two hours of answering, it is 22 hours before the visit when the answer is due."""
    details = a_location(closed_on="nobody").details
    for hours, is_offered in ((22, True), (23, False)):
        session, other = await room.is_full()
        await room.describe(replace(details, notice=Notice(book_at_least_hours=hours)))
        waiting = await room.waits(hours)
        await room.cancels(session)
        assert bool(await room.offers()) is is_offered
        done(await room.post(f"/wait-list/{waiting['id']}/withdraw"))
        await room.cancels(other)


async def test_seats_of_a_hold_that_is_released_or_has_ended_are_offered(
    room: WaitingRoom,
) -> None:
    session, _ = await room.is_full()
    await room.cancels(session)
    wanted = {"plan_id": await room.plan(9), "starts_at": TOMORROW.isoformat()}
    hold = done(await room.post("/holds", wanted))
    first, second = await room.waits(1), await room.waits(2)
    done(await room.post(f"/holds/{hold['id']}/release"))
    assert (await room.offered())["waiting_id"] == first["id"]
    done(await room.post(f"/offers/{(await room.offered())['id']}/accept"))
    later = done(await room.post("/holds", {**wanted, "starts_at": LATER.isoformat()}))
    room.service.clock.move_to(MORNING + timedelta(minutes=11))
    assert (await room.get(f"/holds/{later['id']}"))["status"] == "expired"
    assert await room.offers() == []
    await room.books(8, LATER)  # whoever needs a seat notices
    assert (await room.offered())["waiting_id"] == second["id"]


async def test_the_hold_of_an_offer_is_answered_by_its_offer_alone(room: WaitingRoom) -> None:
    session, _ = await room.is_full()
    await room.waits(1)
    await room.cancels(session)
    offer = await room.offered()
    for verb in ("confirm", "release"):
        answer = await room.post(f"/holds/{offer['hold_id']}/{verb}")
        assert refused(answer, 409, "hold_is_offered")["current"] == offer["id"]
    held = {"plan_id": offer["plan_id"], "starts_at": TOMORROW.isoformat()}
    again = done(await room.post("/holds", held))
    assert (again["id"], again["expires_at"]) == (offer["hold_id"], offer["answer_by"])


async def test_an_acceptance_asks_again_whatever_a_booking_is_refused_for(
    room: WaitingRoom,
) -> None:
    """A closure that was made meanwhile: the offer stays, to be declined."""
    session, _ = await room.is_full()
    await room.waits(1)
    await room.cancels(session)
    offer = await room.offered()
    await room.describe(a_location(closed_on="tuesday").details)

    answer = refused(await room.post(f"/offers/{offer['id']}/accept"), 409, "not_bookable")

    assert answer["conflicts"][0]["kind"] == "hours"
    assert (await room.get(f"/offers/{offer['id']}"))["status"] == "open"
    assert await room.told() == [("pat_1", "made")]


async def test_the_same_key_accepts_once_and_is_told_the_same(room: WaitingRoom) -> None:
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


async def test_the_time_a_booking_or_a_repair_leaves_is_offered(room: WaitingRoom) -> None:
    moving, staying = await room.is_full()
    first, second = await room.waits(1), await room.waits(2)
    there = {"starts_at": NEXT_DAY.isoformat()}
    done(await room.post(f"/sessions/{moving}/reschedule", there))
    offer = await room.offered()
    assert (offer["waiting_id"], offer["starts_local"]) == (first["id"], "2030-01-08T09:00")
    done(await room.post(f"/offers/{offer['id']}/accept"))

    path = f"/plans/{await room.plan(102)}/repairs"
    away = {"from": TOMORROW.isoformat(), "until": NEXT_DAY.isoformat()}
    proposal = done(await room.post(path, {"away": [away]}))
    shown = {"away": [away], "fingerprint": proposal["fingerprint"]}
    done(await room.post(f"{path}/apply", shown))

    assert (await room.get(f"/sessions/{staying}"))["starts_at"] != TOMORROW.isoformat()
    following = await room.offered()
    assert (following["waiting_id"], following["starts_local"]) == (
        second["id"],
        "2030-01-08T09:00",
    )
