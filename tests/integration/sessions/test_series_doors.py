"""A whole series at the door of the running service: all or nothing, the best part, and races."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest

from clinic_ctl.stack.stack import Stack
from clinic_platform.ids import new_id
from tests.support.sessions_desk import Desk, a_desk

STAFF = [{"name": f"nurse_{n}", "roles": ["nurse"]} for n in range(2)]
MORNINGS = {"parts_of_day": ["morning"]}


@pytest.fixture(scope="module")
async def desk(clinic: Stack) -> AsyncIterator[Desk]:
    chairs = [{"name": "chair_1", "room": "room_1"}]
    async with a_desk(clinic, {"chairs": chairs, "staff": STAFF}) as desk:
        yield desk


def starts(sessions: list[dict[str, Any]]) -> list[datetime]:
    return [datetime.fromisoformat(session["starts_at"]) for session in sessions]


async def booked(desk: Desk, plan: str) -> list[dict[str, Any]]:
    found = (await desk.get("/v1/sessions", plan_id=plan))["items"]
    return [session for session in found if session["status"] == "booked"]


async def cancel_all(desk: Desk, *plans: str) -> None:
    for plan in plans:
        for session in await booked(desk, plan):
            await desk.post(f"/v1/sessions/{session['id']}/cancel", {"reason": "test_is_over"})


async def test_a_series_is_booked_at_once_within_its_spacing_and_its_wishes(desk: Desk) -> None:
    [plan] = await desk.plans(1)
    answer = await desk.post(f"/v1/plans/{plan}/series", {**MORNINGS, "not_on": ["friday"]})
    assert answer.status_code == 201
    series = answer.json()
    assert [one["infusion_number"] for one in series["sessions"]] == [1, 2, 3, 4, 5, 6]
    assert (series["missing"], series["gaps"]) == (0, [])
    times = starts(series["sessions"])
    steps = [then - before for before, then in pairwise(times)]
    assert all(timedelta(hours=48) <= step <= timedelta(days=7) for step in steps)
    assert times[-1] - times[0] <= timedelta(days=21)
    assert all(one["starts_local"][11:] < "12:00" for one in series["sessions"])
    assert len(await booked(desk, plan)) == 6
    full = await desk.post(f"/v1/plans/{plan}/series")
    assert (full.status_code, full.json()["conflicts"]) == (409, [{"kind": "series_full"}])
    await cancel_all(desk, plan)


async def test_a_series_that_is_not_whole_books_nothing_unless_a_part_is_accepted(
    desk: Desk,
) -> None:
    [plan] = await desk.plans(1)
    since = desk.another_day()
    until = since + timedelta(days=5)
    short = {**MORNINGS, "from": since.isoformat(), "until": until.isoformat()}
    refused = await desk.post(f"/v1/plans/{plan}/series", short)
    body = refused.json()
    assert (refused.status_code, body["code"]) == (409, "series_incomplete")
    assert await booked(desk, plan) == []
    proposal = body["proposal"]
    assert proposal["missing"] + len(proposal["visits"]) == 6
    assert proposal["visits"]
    assert proposal["gaps"]
    assert all(gap["reasons"][0]["message"] for gap in proposal["gaps"])
    accepted = await desk.post(f"/v1/plans/{plan}/series", {**short, "accept_partial": True})
    assert accepted.status_code == 201
    assert starts(accepted.json()["sessions"]) == starts(proposal["visits"])
    assert accepted.json()["gaps"] == proposal["gaps"]
    await cancel_all(desk, plan)


async def test_the_same_key_books_one_series(desk: Desk) -> None:
    [plan] = await desk.plans(1)
    headers = {
        "Idempotency-Key": new_id("idk"),
        "Authorization": f"Bearer {desk.tokens['front_desk']}",
    }

    async def once() -> httpx.Response:
        body = {"how_many": 2}
        return await desk.http.post(f"/v1/plans/{plan}/series", json=body, headers=headers)

    first, again = await once(), await once()
    assert (first.status_code, again.json()) == (201, first.json())
    assert len(await booked(desk, plan)) == 2
    await cancel_all(desk, plan)


async def test_two_series_at_once_for_one_chair_are_both_whole_and_never_share_it(
    desk: Desk,
) -> None:
    plans = await desk.plans(4)
    answers = await asyncio.gather(
        *(desk.post(f"/v1/plans/{plan}/series", MORNINGS) for plan in plans)
    )
    whole = [answer.json()["sessions"] for answer in answers if answer.status_code == 201]
    assert len(whole) == 4
    taken = sorted(
        (one["starts_at"], one["ends_at"], one["chair"]) for series in whole for one in series
    )
    assert {chair for _, _, chair in taken} == {"chair_1"}
    assert all(before[1] <= then[0] for before, then in pairwise(taken))
    await cancel_all(desk, *plans)


async def test_two_series_of_one_plan_at_once_are_one(desk: Desk) -> None:
    [plan] = await desk.plans(1)
    path = f"/v1/plans/{plan}/series"
    answers = await asyncio.gather(*(desk.post(path) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert len(await booked(desk, plan)) == 6
    await cancel_all(desk, plan)


@pytest.mark.parametrize(
    "body",
    [
        {"how_many": 0},
        {"between": {"starts": "12:00", "ends": "09:00"}},
        {"parts_of_day": ["night"]},
        {"most_hours": 0},
    ],
    ids=str,
)
async def test_a_wish_that_cannot_be_read_is_refused(desk: Desk, body: dict[str, object]) -> None:
    [plan] = await desk.plans(1)
    refused = await desk.post(f"/v1/plans/{plan}/series", body)
    assert refused.status_code == 422


async def test_a_plan_of_another_location_is_not_there(desk: Desk) -> None:
    refused = await desk.post(f"/v1/plans/{new_id('pln')}/series")
    assert (refused.status_code, refused.json()["code"]) == (404, "plan_not_found")
