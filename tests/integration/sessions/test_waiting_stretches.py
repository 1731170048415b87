"""The wait-list at the service's door: which start of a freed stretch is offered, and to movers."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from clinic_sessions.domain.places.location import Notice
from tests.support.answers import done, refused
from tests.support.sessions import TOMORROW, a_location
from tests.support.sessions_waiting_room import WaitingRoom, a_waiting_room, seats_are_whole

HOUR = timedelta(hours=1)
NEXT_DAY = TOMORROW + timedelta(days=1)
VISIT = 2 * HOUR
OPENS = TOMORROW - HOUR  # 08:00 in Chicago


@pytest.fixture
async def room(mongo_url: str) -> AsyncIterator[WaitingRoom]:
    async with a_waiting_room(mongo_url) as room:
        yield room


async def free_starts(room: WaitingRoom, number: int) -> list[datetime]:
    """Of the day, as the front desk is shown them."""
    since, until = (OPENS.strftime("%Y-%m-%dT%H:%M:%SZ"), NEXT_DAY.strftime("%Y-%m-%dT%H:%M:%SZ"))
    plan = await room.plan(number)
    slots = await room.get(f"/slots?plan_id={plan}&from={since}&to={until}")
    return [datetime.fromisoformat(slot["starts_at"]) for slot in slots["items"] if slot["chair"]]


@pytest.mark.parametrize(
    ("after", "wishes"),
    [
        ((), {}),
        ((), {"between": {"starts": "08:00", "ends": "08:45"}}),
        ((3,), {"between": {"starts": "09:30", "ends": "12:00"}}),
        ((2,), {"between": {"starts": "09:30", "ends": "12:00"}}),
        ((), {"parts_of_day": ["afternoon"]}),
        ((), {"until": (TOMORROW - timedelta(minutes=20)).isoformat()}),
        ((), {"from": (TOMORROW + timedelta(minutes=20)).isoformat()}),
    ],
)
async def test_the_start_is_offered_that_looking_at_all_that_is_free_finds(
    room: WaitingRoom, after: tuple[int, ...], wishes: dict[str, object]
) -> None:
    """Of two chairs, one stays taken all day, and the other a few hours after what is freed."""
    for hours in (-1, 1, 3, 5, 7):
        await room.books(200 + hours, TOMORROW + hours * HOUR, chair="chair_2")
    session = await room.books(1, TOMORROW, chair="chair_1")
    for hours in after:
        await room.books(100 + hours, TOMORROW + hours * HOUR, chair="chair_1")
    await room.waits(2, **wishes)
    await room.cancels(session)
    suiting = [at for at in await free_starts(room, 2) if would_do(at, wishes)]
    suiting.sort(key=lambda at: (at != TOMORROW, at))

    offers = await room.offers()

    assert [datetime.fromisoformat(one["starts_at"]) for one in offers] == suiting[:1]


def would_do(at: datetime, wishes: dict[str, object]) -> bool:
    """A part of the stretch, and as they wish it: reckoned without the code that is tested."""
    wall = f"{at - 6 * HOUR:%H:%M}"  # winter in Chicago
    between = wishes.get("between", {"starts": "00:00", "ends": "24:00"})
    assert isinstance(between, dict)
    since, until = (datetime.fromisoformat(str(wishes.get(n, at))) for n in ("from", "until"))
    return (
        TOMORROW - VISIT < at < TOMORROW + VISIT
        and between["starts"] <= wall < between["ends"]
        and ("parts_of_day" not in wishes or wall >= "12:00")
        and since <= at
        and ("until" not in wishes or at < until)
    )


async def test_whoever_declines_one_start_of_a_stretch_is_not_asked_about_another(
    room: WaitingRoom,
) -> None:
    """And the next is asked about the one that suits them."""
    session, _ = await room.is_full()
    await room.waits(1)
    late = await room.waits(2, between={"starts": "10:00", "ends": "12:00"})
    await room.cancels(session)
    offer = await room.offered()
    assert offer["starts_local"] == "2030-01-08T09:00"
    done(await room.post(f"/offers/{offer['id']}/decline"))

    following = await room.offered()

    assert following["waiting_id"] == late["id"]
    assert following["starts_local"] == "2030-01-08T10:00"
    done(await room.post(f"/offers/{following['id']}/decline"))
    assert await room.offers() == []
    booked = await room.books(9)
    await room.cancels(booked)
    assert await room.offers() == [], "A stretch that is freed again is the same time."


async def test_a_later_start_of_a_stretch_is_offered_where_its_own_is_too_soon(
    room: WaitingRoom,
) -> None:
    """It is 22 hours before the freed visit when the answer is due."""
    details = a_location(closed_on="nobody").details
    for hours, starts in ((22, ["09:00"]), (23, ["10:00"]), (24, [])):
        session, other = await room.is_full()
        await room.describe(replace(details, notice=Notice(book_at_least_hours=hours)))
        waiting = await room.waits(hours)
        await room.cancels(session)
        assert [one["starts_local"][-5:] for one in await room.offers()] == starts
        done(await room.post(f"/wait-list/{waiting['id']}/withdraw"))
        await room.describe(details)
        await room.cancels(other)


async def test_whoever_would_be_earlier_is_offered_a_start_beside_their_own_visit(
    room: WaitingRoom,
) -> None:
    """From ten to nine: what they have themselves is not in their way, and stays theirs."""
    session, other = await room.is_full()
    await room.cancels(other)
    mine = await room.books(1, TOMORROW + HOUR)
    mover = await room.waits(1, session_id=mine)
    await room.cancels(session)
    offer = await room.offered()
    assert (offer["waiting_id"], offer["starts_local"]) == (mover["id"], "2030-01-08T09:00")
    await seats_are_whole(room)

    moved = done(await room.post(f"/offers/{offer['id']}/accept"))

    assert (moved["id"], moved["starts_local"]) == (mine, "2030-01-08T09:00")
    assert (await room.waiting(mover))["status"] == "moved"
    await seats_are_whole(room)
    await room.books(8, TOMORROW)
    rival = {"plan_id": await room.plan(9), "starts_at": TOMORROW.isoformat()}
    refused(await room.post("/sessions", rival), 409, "slot_taken")


async def test_what_is_declined_beside_their_own_visit_leaves_them_their_own(
    room: WaitingRoom,
) -> None:
    session, other = await room.is_full()
    await room.cancels(other)
    mine = await room.books(1, TOMORROW + HOUR)
    await room.waits(1, session_id=mine)
    await room.cancels(session)
    done(await room.post(f"/offers/{(await room.offered())['id']}/decline"))
    assert (await room.get(f"/sessions/{mine}"))["starts_local"] == "2030-01-08T10:00"
    await seats_are_whole(room)
    await room.books(8)


async def test_an_offer_that_stood_on_their_own_visit_is_withdrawn_when_that_is_moved_away(
    room: WaitingRoom,
) -> None:
    session, other = await room.is_full()
    await room.cancels(other)
    mine = await room.books(1, TOMORROW + HOUR)
    mover, next_one = await room.waits(1, session_id=mine), await room.waits(2)
    await room.cancels(session)
    offer = await room.offered()

    later = {"starts_at": NEXT_DAY.isoformat()}
    done(await room.post(f"/sessions/{mine}/reschedule", later))

    assert (await room.get(f"/offers/{offer['id']}"))["status"] == "withdrawn"
    assert (await room.waiting(mover))["status"] == "waiting"
    assert next_one["id"] in {one["waiting_id"] for one in await room.offers()}
    await seats_are_whole(room)


async def test_a_start_that_is_no_earlier_is_not_offered_to_whoever_has_a_visit(
    room: WaitingRoom,
) -> None:
    session, other = await room.is_full(OPENS)
    await room.waits(101, session_id=session)
    await room.cancels(other)
    assert await room.offers() == []
