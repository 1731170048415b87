"""Booking at the door of the running service: slots, holds, moves, overrides, wall times."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from clinic_ctl.demo.stage import ZONE
from clinic_ctl.sandbox import Sandbox
from clinic_ctl.stack.stack import Stack
from tests.support.sessions_desk import Desk, a_desk

STAFF = [{"name": "nurse_ada", "roles": ["nurse"]}, {"name": "nurse_ben", "roles": ["nurse"]}]
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
async def desk(clinic: Stack) -> AsyncIterator[Desk]:
    chairs = [{"name": f"chair_{n}", "room": "room_1"} for n in (1, 2)]
    async with a_desk(clinic, {"chairs": chairs, "staff": STAFF}) as desk:
        yield desk


def kinds(refused: httpx.Response) -> list[str]:
    return [conflict["kind"] for conflict in refused.json()["conflicts"]]


def is_open(day: datetime) -> bool:
    return day.weekday() < 5


def wall(at: datetime) -> str:
    return at.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")


async def slots(desk: Desk, plan: str, at: datetime) -> list[dict[str, Any]]:
    until = at + timedelta(hours=1)
    found = await desk.get(
        "/v1/slots", plan_id=plan, **{"from": at.isoformat(), "to": until.isoformat()}
    )
    items: list[dict[str, Any]] = found["items"]
    return items


async def test_a_slot_is_free_with_chair_and_nurse_or_has_in_words_why_not(desk: Desk) -> None:
    at, plans = desk.another_day(), await desk.plans(3)
    for number, plan in enumerate(plans[:2], start=1):
        free, _ = await slots(desk, plan, at)
        assert (free["chair"], free["why_not"]) == (f"chair_{number}", None)
        assert (free["starts_local"], free["zone"]) == (wall(at), ZONE.key)
        assert (await desk.book(plan, at)).status_code == 201
    taken, _ = await slots(desk, plans[2], at)
    assert (taken["chair"], taken["why_not"]) == (None, "No chair is free 09:00–11:00.")
    [conflict] = taken["conflicts"]
    assert (conflict["kind"], conflict["from_local"]) == ("place", wall(at))


async def test_four_weeks_may_be_asked_for_and_not_a_day_more(desk: Desk) -> None:
    [plan] = await desk.plans(1)
    headers = {"Authorization": f"Bearer {desk.tokens['front_desk']}"}
    for days, status in ((28, 200), (29, 409)):
        since, until = desk.today, desk.today + timedelta(days=days)
        query = {"plan_id": plan, "from": since.isoformat(), "to": until.isoformat()}
        assert (
            await desk.http.get("/v1/slots", params=query, headers=headers)
        ).status_code == status


async def test_what_is_taken_is_named_and_the_nearest_free_starts_are_listed(desk: Desk) -> None:
    at, plans = desk.another_day(), await desk.plans(2)
    await desk.book(plans[0], at, chair="chair_1", nurse="nurse_ada")
    refused = await desk.book(plans[1], at, chair="chair_1")
    assert (refused.status_code, kinds(refused)) == (409, ["place"])
    nearest = refused.json()["alternatives"][0]
    assert nearest == {
        "starts_at": nearest["starts_at"],
        "starts_local": wall(at),
        "zone": ZONE.key,
        "chair": "chair_2",
        "nurse": "nurse_ben",
        "gap_days": 0.0,
    }
    body = {"starts_at": nearest["starts_at"], "chair": nearest["chair"]}
    again = await desk.post("/v1/sessions", {"plan_id": plans[1], **body})
    assert again.status_code == 201


async def test_a_hold_keeps_its_seats_until_it_is_confirmed(desk: Desk) -> None:
    at, plans = desk.another_day(), await desk.plans(2)
    held = (await desk.hold(plans[0], at, chair="chair_1")).json()
    again = (await desk.hold(plans[0], at)).json()
    assert (again["id"], again["expires_at"]) == (held["id"], held["expires_at"])
    assert kinds(await desk.book(plans[1], at, chair="chair_1")) == ["place"]
    assert (await desk.get(f"/v1/holds/{held['id']}"))["status"] == "pending"
    confirmed = await desk.post(f"/v1/holds/{held['id']}/confirm")
    session = confirmed.json()
    assert (confirmed.status_code, session["id"]) == (201, held["session_id"])
    assert (session["chair"], session["starts_at"]) == ("chair_1", held["starts_at"])
    assert (await desk.get(f"/v1/holds/{held['id']}"))["status"] == "confirmed"
    over = await desk.post(f"/v1/holds/{held['id']}/release")
    assert (over.status_code, over.json()["current"]) == (409, "confirmed")


async def test_a_hold_that_is_released_or_has_expired_is_free_for_others(
    desk: Desk, clinic: Stack
) -> None:
    at, plans = desk.another_day(), await desk.plans(3)
    released = (await desk.hold(plans[0], at, chair="chair_1")).json()
    await desk.post(f"/v1/holds/{released['id']}/release")
    expiring = (await desk.hold(plans[1], at, chair="chair_1")).json()
    await Sandbox(clinic.management(), desk.http).advance(
        datetime.fromisoformat(expiring["expires_at"])
    )
    late = await desk.post(f"/v1/holds/{expiring['id']}/confirm")
    assert (late.status_code, late.json()["current"]) == (409, "expired")
    assert (await desk.book(plans[2], at, chair="chair_1")).status_code == 201


async def test_a_hold_has_its_place_in_the_series_until_it_is_released(desk: Desk) -> None:
    at, [plan] = desk.another_day(), await desk.plans(1)
    held = (await desk.hold(plan, at)).json()
    near = await desk.book(plan, at + 5 * HOUR)
    assert (near.status_code, kinds(near)) == (409, ["spacing"])
    assert near.json()["detail"].endswith("and a start near this one is held.")
    await desk.post(f"/v1/holds/{held['id']}/release")
    assert (await desk.book(plan, at + 5 * HOUR)).status_code == 201


async def test_a_visit_farther_away_than_the_protocol_wants_is_booked_and_shows_by_how_much(
    desk: Desk,
) -> None:
    """At most a week apart: two are one too many, and somebody may decide so."""
    at, [plan] = desk.another_day(), await desk.plans(1)
    far = at + timedelta(days=14)
    near = next(day for day in (at + timedelta(days=3), far - timedelta(days=9)) if is_open(day))
    first = (await desk.book(plan, at)).json()
    free, *_ = await slots(desk, plan, far)
    second = (await desk.book(plan, far)).json()
    gap = round((far.astimezone(UTC) - at.astimezone(UTC)) / timedelta(days=1) - 7, 2)
    assert [first["gap_days"], free["gap_days"], second["gap_days"]] == [0, gap, gap]
    path = f"/v1/sessions/{second['id']}"
    moved = (await desk.post(f"{path}/reschedule", {"starts_at": near.isoformat()})).json()
    assert moved["gap_days"] == 0
    await desk.post(f"{path}/cancel", {"reason": "patient_ill"})  # others need the day
    history = (await desk.get(f"{path}/history"))["items"]
    assert [change["gap_days"] for change in history] == [gap, 0, 0]


async def test_a_move_keeps_the_id_and_its_history_is_shown(desk: Desk) -> None:
    at, [plan] = desk.another_day(), await desk.plans(1)
    session = (await desk.book(plan, at, chair="chair_1", nurse="nurse_ada")).json()
    path = f"/v1/sessions/{session['id']}"
    later = at + 3 * HOUR
    moved = await desk.post(f"{path}/reschedule", {"starts_local": wall(later), "chair": "chair_2"})
    assert (moved.status_code, moved.json()["id"]) == (200, session["id"])
    await desk.post(f"{path}/cancel", {"reason": "patient_ill"})
    booked, rescheduled, cancelled = (await desk.get(f"{path}/history"))["items"]
    assert (booked["what"], booked["after"]["starts_local"]) == ("booked", wall(at))
    assert rescheduled["before"]["chair"] == "chair_1"
    assert rescheduled["after"] == {
        "starts_at": rescheduled["after"]["starts_at"],
        "starts_local": wall(later),
        "zone": ZONE.key,
        "chair": "chair_2",
        "nurse": "nurse_ada",
    }
    assert (cancelled["what"], cancelled["reason"]) == ("cancelled", "patient_ill")
    assert all(change["by"] for change in (booked, rescheduled, cancelled))


async def test_a_permission_overbooks_one_seat_once_and_is_on_the_session(desk: Desk) -> None:
    at, plans = desk.another_day(), await desk.plans(3)
    await desk.book(plans[0], at, chair="chair_1", nurse="nurse_ada")
    permission = {
        "starts_at": at.isoformat(),
        "chair": "chair_1",
        "rules": ["overbook"],
        "reason": "medically_urgent",
        "expires_at": (at + HOUR).isoformat(),
    }
    path = "/v1/sessions/override-bookings"
    denied = await desk.post(path, {"plan_id": plans[1], **permission}, by="front_desk")
    assert denied.status_code == 403
    made = await desk.post(path, {"plan_id": plans[1], **permission}, by="prescriber")
    assert made.status_code == 201, made.text
    session = made.json()
    assert session["override"]["reason"] == "medically_urgent"
    over = [one["resource"] for one in session["reservations"] if one["is_overbooked"]]
    assert over == ["chair_1"]
    second = await desk.post(path, {"plan_id": plans[2], **permission}, by="location_admin")
    assert (second.status_code, kinds(second)) == (409, ["place"])
    [noted] = await desk.database.collection("audit").find(
        {"object_id": session["id"], "action": "override_booking"}
    )
    assert noted["reason"] == "medically_urgent"


@pytest.mark.parametrize(
    ("local", "code", "folds"),
    [
        ("2030-03-10T02:30", "wall_time_does_not_exist", [0, 0]),
        ("2030-11-03T01:30", "wall_time_exists_twice", [0, 1]),
    ],
)
async def test_a_wall_time_that_is_none_or_two_is_refused_with_both_instants(
    desk: Desk, local: str, code: str, folds: list[int]
) -> None:
    [plan] = await desk.plans(1)
    refused = await desk.post("/v1/sessions", {"plan_id": plan, "starts_local": local})
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert [candidate["fold"] for candidate in refused.json()["candidates"]] == folds


@pytest.mark.parametrize(
    "times",
    [
        {},
        {"starts_at": "2030-01-08T15:00:00Z", "starts_local": "2030-01-08T09:00"},
        {"starts_at": "2030-01-08T15:00:00Z", "fold": 1},
        {"starts_local": "2030-02-30T09:00"},
        {"starts_local": "tomorrow at nine"},
    ],
)
async def test_a_time_is_given_once_and_in_a_form_that_can_be_read(
    desk: Desk, times: dict[str, object]
) -> None:
    [plan] = await desk.plans(1)
    refused = await desk.post("/v1/sessions", {"plan_id": plan, **times})
    assert (refused.status_code, refused.json()["code"]) == (422, "unreadable_request")
    assert not any(str(value) in refused.text for value in times.values() if value != 1)
