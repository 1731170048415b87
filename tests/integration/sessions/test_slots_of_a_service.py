"""At the door: what is free for somebody who has no plan yet."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.answers import done, refused
from tests.support.sessions import TOMORROW
from tests.support.sessions_doors import Service, a_document

WHEN = {"from": TOMORROW.isoformat(), "to": (TOMORROW + timedelta(minutes=30)).isoformat()}
SERVICE = {"protocol": "iv-ketamine-depression", "location_id": "loc_sample"}


async def first_of(sessions: Service, **query: str) -> dict[str, Any]:
    """The slot at `TOMORROW`."""
    slot: dict[str, Any] = done(await sessions.get("/v1/slots", **WHEN, **query))["items"][0]
    return slot


async def test_a_service_is_free_where_a_plan_of_its_protocol_would_be(sessions: Service) -> None:
    plan = await sessions.cleared("pat_9")
    assert await first_of(sessions, **SERVICE) == await first_of(sessions, plan_id=plan)
    await sessions.booked("pat_1")
    beside = await first_of(sessions, **SERVICE)
    assert (beside["chair"], beside["why_not"]) == ("chair_2", None)
    await sessions.booked("pat_2", chair="chair_2", nurse="nurse_ben")
    taken = await first_of(sessions, **SERVICE)
    assert taken == await first_of(sessions, plan_id=plan)
    assert (taken["chair"], taken["conflicts"][0]["kind"]) == (None, "place")


@pytest.mark.parametrize(
    "ways",
    [
        {},
        {"protocol": SERVICE["protocol"]},
        {"location_id": "loc_sample"},
        {"plan_id": "pln_1", **SERVICE},
        {"plan_id": "pln_1", "location_id": "loc_sample"},
        {"session_id": "ses_1", **SERVICE},
    ],
)
async def test_slots_are_asked_for_in_exactly_one_way(
    sessions: Service, ways: dict[str, str]
) -> None:
    answer = refused(await sessions.get("/v1/slots", **WHEN, **ways), 422, "unreadable_request")
    assert [fault["rule"] for fault in answer["errors"]] == ["either"]


async def test_slots_of_another_location_are_not_found_and_of_what_is_not_offered_refused(
    sessions: Service,
) -> None:
    elsewhere = await sessions.get("/v1/slots", by="front_desk@loc_other", **WHEN, **SERVICE)
    refused(elsewhere, 404, "location_not_found")
    done(await sessions.put("/v1/locations/loc_sample", a_document(protocols=[]), If_Match='"1"'))
    none = refused(await sessions.get("/v1/slots", **WHEN, **SERVICE), 409, "not_bookable")
    assert none["conflicts"] == [{"kind": "not_offered"}]
