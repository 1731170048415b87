"""Answers and ends of offers that meet in one moment: each ends once, each time is had once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from clinic_platform.promises import Due, Kept, Promise, Withdrawn
from tests.support.answers import done
from tests.support.sessions import NOON, TOMORROW
from tests.support.sessions_waiting_room import (
    OFFER_ENDED,
    WaitingRoom,
    a_waiting_room,
    seats_are_whole,
)


@pytest.fixture
async def room(mongo_url: str) -> AsyncIterator[WaitingRoom]:
    async with a_waiting_room(mongo_url) as room:
        yield room


def outcomes(offers: list[tuple[str, str]]) -> list[str]:
    return [outcome for _, outcome in offers if outcome != "made"]


async def test_of_many_who_accept_at_once_one_succeeds(room: WaitingRoom) -> None:
    session, _ = await room.is_full()
    await room.waits(1)
    await room.cancels(session)
    path = f"/offers/{(await room.offered())['id']}/accept"

    answers = await asyncio.gather(*(room.post(path) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 7]
    assert outcomes(await room.published_offers()) == ["accepted"]
    booked = (await room.get("/sessions"))["items"]
    assert len([one for one in booked if one["patient_id"] == "pat_1"]) == 1


async def test_an_answer_and_the_end_of_its_time_that_meet_end_an_offer_one_way(
    room: WaitingRoom,
) -> None:
    session, _ = await room.is_full()
    await room.waits(1)
    await room.cancels(session)
    offer = await room.offered()
    service, over_at = room.service, datetime.fromisoformat(offer["answer_by"])
    due = Due(promise=passing_on(offer["id"], over_at), now=over_at, attempt=1)
    handlers, database = service.handlers, service.kit.database

    answer, ending = await asyncio.gather(
        room.post(f"/offers/{offer['id']}/accept"),
        database.transaction(lambda: handlers.pass_offer_on(due)),
    )

    ended = [event["outcome"] for event in await service.published(OFFER_ENDED)]
    if answer.status_code == 200:
        assert (ending, ended) == (Withdrawn("accepted"), ["accepted"])
    else:
        assert (answer.status_code, ending, ended) == (409, Kept(), ["passed_on"])
    chairs = await database.collection("taken_slots").find(
        {"_id.at": TOMORROW, "_id.resource": {"$regex": "/place/"}}
    )
    assert len(chairs) == (2 if answer.status_code == 200 else 1)


async def test_one_visit_that_two_cancel_is_offered_once(room: WaitingRoom) -> None:
    session, _ = await room.is_full()
    await room.waits(1)
    await room.waits(2)
    path = f"/sessions/{session}/cancel"

    answers = await asyncio.gather(*(room.post(path, {"reason": "ill"}) for _ in range(2)))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(await room.offers()) == 1


async def test_two_visits_cancelled_at_once_are_offered_to_two(room: WaitingRoom) -> None:
    both = await room.is_full()
    for number in (1, 2, 3):
        await room.waits(number)

    await asyncio.gather(*(room.cancels(session) for session in both))

    assert {offer["patient_id"] for offer in await room.offers()} == {"pat_1", "pat_2"}


async def test_of_two_who_put_one_plan_on_the_list_one_does(room: WaitingRoom) -> None:
    plan = {"plan_id": await room.plan(1)}
    answers = await asyncio.gather(*(room.post("/wait-list", plan) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_a_time_that_somebody_books_meanwhile_is_had_by_one(room: WaitingRoom) -> None:
    session, _ = await room.is_full()
    await room.waits(1)
    await room.cancels(session)
    rival = {"plan_id": await room.plan(9), "starts_at": TOMORROW.isoformat()}

    answer, _ = await asyncio.gather(room.post("/sessions", rival), room.settles())

    offers = await room.offers()
    assert len(offers) == (0 if answer.status_code == 201 else 1)
    if offers:
        done(await room.post(f"/offers/{offers[0]['id']}/accept"))


@pytest.mark.parametrize("other", ["cancel", "reschedule"])
async def test_an_answer_and_a_change_of_the_visit_it_stands_beside_leave_every_seat_whole(
    room: WaitingRoom, other: str
) -> None:
    """What is offered to a mover has some of its seats from the visit that they have."""
    session, second = await room.is_full()
    await room.cancels(second)
    mine = await room.books(1, TOMORROW + timedelta(hours=1))
    await room.waits(1, session_id=mine)
    await room.cancels(session)
    offer = await room.offered()
    later = (TOMORROW + timedelta(hours=4)).isoformat()
    body = {"reason": "ill"} if other == "cancel" else {"starts_at": later}

    await asyncio.gather(
        room.post(f"/offers/{offer['id']}/accept"),
        room.post(f"/sessions/{mine}/{other}", body),
        room.post(f"/sessions/{mine}/{other}", body),
    )

    await room.settles()
    assert outcomes(await room.published_offers())[0] in {"accepted", "withdrawn"}
    await seats_are_whole(room)


async def test_an_offer_beside_a_visit_that_is_moved_meanwhile_has_every_seat_or_is_none(
    room: WaitingRoom,
) -> None:
    session, second = await room.is_full()
    await room.cancels(second)
    mine = await room.books(1, TOMORROW + timedelta(hours=1))
    await room.waits(1, session_id=mine)
    await room.cancels(session)
    later = {"starts_at": (TOMORROW + timedelta(hours=4)).isoformat()}

    await asyncio.gather(room.settles(), room.post(f"/sessions/{mine}/reschedule", later))

    await seats_are_whole(room)
    await room.settles()
    await seats_are_whole(room)


def passing_on(offer_id: str, at: datetime) -> Promise:
    return Promise(
        key=f"pass_offer_on/{offer_id}",
        kind="pass_offer_on",
        about=offer_id,
        person="pat_1",
        rule="booking@2/answer_minutes",
        why="evt_1",
        due_at=at,
        useful_until=at.replace(year=NOON.year + 1),
        facts={"offer_id": offer_id},
    )
