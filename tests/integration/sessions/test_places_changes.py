"""What a change of a location does to its bookings: planned, applied, repaired; over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.answers import done, refused
from tests.support.sessions import TOMORROW
from tests.support.sessions_changes import (
    APPLY,
    BROKEN,
    ONLY_CHAIR_2,
    applied,
    kinds,
    planned,
)
from tests.support.sessions_doors import HERE, Service, a_document


async def test_a_plan_shows_what_it_would_break_and_stores_nothing(sessions: Service) -> None:
    first = await sessions.booked("pat_1")
    other = await sessions.booked("pat_2", chair="chair_2", nurse="nurse_ben")
    plan = await planned(sessions, chairs=ONLY_CHAIR_2)
    assert (plan["version"], plan["touched"], plan["broken"]) == (1, 1, 1)
    assert plan["changes"] == [
        {
            "field": "/chairs/chair_1",
            "before": {"name": "chair_1", "room": "room_1"},
            "after": None,
        }
    ]
    assert kinds(plan) == {"place_lost": 1}
    [sample] = plan["kinds"][0]["samples"]
    assert (sample["session_id"], sample["starts_local"]) == (first["id"], "2030-01-08T09:00")
    assert sample["effects"] == [{"kind": "place_lost", "resource": "chair_1"}]
    assert other["id"] not in str(plan)
    location = done(await sessions.get(HERE))
    assert (location["version"], len(location["document"]["chairs"])) == (1, 2)


async def test_a_plan_shows_which_promised_times_could_not_be_kept(sessions: Service) -> None:
    plan_id = await sessions.cleared("pat_1")
    wish = {"plan_id": plan_id, "starts_at": TOMORROW.isoformat(), "chair": "chair_1"}
    hold = done(await sessions.post("/v1/holds", wish, by="nurse"))
    assert (await planned(sessions, display_name="Lane"))["promised"] == []
    plan = await planned(sessions, chairs=ONLY_CHAIR_2)
    [held] = plan["promised"]
    assert (held["kind"], held["promises"], plan["touched"]) == ("hold", 1, 0)
    [sample] = held["samples"]
    assert (sample["hold_id"], sample["starts_local"]) == (hold["id"], "2030-01-08T09:00")
    assert sample["effects"] == [{"kind": "place_lost", "resource": "chair_1"}]


async def test_an_applied_change_lists_what_it_broke_and_cancels_nothing(
    sessions: Service,
) -> None:
    booking = await sessions.booked("pat_1")
    day = "2030-01-08"
    closure = {"id": "flood", "first": day, "last": day, "reason": "water_damage"}
    change = await applied(sessions, closures=[closure])
    assert change["location"]["version"] == 2
    assert [one["session_id"] for one in change["broken"]] == [booking["id"]]
    assert change["broken"][0]["effects"] == [{"kind": "closed_day", "resource": None}]
    kept = done(await sessions.get(f"/v1/sessions/{booking['id']}", by="nurse"))
    assert (kept["status"], kept["starts_at"]) == ("booked", booking["starts_at"])


async def test_a_broken_booking_can_be_moved_to_each_start_that_is_proposed(
    sessions: Service,
) -> None:
    booking = await sessions.booked("pat_1")
    taken = await sessions.booked("pat_2", TOMORROW + timedelta(days=1))
    day = booking["starts_local"][:10]
    closure = {"id": "flood", "first": day, "last": day, "reason": "water_damage"}
    await applied(sessions, closures=[closure], chairs=[{"name": "chair_1", "room": "room_1"}])

    listed = done(await sessions.get(BROKEN, by="front_desk"))
    [broken] = listed["items"]
    assert (broken["session_id"], listed["has_more"]) == (booking["id"], False)
    # The day itself is shut and the day before has begun: the next morning, once chair_1 is free.
    locals_proposed = [repair["starts_local"] for repair in broken["repairs"]]
    assert locals_proposed[0] == "2030-01-07T16:00"
    assert "2030-01-09T09:00" not in locals_proposed
    assert taken["starts_local"] == "2030-01-09T09:00"
    move = f"/v1/sessions/{booking['id']}/reschedule"
    for repair in broken["repairs"]:
        to = {name: repair[name] for name in ("starts_at", "chair", "nurse")}
        moved = done(await sessions.post(move, to, by="nurse"))
        assert moved["starts_local"] == repair["starts_local"]
    assert done(await sessions.get(BROKEN, by="front_desk"))["items"] == []


async def test_proposals_keep_the_distance_to_the_other_infusions_of_the_plan(
    sessions: Service,
) -> None:
    first = await sessions.booked("pat_1")
    later = TOMORROW + timedelta(days=3)
    second = {
        "plan_id": first["plan_id"],
        "starts_at": later.isoformat(),
        "chair": "chair_1",
        "nurse": "nurse_ada",
    }
    done(await sessions.post("/v1/sessions", second, by="nurse"))
    closure = {"id": "c", "first": "2030-01-11", "last": "2030-01-11", "reason": "holiday"}
    await applied(sessions, closures=[closure])
    [broken] = done(await sessions.get(BROKEN, by="nurse"))["items"]
    assert broken["starts_at"] == second["starts_at"].replace("+00:00", "Z")
    # Two days after the first is the earliest; the day it was booked on is closed.
    assert broken["repairs"]
    for repair in broken["repairs"]:
        assert repair["starts_local"] >= "2030-01-10T09:00"


async def test_a_change_is_refused_once_the_location_is_not_what_it_was(
    sessions: Service,
) -> None:
    plan = await planned(sessions, chairs=ONLY_CHAIR_2)
    done(await sessions.put(HERE, a_document(display_name="Sample Lane"), If_Match='"1"'))
    change = {"document": a_document(chairs=ONLY_CHAIR_2), "fingerprint": plan["fingerprint"]}
    problem = refused(await sessions.post(APPLY, change), 409, "change_is_outdated")
    assert problem["conflicts"] == [{"kind": "change"}]


async def test_a_change_is_refused_once_it_would_break_another_booking(sessions: Service) -> None:
    plan = await planned(sessions, chairs=ONLY_CHAIR_2)
    await sessions.booked("pat_1")
    change = {"document": a_document(chairs=ONLY_CHAIR_2), "fingerprint": plan["fingerprint"]}
    problem = refused(await sessions.post(APPLY, change), 409, "change_is_outdated")
    assert problem["conflicts"] == [{"kind": "bookings"}]
    assert done(await sessions.get(HERE))["version"] == 1
    again = await planned(sessions, chairs=ONLY_CHAIR_2)
    assert again["broken"] == 1
    done(await sessions.post(APPLY, {**change, "fingerprint": again["fingerprint"]}))


async def test_a_booking_it_does_not_touch_does_not_outdate_a_plan(sessions: Service) -> None:
    plan = await planned(sessions, chairs=ONLY_CHAIR_2)
    await sessions.booked("pat_1", chair="chair_2")
    change = {"document": a_document(chairs=ONLY_CHAIR_2), "fingerprint": plan["fingerprint"]}
    assert done(await sessions.post(APPLY, change))["broken"] == []


async def test_another_document_than_the_planned_one_is_not_applied(sessions: Service) -> None:
    plan = await planned(sessions, chairs=ONLY_CHAIR_2)
    change = {"document": a_document(), "fingerprint": plan["fingerprint"]}
    problem = refused(await sessions.post(APPLY, change), 409, "change_is_outdated")
    assert {"kind": "change"} in problem["conflicts"]


async def test_a_location_can_be_opened_by_a_plan(sessions: Service) -> None:
    there = "/v1/locations/loc_second"
    document = a_document()
    plan = done(await sessions.post(f"{there}/changes", document, by="location_admin@loc_second"))
    assert (plan["version"], plan["changes"], plan["touched"]) == (0, [], 0)
    change = {"document": document, "fingerprint": plan["fingerprint"]}
    path = f"{there}/changes/apply"
    opened = await sessions.post(path, change, by="location_admin@loc_second")
    assert done(opened)["location"]["version"] == 1
    assert opened.headers["etag"] == '"1"'


@pytest.mark.parametrize(
    ("zone", "wall", "is_broken"),
    [
        ("America/Denver", "2030-01-08T08:00", False),
        ("Pacific/Honolulu", "2030-01-08T05:00", True),
        ("Australia/Lord_Howe", "2030-01-09T02:00", True),
    ],
)
async def test_a_place_that_moves_to_another_zone_leaves_every_booking_editable(
    sessions: Service, zone: str, wall: str, is_broken: bool
) -> None:
    first = await sessions.booked("pat_1")
    second = await sessions.booked("pat_2", chair="chair_2", nurse="nurse_ben")
    plan = await planned(sessions, zone=zone)
    assert (plan["touched"], kinds(plan)["zone_moved"]) == (2, 2)
    sample = next(k for k in plan["kinds"] if k["kind"] == "zone_moved")["samples"][0]
    assert (sample["starts_local"], sample["zone"]) == ("2030-01-08T09:00", "America/Chicago")
    assert (sample["starts_local_after"], sample["zone_after"]) == (wall, zone)
    assert plan["broken"] == 2 * is_broken
    await applied(sessions, zone=zone)

    kept = done(await sessions.get(f"/v1/sessions/{first['id']}", by="nurse"))
    assert (kept["starts_at"], kept["zone"]) == (first["starts_at"], zone)
    assert kept["starts_local"] == wall
    broken = {
        one["session_id"]: one for one in done(await sessions.get(BROKEN, by="nurse"))["items"]
    }
    assert (first["id"] in broken) is is_broken
    to = _where_to(broken.get(first["id"]))
    moved = await sessions.post(f"/v1/sessions/{first['id']}/reschedule", to, by="nurse")
    assert done(moved)["version"] == 2
    why = {"reason": "moved_away"}
    cancelled = await sessions.post(f"/v1/sessions/{second['id']}/cancel", why, by="nurse")
    assert done(cancelled)["status"] == "cancelled"


async def test_bookings_around_a_gap_of_the_new_zone_are_moved_cancelled_and_received(
    sessions: Service,
) -> None:
    """Lord Howe's clocks go on by half an hour at 02:00 on 6 October 2030, while two of the visits
    last: in Chicago it is half past ten then, the day before."""
    gap = datetime(2030, 10, 5, 15, 30, tzinfo=UTC)
    sessions.clock.move_to(gap - timedelta(days=10))
    first = await sessions.booked("pat_1", gap - timedelta(minutes=30))
    beside = {"chair": "chair_2", "nurse": "nurse_ben"}
    second = await sessions.booked("pat_2", gap - timedelta(minutes=30), **beside)
    third = await sessions.booked("pat_3", gap + timedelta(hours=2))
    await applied(sessions, zone="Australia/Lord_Howe")
    paths = [f"/v1/sessions/{one['id']}" for one in (first, second, third)]
    shown = [done(await sessions.get(path, by="nurse"))["starts_local"] for path in paths]
    assert shown == ["2030-10-06T01:30", "2030-10-06T01:30", "2030-10-06T04:30"]

    move = f"{paths[0]}/reschedule"
    in_the_gap = await sessions.post(move, {"starts_local": "2030-10-06T02:15"}, by="nurse")
    refused(in_the_gap, 422, "wall_time_does_not_exist")
    moved = done(await sessions.post(move, {"starts_local": "2030-10-07T09:00"}, by="nurse"))
    assert (moved["starts_at"], moved["version"]) == ("2030-10-06T22:00:00Z", 2)
    ended = await sessions.post(f"{paths[1]}/cancel", {"reason": "moved_away"}, by="nurse")
    assert done(ended)["status"] == "cancelled"
    sessions.clock.move_to(gap + timedelta(minutes=110))
    received = done(await sessions.post(f"{paths[2]}/arrive", by="nurse"))
    assert (received["status"], received["starts_local"]) == ("arrived", "2030-10-06T04:30")


def _where_to(broken: Any) -> dict[str, object]:
    if broken is None:
        at = TOMORROW + timedelta(minutes=30)
        return {"starts_at": at.isoformat(), "chair": "chair_1", "nurse": "nurse_ada"}
    return {name: broken["repairs"][0][name] for name in ("starts_at", "chair", "nurse")}


async def test_broken_bookings_come_in_pages(sessions: Service) -> None:
    made = [
        (await sessions.booked(f"pat_{n}", TOMORROW + timedelta(hours=2 * n)))["id"]
        for n in range(3)
    ]
    await applied(sessions, chairs=ONLY_CHAIR_2)
    first = done(await sessions.get(BROKEN, by="nurse", limit="2"))
    rest = done(await sessions.get(BROKEN, by="nurse", limit="2", after=first["after"]))
    found = [one["session_id"] for page in (first, rest) for one in page["items"]]
    assert (found, first["has_more"], rest["has_more"]) == (sorted(made), True, False)
