"""At the door: what becomes of a plan once its clearance has ended."""

from datetime import timedelta

import pytest

from clinic_events import ClearanceEnded, PatientCleared
from clinic_events.ports import Document
from clinic_events.testing import example
from tests.support.answers import done, refused
from tests.support.sessions import NOON, TOMORROW
from tests.support.sessions_doors import Service

PROTOCOL = "iv-ketamine-depression"


async def deliver_cleared(sessions: Service, clearance_id: str) -> None:
    cleared = example(
        PatientCleared,
        patient_id="pat_1",
        clearance_id=clearance_id,
        location_id="loc_sample",
        protocol=PROTOCOL,
        cleared_at=NOON,
        expires_at=NOON + timedelta(days=90),
    )
    await sessions.kit.database.transaction(lambda: sessions.handlers.start_plan(cleared))


async def deliver_ended(sessions: Service, clearance_id: str = "clr_pat_1") -> None:
    ended = example(
        ClearanceEnded, patient_id="pat_1", clearance_id=clearance_id, ended_at=sessions.clock()
    )
    note = sessions.handlers.note_clearance_ended
    await sessions.kit.database.transaction(lambda: note(ended))


async def plans(sessions: Service) -> list[Document]:
    shown = done(await sessions.get("/v1/plans", by="nurse", patient_id="pat_1"))
    items: list[Document] = shown["items"]
    return items


@pytest.mark.parametrize("door", ["sessions", "holds", "series", "repairs", "wait-list"])
async def test_nothing_is_booked_on_a_plan_whose_clearance_has_ended(
    sessions: Service, door: str
) -> None:
    plan = await sessions.cleared("pat_1")
    at = {"plan_id": plan, "starts_at": TOMORROW.isoformat()}
    path, body = {
        "sessions": ("/v1/sessions", at),
        "holds": ("/v1/holds", at),
        "series": (f"/v1/plans/{plan}/series", {}),
        "repairs": (f"/v1/plans/{plan}/repairs", {}),
        "wait-list": ("/v1/wait-list", {"plan_id": plan}),
    }[door]
    await deliver_ended(sessions)
    answer = refused(await sessions.post(path, body, by="front_desk"), 409, "not_bookable")
    assert answer["conflicts"] == [{"kind": "plan_ended"}]
    assert not answer.get("alternatives")


async def test_what_is_booked_stays_is_not_moved_and_the_plan_shows_when_it_ended(
    sessions: Service,
) -> None:
    session = await sessions.booked("pat_1")
    assert [plan["ended_at"] for plan in await plans(sessions)] == [None]
    await deliver_ended(sessions)
    [plan] = await plans(sessions)
    assert plan["ended_at"] == NOON.isoformat().replace("+00:00", "Z")
    path = f"/v1/sessions/{session['id']}"
    assert done(await sessions.get(path, by="nurse"))["status"] == "booked"
    later = {"starts_at": (TOMORROW + timedelta(days=1)).isoformat()}
    refused(await sessions.post(f"{path}/reschedule", later), 409, "not_bookable")
    query = {"plan_id": plan["id"], "from": TOMORROW.isoformat()}
    until = (TOMORROW + timedelta(hours=3)).isoformat()
    slots = done(await sessions.get("/v1/slots", **query, to=until))["items"]
    assert not [slot for slot in slots if slot["why_not"] is None]
    done(await sessions.post(f"{path}/cancel", {"reason": "clearance_ended"}))


async def test_a_hold_is_not_confirmed_once_the_clearance_has_ended(sessions: Service) -> None:
    plan = await sessions.cleared("pat_1")
    at = {"plan_id": plan, "starts_at": TOMORROW.isoformat()}
    hold = done(await sessions.post("/v1/holds", at))
    await deliver_ended(sessions)
    confirmed = await sessions.post(f"/v1/holds/{hold['id']}/confirm")
    assert refused(confirmed, 409, "not_bookable")["conflicts"] == [{"kind": "plan_ended"}]


async def test_a_plan_goes_on_while_another_clearance_holds_and_ends_with_that(
    sessions: Service,
) -> None:
    await sessions.cleared("pat_1")
    await deliver_cleared(sessions, "clr_second")
    await deliver_ended(sessions)
    assert [plan["ended_at"] for plan in await plans(sessions)] == [None, None]
    await deliver_ended(sessions, "clr_second")
    assert all(plan["ended_at"] for plan in await plans(sessions))
    await deliver_cleared(sessions, "clr_third")
    assert [plan["ended_at"] is None for plan in await plans(sessions)].count(True) == 1


async def test_a_plan_whose_end_was_handled_first_has_ended_from_its_beginning(
    sessions: Service,
) -> None:
    await deliver_ended(sessions)
    await sessions.cleared("pat_1")
    await sessions.cleared("pat_1")  # delivered again
    [plan] = await plans(sessions)
    assert (plan["ended_at"] is not None, plan["version"]) == (True, 2)
