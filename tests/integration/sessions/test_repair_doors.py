"""Repairs at the door of the running service: shown, then applied whole or not at all."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from clinic_ctl.stack.stack import Stack
from tests.support.sessions_desk import Desk, a_desk

STAFF = [{"name": "nurse_ada", "roles": ["nurse"]}]
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
async def desk(clinic: Stack) -> AsyncIterator[Desk]:
    chairs = [{"name": "chair_1", "room": "room_1"}]
    async with a_desk(clinic, {"chairs": chairs, "staff": STAFF}) as desk:
        yield desk


async def a_series(desk: Desk, number: int = 4) -> tuple[str, list[dict[str, Any]]]:
    [plan] = await desk.plans(1)
    series = await desk.post(f"/v1/plans/{plan}/series", {"how_many": number})
    assert series.status_code == 201
    sessions: list[dict[str, Any]] = series.json()["sessions"]
    return plan, sessions


async def booked(desk: Desk, plan: str) -> dict[str, datetime]:
    found = (await desk.get("/v1/sessions", plan_id=plan))["items"]
    return {
        session["id"]: datetime.fromisoformat(session["starts_at"])
        for session in found
        if session["status"] == "booked"
    }


async def cancel_all(desk: Desk, plan: str) -> None:
    for session_id in await booked(desk, plan):
        await desk.post(f"/v1/sessions/{session_id}/cancel", {"reason": "test_is_over"})


def start_of(session: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(session["starts_at"])


def moved_to(proposal: dict[str, Any]) -> datetime:
    """The one visit."""
    [visit] = proposal["visits"]
    return datetime.fromisoformat(visit["after"]["starts_at"])


def around(session: dict[str, Any], before: timedelta, after: timedelta) -> dict[str, object]:
    start = start_of(session)
    since, until = (at.isoformat() for at in (start - before, start + after))
    return {"away": [{"from": since, "until": until}]}


async def test_an_illness_moves_the_visits_under_their_ids_and_within_the_spacing(
    desk: Desk,
) -> None:
    """All of them, each to where the next one was: one chair, one nurse."""
    plan, sessions = await a_series(desk)
    before = await booked(desk, plan)
    ill = around(sessions[0], 3 * DAY, DAY)
    shown = (await desk.post(f"/v1/plans/{plan}/repairs", ill)).json()
    assert await booked(desk, plan) == before
    assert [visit["session_id"] for visit in shown["visits"]] == [one["id"] for one in sessions]
    assert shown["visits"][0]["why"] == "The patient cannot come then."

    path = f"/v1/plans/{plan}/repairs/apply"
    applied = await desk.post(path, {**ill, "fingerprint": shown["fingerprint"]})

    assert (applied.status_code, applied.json()["visits"]) == (200, shown["visits"])
    after = await booked(desk, plan)
    proposed = {one["session_id"]: one["after"]["starts_at"] for one in shown["visits"]}
    assert after == {key: datetime.fromisoformat(start) for key, start in proposed.items()}
    assert after.keys() == before.keys()
    assert after != before
    steps = [then - last for last, then in pairwise(sorted(after.values()))]
    assert all(timedelta(hours=48) <= step <= timedelta(days=7) for step in steps)
    assert shown["costs"]["gap_days"] == 0
    history = (await desk.get(f"/v1/sessions/{sessions[0]['id']}/history"))["items"]
    assert [change["what"] for change in history] == ["booked", "rescheduled"]
    await cancel_all(desk, plan)


async def test_what_has_changed_since_it_was_shown_is_not_applied(desk: Desk) -> None:
    plan, sessions = await a_series(desk)
    ill = around(sessions[1], timedelta(hours=1), timedelta(hours=12))
    shown = (await desk.post(f"/v1/plans/{plan}/repairs", ill)).json()
    await desk.post(f"/v1/sessions/{sessions[3]['id']}/cancel", {"reason": "patient_ill"})
    before = await booked(desk, plan)

    path = f"/v1/plans/{plan}/repairs/apply"
    refused = await desk.post(path, {**ill, "fingerprint": shown["fingerprint"]})

    body = refused.json()
    assert (refused.status_code, body["code"]) == (409, "repair_changed")
    assert len(body["proposal"]["visits"]) == 3
    assert await booked(desk, plan) == before
    again = {**ill, "fingerprint": body["proposal"]["fingerprint"]}
    answers = await asyncio.gather(*(desk.post(path, again) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    await cancel_all(desk, plan)


async def test_a_lost_visit_is_cancelled_only_when_somebody_confirms_it(desk: Desk) -> None:
    plan, sessions = await a_series(desk, 2)
    gone = around(sessions[1], timedelta(hours=1), 100 * DAY)
    shown = (await desk.post(f"/v1/plans/{plan}/repairs", gone)).json()
    assert [visit["fate"] for visit in shown["visits"]] == ["stays", "lost"]
    path = f"/v1/plans/{plan}/repairs/apply"
    wanted = {**gone, "fingerprint": shown["fingerprint"]}

    refused = await desk.post(path, wanted)
    assert (refused.status_code, refused.json()["code"]) == (409, "repair_loses_visits")
    assert len(await booked(desk, plan)) == 2

    applied = await desk.post(path, {**wanted, "cancel_lost": True})
    assert applied.status_code == 200
    assert (await booked(desk, plan)).keys() == {sessions[0]["id"]}
    history = (await desk.get(f"/v1/sessions/{sessions[1]['id']}/history"))["items"]
    assert history[-1]["reason"] == "lost_in_repair"
    await cancel_all(desk, plan)


async def test_a_repair_keeps_as_far_from_what_is_held_for_the_plan_as_a_booking_does(
    desk: Desk,
) -> None:
    """The patient is well again when 47 hours are left until the start that is held."""
    plan, sessions = await a_series(desk, 1)
    booked_at = start_of(sessions[0])
    since, until = booked_at + 4 * DAY, booked_at + 9 * DAY
    span = {"from": since.isoformat(), "to": until.isoformat()}
    slots = (await desk.get("/v1/slots", plan_id=plan, **span))["items"]
    held = next(start_of(slot) for slot in slots if slot["chair"])
    hold = (await desk.post("/v1/holds", {"plan_id": plan, "starts_at": held.isoformat()})).json()
    ill = around(sessions[0], HOUR, held - timedelta(hours=47) - booked_at)
    path = f"/v1/plans/{plan}/repairs"

    shown = (await desk.post(path, ill)).json()

    assert abs(moved_to(shown) - held) >= timedelta(hours=48)
    wanted = {**ill, "fingerprint": shown["fingerprint"]}
    assert (await desk.post(f"{path}/apply", wanted)).status_code == 200
    confirmed = await desk.post(f"/v1/holds/{hold['id']}/confirm")
    assert confirmed.status_code == 201, confirmed.text
    await cancel_all(desk, plan)


async def test_another_who_takes_a_start_that_was_proposed_is_not_put_out(desk: Desk) -> None:
    plan, sessions = await a_series(desk, 2)
    ill = around(sessions[1], timedelta(hours=1), timedelta(hours=12))
    shown = (await desk.post(f"/v1/plans/{plan}/repairs", ill)).json()
    [other] = await desk.plans(1)
    start = datetime.fromisoformat(shown["visits"][1]["after"]["starts_at"])
    wanted = {**ill, "fingerprint": shown["fingerprint"]}

    taken, applied = await asyncio.gather(
        desk.book(other, start), desk.post(f"/v1/plans/{plan}/repairs/apply", wanted)
    )

    assert {taken.status_code, applied.status_code} in ({201, 409}, {409, 200})
    assert sorted((await booked(desk, other)).values()) == ([start] if taken.is_success else [])
    await cancel_all(desk, other)
    await cancel_all(desk, plan)


async def test_what_cannot_be_read_is_refused(desk: Desk) -> None:
    [plan] = await desk.plans(1)
    for body in ({"fingerprint": "x"}, {}, {"fingerprint": "0" * 64, "away": [{}]}):
        refused = await desk.post(f"/v1/plans/{plan}/repairs/apply", body)
        assert refused.status_code == 422
