"""Protocols through the service's doors: the catalogue, a plan that is moved, and a rehearsal."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from clinic_platform.audit import Audit
from clinic_platform.auth import Policy
from clinic_platform.data import load
from clinic_sessions.domain.session import Session, Status
from tests.support.answers import refused
from tests.support.protocols import (
    DEPRESSION,
    GONE,
    a_document,
    a_past_session,
    a_readiness,
    a_version,
    sourced,
    visit_on,
)
from tests.support.protocols_server import Service, a_service_with
from tests.support.sessions import TOMORROW, a_plan, a_session

NURSE = "nurse:testa@loc_sample"
ELSEWHERE = "prescriber:testa@loc_other"
PLAN = replace(a_plan(), infusions=6)
MOVE = f"/v1/plans/{PLAN.id}/protocol"
REHEARSE = "/v1/protocols/rehearsals"


@pytest.fixture
async def clinic(mongo_url: str) -> AsyncIterator[Service]:
    versions = [
        a_version(2, dose__hard_most_mg_per_kg=sourced(1.2), infusions=sourced(8)),
        a_version(3, phases__2__minutes=sourced(90), spacing__within_days=sourced(30)),
    ]
    async with a_service_with(mongo_url, *versions) as service:
        await service.has_plan(PLAN)
        yield service


def booked(number: int, day: int, **changes: Any) -> Session:
    session = replace(a_session(), id=f"ses_{number}", visit=visit_on(day))
    return replace(session, **changes)


async def test_the_catalogue_shows_the_newest_of_each_and_a_version_with_its_sources(
    clinic: Service,
) -> None:
    listed = (await clinic.get("/v1/protocols", by=NURSE)).json()["items"]
    versions = {one["name"]: (one["version"], one["versions"]) for one in listed}
    assert versions[DEPRESSION] == (3, [1, 2, 3])
    assert versions["intranasal-esketamine-depression"] == (3, [1, 2, 3])
    assert len(versions) == 6

    newest = (await clinic.get(f"/v1/protocols/{DEPRESSION}")).json()
    first = (await clinic.get(f"/v1/protocols/{DEPRESSION}?version=1")).json()
    assert (newest["version"], first["version"]) == (3, 1)
    assert first["document"] == a_document()
    assert first["document"]["spacing"]["least_hours"]["source"] == "clinic default"
    for path in ("no-such-protocol", f"{DEPRESSION}?version=9"):
        refused(await clinic.get(f"/v1/protocols/{path}"), 404, "protocol_not_found")


async def test_a_plan_is_moved_and_both_versions_are_in_the_audit(clinic: Service) -> None:
    await clinic.has_session(booked(1, 0))
    moved = await clinic.post(MOVE, {"version": 2, "reason": "lower_ceiling"})
    assert moved.status_code == 200, moved.text
    assert moved.json() == {
        "id": PLAN.id,
        "protocol": DEPRESSION,
        "previous_protocol_version": 1,
        "protocol_version": 2,
        "infusions": 8,
        "version": 2,
    }
    [entry] = await Audit(clinic.kit.database.collection("audit")).of_object(PLAN.id)
    assert (entry.action, entry.reason) == ("move_plan_protocol", "lower_ceiling:1_to_2")
    assert entry.location_id == PLAN.location_id
    again = await clinic.post(MOVE, {"version": 2, "reason": "lower_ceiling"})
    assert refused(again, 409, "plan_cannot_move")["conflicts"] == [{"kind": "same_version"}]


async def test_what_is_in_the_way_of_a_move_is_listed_and_nothing_is_moved(
    clinic: Service,
) -> None:
    await clinic.has_session(booked(1, 0, status=Status.DOSING))
    await clinic.has_session(booked(2, 3))
    problem = refused(
        await clinic.post(MOVE, {"version": 3, "reason": "longer"}), 409, "plan_cannot_move"
    )
    assert problem["conflicts"] == [
        {"kind": "at_the_clinic", "session_id": "ses_1"},
        {"kind": "phases", "session_id": "ses_2"},
    ]
    [kept] = await clinic.kit.database.collection("plans").find({"_id": PLAN.id})
    assert (kept["protocol_version"], kept["moves"]) == (1, [])


async def test_only_a_prescriber_of_the_place_moves_a_plan(clinic: Service) -> None:
    body = {"version": 2, "reason": "lower_ceiling"}
    refused(await clinic.post(MOVE, body, by=NURSE), 403, "forbidden")
    refused(await clinic.post(MOVE, body, by=ELSEWHERE), 404, "plan_not_found")
    refused(await clinic.post(MOVE, {**body, "version": 7}), 404, "protocol_not_found")
    refused(await clinic.post(MOVE, {**body, "version": 0}), 422, "unreadable_request")


async def test_a_draft_is_rehearsed_over_the_past_of_the_callers_places(clinic: Service) -> None:
    await clinic.has_session(a_past_session(1, day=0), a_readiness(TOMORROW))
    await clinic.has_session(a_past_session(2, day=3, mg_per_kg=0.9), a_readiness(TOMORROW))
    await clinic.has_session(booked(3, 6))
    clinic.clock.now = TOMORROW + timedelta(days=10)
    before = await everything_in(clinic)
    draft = a_document(version=4, dose__soft_most_mg_per_kg=sourced(0.8))

    rehearsed = (await clinic.post(REHEARSE, {"draft": draft})).json()

    assert (rehearsed["sessions"], rehearsed["decisions"], rehearsed["doses"]) == (2, 2, 2)
    assert rehearsed["is_whole"] is True
    found = {change["kind"]: change for change in rehearsed["changes"] if change["count"]}
    assert set(found) == {"dose_bounds_differ", "dose_would_be_marked"}
    assert found["dose_would_be_marked"]["samples"] == [
        {"session_id": "ses_2", "details": ["soft_most"]}
    ]
    assert await everything_in(clinic) == before
    elsewhere = (await clinic.post(REHEARSE, {"draft": draft}, by=ELSEWHERE)).json()
    assert elsewhere["sessions"] == 0
    clinic.clock.now = TOMORROW + timedelta(days=2)
    since_today = {"draft": draft, "since_days": 1}
    assert (await clinic.post(REHEARSE, since_today)).json()["sessions"] == 1


async def test_a_shut_gate_that_only_the_audit_knows_of_is_rehearsed_too(clinic: Service) -> None:
    await clinic.has_session(a_past_session(1, day=0))
    shut = a_readiness(TOMORROW, systolic=165).to_document()
    row = {"_id": "aud_1", "object_id": "ses_1", "receipt": shut, "outcome": "refused"}
    await clinic.kit.database.collection("audit").insert_one(row)
    clinic.clock.now = TOMORROW + timedelta(days=1)
    draft = a_document(version=4)
    assert (await clinic.post(REHEARSE, {"draft": draft})).json()["decisions"] == 1


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"spacing__least_hours": GONE}, "/draft/spacing/least_hours"),
        ({"phases__1__after_minutes": sourced(20)}, "/draft/phases/1/after_minutes"),
        ({"gates": "nowhere"}, "/draft/gates"),
        ({"secret": "secret"}, "/draft"),
    ],
)
async def test_a_draft_that_is_no_protocol_is_refused_by_its_field(
    clinic: Service, changes: dict[str, Any], pointer: str
) -> None:
    answer = await clinic.post(REHEARSE, {"draft": a_document(**changes)})
    problem = refused(answer, 422, "draft_unreadable")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert "secret" not in answer.text


async def test_more_than_ninety_days_are_not_rehearsed(clinic: Service) -> None:
    body = {"draft": a_document(), "since_days": 91}
    refused(await clinic.post(REHEARSE, body), 422, "unreadable_request")
    refused(await clinic.post(REHEARSE, {"draft": a_document()}, by=NURSE), 403, "forbidden")


def test_who_may_rehearse_and_who_may_move() -> None:
    policy = Policy.parse(load("clinic_sessions", "policy.yaml"))
    assert set(policy.operations["rehearse_protocol"] or ()) == {"prescriber", "org_admin"}
    assert set(policy.operations["move_plan_protocol"] or ()) == {"prescriber"}


async def everything_in(clinic: Service) -> dict[str, list[Any]]:
    names = ("plans", "sessions", "receipts", "taken_slots", "outbox")
    return {name: await clinic.kit.database.collection(name).find({}) for name in names}
