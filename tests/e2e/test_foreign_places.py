"""What belongs to one place is not there for those of another, whoever they are there."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime

import pytest

from clinic_ctl.demo import aftercare, arrival, treatment
from clinic_ctl.demo.play import next_monday
from clinic_ctl.demo.stage import FRONT_DESK, NURSE, ZONE, Stage
from clinic_ctl.stack.stack import Stack
from clinic_events import AlarmRaised, OfferEnded, OfferMade
from tests.support.sessions_pharmacy import VIAL
from tests.support.stage import a_stage
from tests.support.visitor import Operation, Visitor

ELSEWHERE = "loc_elsewhere"
SOMEBODY_ELSE = {
    "name": "Probe Beispiel",
    "email": "probe.beispiel@example.org",
    "phone": "+1-555-0103",
}
# What it shows is the same at every place, and nobody's.
EVERYWHERE = {"get_protocol"}
# No protocol of the demo is in a risk programme, so its sessions have no form to be found.
NOT_IN_THE_JOURNEY = {"get_monitoring_form"}


@pytest.fixture(scope="module")
async def ids(clinic: Stack) -> AsyncIterator[Mapping[str, str]]:
    """Of things that are there at one place, by the names paths have for them."""
    async with a_stage(clinic) as stage:
        hold_id, waiting_id = await a_patient_is_treated(stage)
        published = [one.event.model_dump() for one in stage.witness.published]
        vials = f"/v1/locations/{stage.location_id}/vials"
        vial = await stage.doors.post(NURSE, "sessions", vials, dict(VIAL))
        patient = await stage.doors.get(NURSE, "intake", f"/v1/patients/{stage.patient_id}")
        found = {
            name: str(value)
            for event in published
            for name, value in event.items()
            if name.endswith("_id") and event.get("location_id") == stage.location_id
        }
        others = {"enquiry_id": patient["enquiry_id"], "hold_id": hold_id, "number": "1"}
        yield {**found, **others, "vial_id": vial["id"], "waiting_id": waiting_id}
        # A patient who is still there would be called about in every test that follows.
        left = f"/v1/sessions/{stage.sessions[0]}/abort"
        await stage.doors.post(NURSE, "sessions", left, {"reason": "patient_unwell"})


async def a_patient_is_treated(stage: Stage) -> tuple[str, str]:
    """The ids of a hold and of an entry of the wait-list that were made on the way."""
    await stage.wait_until(next_monday(await stage.now()))
    await arrival.open_place(stage)
    other = replace(stage, sessions=[])
    await a_patient_is_cleared(other, **SOMEBODY_ELSE)
    await a_patient_is_cleared(stage)
    monday = next_monday(await stage.now())
    hold_id, waiting_id = await an_offer(stage, other, monday)
    await treatment.book_series(stage, monday)
    await a_reading_alarms(stage)
    await aftercare.answer_with_risk(stage)
    await stage.settle()
    return hold_id, waiting_id


async def a_patient_is_cleared(stage: Stage, **changes: object) -> None:
    await arrival.enquire(stage, **changes)
    await arrival.screen(stage)
    await arrival.consent(stage)
    await arrival.consult(stage)
    await arrival.clear(stage)


async def a_hold(stage: Stage, day: datetime) -> str:
    """Made and released again."""
    at = day.astimezone(ZONE).replace(hour=14, minute=0)
    wanted: dict[str, object] = {"plan_id": stage.plan_id, "starts_at": at.isoformat()}
    hold = await stage.doors.post(FRONT_DESK, "sessions", "/v1/holds", wanted)
    await stage.doors.post(FRONT_DESK, "sessions", f"/v1/holds/{hold['id']}/release")
    return str(hold["id"])


async def an_offer(stage: Stage, other: Stage, day: datetime) -> tuple[str, str]:
    """The ids of a hold whose time the other is offered, and of their entry, which they withdraw:
    the offer ends with it."""
    wanted: dict[str, object] = {"plan_id": other.plan_id}
    entry = await stage.doors.post(FRONT_DESK, "sessions", "/v1/wait-list", wanted)
    hold_id = await a_hold(stage, day)
    await stage.witness.sees(OfferMade, lambda offer: offer.key == other.patient_id)
    await stage.doors.post(FRONT_DESK, "sessions", f"/v1/wait-list/{entry['id']}/withdraw")
    await stage.witness.sees(OfferEnded, lambda offer: offer.key == other.patient_id)
    return hold_id, str(entry["id"])


async def a_reading_alarms(stage: Stage) -> None:
    """And somebody looks: what nobody acknowledges calls on, in every test that follows."""
    at = f"/v1/sessions/{stage.sessions[0]}"
    await treatment.arrive(stage, 0)
    taken_at = (await stage.now()).isoformat()
    low: dict[str, object] = {"device": "monitor_1", "sequence": 1, "taken_at": taken_at}
    await stage.doors.post(NURSE, "sessions", f"{at}/readings", {**low, "spo2": 85})
    raised = await stage.witness.sees(AlarmRaised, lambda alarm: alarm.key == stage.patient_id)
    alarm = f"{at}/alarms/{raised.event.alarm_id}"
    await stage.doors.post(NURSE, "sessions", f"{alarm}/acknowledge")
    await stage.doors.post(NURSE, "sessions", f"{alarm}/close", {"action": "oxygen_given"})


async def test_the_things_of_a_place_are_there_for_those_of_the_place(
    visitor: Visitor, ids: Mapping[str, str]
) -> None:
    """Else what follows would prove nothing."""
    for operation in visitor.operations:
        if operation.id in NOT_IN_THE_JOURNEY:
            continue
        if is_of_a_place(operation) and operation.method == "GET":
            token = visitor.token(operation, ids["location_id"])
            answer = await visitor.send(operation, token=token, ids=ids)
            assert answer.status_code == 200, f"{operation.id}: {answer.text}"


async def test_for_those_of_another_place_they_are_as_if_they_were_not(
    visitor: Visitor, ids: Mapping[str, str]
) -> None:
    unknown = dict.fromkeys(ids, "unknown_1") | {"number": "1"}
    for operation in visitor.operations:
        if is_of_a_place(operation) and operation.role is not None:
            token = visitor.token(operation, ELSEWHERE)
            answer = await visitor.send(operation, token=token, ids=ids)
            as_unknown = await visitor.send(operation, token=token, ids=unknown)
            assert 400 <= answer.status_code < 500, f"{operation.id}: {answer.text}"
            assert without_trace(answer.json()) == without_trace(as_unknown.json()), operation.id


def is_of_a_place(operation: Operation) -> bool:
    return bool(operation.parameters) and operation.id not in EVERYWHERE


def without_trace(answer: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in answer.items() if name != "trace_id"}
