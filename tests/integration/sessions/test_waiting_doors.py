"""The wait-list at the service's door: a time that is free again goes to who waits, in order."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from clinic_sessions.app import hold_for
from tests.support.answers import done, refused
from tests.support.sessions import TOMORROW, a_location
from tests.support.sessions_waiting_room import (
    ANSWER_WITHIN,
    MORNING,
    OFFER_MADE,
    WaitingRoom,
    a_waiting_room,
)

LATER = TOMORROW + timedelta(hours=4)  # 13:00 in Chicago
NEXT_DAY = TOMORROW + timedelta(days=1)
HOLD_FOR = hold_for()


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
    [made] = await room.service.published(OFFER_MADE)
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
    assert await room.published_offers() == [("pat_2", "made"), ("pat_2", "accepted")]


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
    assert await room.published_offers() == [
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
    await room.books(8, LATER)  # whoever needs a seat notices
    assert (await room.offered())["waiting_id"] == second["id"]


async def test_a_freed_time_that_is_held_before_it_is_offered_is_offered_when_the_hold_runs_out(
    room: WaitingRoom,
) -> None:
    session, _ = await room.is_full()
    first = await room.waits(1)
    await room.cancels(session)
    wanted = {"plan_id": await room.plan(9), "starts_at": TOMORROW.isoformat()}
    done(await room.post("/holds", wanted))
    assert await room.offers() == [], "It is held: nothing suits anybody."
    await room.service.moves(MORNING + HOLD_FOR - timedelta(seconds=1))
    assert await room.offers() == []

    await room.service.moves(MORNING + HOLD_FOR)

    offer = await room.offered()
    assert (offer["waiting_id"], offer["starts_local"]) == (first["id"], "2030-01-08T09:00")


async def test_a_hold_that_ends_otherwise_is_not_offered_when_it_would_have_run_out(
    room: WaitingRoom,
) -> None:
    await room.waits(1)
    plans = [await room.plan(number) for number in (8, 9)]
    wanted = [{"plan_id": plan, "starts_at": TOMORROW.isoformat()} for plan in plans]
    confirmed, released = [done(await room.post("/holds", one)) for one in wanted]
    done(await room.post(f"/holds/{confirmed['id']}/confirm"))
    done(await room.post(f"/holds/{released['id']}/release"))
    offer = await room.offered()
    done(await room.post(f"/offers/{offer['id']}/decline"))
    assert await room.offers() == []
    second = await room.waits(2)
    await room.service.moves(MORNING + HOLD_FOR)
    assert await room.offers() == []
    assert (await room.waiting(second))["status"] == "waiting"


async def test_who_joins_while_a_time_is_held_is_offered_it_when_the_hold_runs_out(
    room: WaitingRoom,
) -> None:
    held = {"plan_id": await room.plan(9), "starts_at": TOMORROW.isoformat()}
    done(await room.post("/holds", held))
    waiting = await room.waits(1)
    await room.service.moves(MORNING + HOLD_FOR)
    assert (await room.offered())["waiting_id"] == waiting["id"]


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
    assert await room.published_offers() == [("pat_1", "made")]


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
