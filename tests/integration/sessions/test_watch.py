"""A patient is watched, at the real doors and on a real MongoDB."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from clinic_ctl.demo.treatment import LEAVING
from clinic_events import StaffCalled
from clinic_platform.metrics import ALARM_ACKNOWLEDGED, ALARMS_RAISED
from tests.support.sessions_bedside import LEFT
from tests.support.sessions_server import Service, a_sessions_service
from tests.support.sessions_watched import Bedside

MINUTE = timedelta(minutes=1)
CALLED = StaffCalled.name


@pytest.fixture
async def service(mongo_url: str) -> AsyncIterator[Service]:
    async with a_sessions_service(mongo_url) as service:
        yield service


@pytest.fixture
async def bedside(service: Service) -> Bedside:
    session = await service.booked()
    return Bedside(service, session, await service.dosed(session))


async def test_nobody_sends_a_reading_and_the_bedside_then_a_person_is_called(
    bedside: Bedside,
) -> None:
    await bedside.moves(12)
    assert await bedside.alarms() == []
    await bedside.moves(13.1)
    assert await bedside.alarms() == [("reading_late", "caution", "raised")]
    assert await bedside.called() == []
    await bedside.moves(16.1)
    [call] = await bedside.service.published(CALLED)
    assert (call["reason"], call["location_id"]) == ("reading_overdue", "loc_sample")
    assert (call["session_id"], call["patient_id"]) == (bedside.session, "pat_1")
    [raised] = await bedside.service.published("sessions.alarm_raised.v1")
    assert call["about_id"] == raised["alarm_id"]


async def test_a_watched_infusion_is_quiet_from_start_to_end(bedside: Bedside) -> None:
    for sequence, at in enumerate((10, 20, 30, 40)):
        await bedside.reads(sequence, at)
    await bedside.post("stop-dosing")
    for sequence, at in enumerate((55, 70), start=4):
        await bedside.reads(sequence, at)
    seen = await bedside.get("monitoring")
    assert [due["state"] for due in seen["due"]] == ["done"] * 6 + ["upcoming"]
    assert (seen["gaps"], seen["open_alarms"]) == ([], [])
    assert seen["baseline"]["systolic"]["value"] == 124
    await bedside.post("leave-against-advice", dict(LEFT))
    await bedside.moves(300)
    assert await bedside.alarms() == []
    promises = bedside.service.kit.database.collection("promises")
    pending = [row["kind"] for row in await promises.find({"state": "pending"})]
    assert pending == ["reconcile_drugs"]


async def test_a_pause_of_the_infusion_makes_no_reading_less_due(bedside: Bedside) -> None:
    await bedside.moves(5)
    await bedside.post("pause-dosing", {"reason": "distress"})
    await bedside.moves(13.1)
    assert await bedside.alarms() == [("reading_late", "caution", "raised")]
    await bedside.reads(1, 14)
    await bedside.post("resume-dosing", {"reason": "calm_again"})
    await bedside.reads(2, 20)
    await bedside.moves(50)
    states = [due["state"] for due in (await bedside.get("monitoring"))["due"]]
    assert states == ["done", "done", "overdue", "overdue", "due", "upcoming"]


async def test_nobody_resumes_while_a_limit_waits_to_be_measured_again(bedside: Bedside) -> None:
    await bedside.moves(5)
    await bedside.post("pause-dosing", {"reason": "distress"})
    await bedside.reads(1, 6, systolic=195, diastolic=115)
    assert await bedside.alarms() == []
    path = f"/v1/sessions/{bedside.session}/resume-dosing"
    refusal = (await bedside.service.post(path, {"reason": "calm"})).json()
    assert (refusal["status"], refusal["code"]) == (409, "alarm_stands")
    assert "waits to be measured again" in refusal["detail"]
    assert {one["kind"] for one in refusal["conflicts"]} == {"limit_to_confirm"}
    await bedside.reads(2, 9)
    await bedside.post("resume-dosing", {"reason": "calm"})


async def test_who_stays_longer_is_watched_as_long(bedside: Bedside) -> None:
    for sequence, at in enumerate((10, 20, 30, 40)):
        await bedside.reads(sequence, at)
    await bedside.post("stop-dosing")
    for sequence, at in enumerate((55, 70), start=4):
        await bedside.reads(sequence, at)
    await bedside.post("extend-stay", {"reason": "no_escort"})
    await bedside.moves(88.1)
    assert await bedside.alarms() == [("reading_late", "caution", "raised")]
    await bedside.reads(6, 89)
    [late] = (await bedside.get("alarms"))["items"]
    await bedside.post(f"alarms/{late['id']}/acknowledge")
    await bedside.post(f"alarms/{late['id']}/close", {"action": "measured_again"})
    await bedside.post("discharge-assessments", dict(LEAVING))
    await bedside.post("complete")
    await bedside.moves(300)
    states = [due["state"] for due in (await bedside.get("monitoring"))["due"]]
    assert states == ["done"] * 7
    assert await bedside.called() == []


async def test_nobody_goes_home_while_an_alarm_is_open(bedside: Bedside) -> None:
    for sequence, at in enumerate((10, 20, 30, 40)):
        await bedside.reads(sequence, at)
    await bedside.post("stop-dosing")
    await bedside.reads(4, 55)
    await bedside.reads(5, 60, spo2=86)
    await bedside.reads(6, 65)
    await bedside.reads(7, 70)
    [alarm] = (await bedside.get("alarms"))["items"]
    await bedside.post(f"alarms/{alarm['id']}/acknowledge")
    receipt = await bedside.post("discharge-assessments", dict(LEAVING))
    [shut] = receipt["findings"]
    assert (shut["rule"], shut["state"], shut["facts"]) == (
        "D-ALARMS",
        "block",
        {"open_alarms": 1, "limits_to_confirm": 0},
    )
    await bedside.post(f"alarms/{alarm['id']}/close", {"action": "oxygen_given"})
    assert (await bedside.post("discharge-assessments", dict(LEAVING)))["is_open"]
    await bedside.reads(8, 71, spo2=86)
    refusal = await bedside.service.post(f"/v1/sessions/{bedside.session}/complete")
    assert (refusal.status_code, refusal.json()["code"]) == (409, "gates_block")
    assert [one["kind"] for one in refusal.json()["conflicts"]] == ["D-ALARMS", "D-SPO2"]


async def test_nobody_goes_home_while_a_limit_that_was_passed_waits_to_be_measured_again(
    bedside: Bedside,
) -> None:
    for sequence, at in enumerate((10, 20, 30, 40)):
        await bedside.reads(sequence, at)
    await bedside.post("stop-dosing")
    await bedside.reads(4, 55)
    await bedside.reads(5, 70)
    assert (await bedside.post("discharge-assessments", dict(LEAVING)))["is_open"]
    await bedside.reads(6, 71, systolic=165)
    assert await bedside.alarms() == []
    refusal = await bedside.service.post(f"/v1/sessions/{bedside.session}/complete")
    assert (refusal.status_code, refusal.json()["code"]) == (409, "gates_block")
    assert "D-ALARMS" in {one["kind"] for one in refusal.json()["conflicts"]}
    [shut] = (await bedside.post("discharge-assessments", dict(LEAVING)))["findings"]
    assert shut["facts"] == {"open_alarms": 0, "limits_to_confirm": 2}
    await bedside.reads(7, 74, systolic=128)
    assert (await bedside.post("discharge-assessments", dict(LEAVING)))["is_open"]
    await bedside.post("complete")


async def test_an_alarm_is_raised_acknowledged_and_closed_by_people(bedside: Bedside) -> None:
    seen = ALARM_ACKNOWLEDGED.labels("stop")._sum.get()
    raised = ALARMS_RAISED.labels("spo2_low", "stop")._value.get()
    await bedside.reads(1, 6, spo2=86)
    [alarm] = (await bedside.get("alarms"))["items"]
    assert alarm["message"].startswith("The oxygen saturation is below 88 %.")
    await bedside.moves(6.5)
    taken = await bedside.post(f"alarms/{alarm['id']}/acknowledge")
    assert (taken["status"], taken["acknowledged_by"]) == ("acknowledged", "usr_ada")
    closed = await bedside.post(f"alarms/{alarm['id']}/close", {"action": "oxygen_given"})
    assert [step["what"] for step in closed["history"]] == ["raised", "acknowledged", "closed"]
    await bedside.moves(9)
    assert await bedside.called() == []
    assert ALARM_ACKNOWLEDGED.labels("stop")._sum.get() - seen == 30
    assert ALARMS_RAISED.labels("spo2_low", "stop")._value.get() - raised == 1


async def test_an_alarm_that_nobody_sees_calls_until_somebody_has(bedside: Bedside) -> None:
    await bedside.reads(1, 6, spo2=86)
    calls = []
    for minutes in (11, 22, 33, 1400, 1600):  # five there are; the last again, daily in the end
        await bedside.moves(minutes)
        published = await bedside.service.published(CALLED)
        calls.append(len({call["call_id"] for call in published if call["level"] == "stop"}))
        if minutes == 33:
            await bedside.post("stop-dosing", {"reason": "dose_given"})
            await bedside.post("leave-against-advice", dict(LEFT))
    assert calls == [5, 6, 7, 8, 9]


async def test_an_alarm_that_is_left_open_calls_daily_after_leaving_against_advice(
    bedside: Bedside,
) -> None:
    await bedside.reads(1, 6, spo2=86)
    [alarm] = (await bedside.get("alarms"))["items"]
    await bedside.post(f"alarms/{alarm['id']}/acknowledge")
    await bedside.reads(2, 7)
    await bedside.post("stop-dosing", {"reason": "low_saturation"})
    await bedside.post("leave-against-advice", dict(LEFT))
    calls = []
    for hours in (1, 25, 49):
        await bedside.moves(60 * hours)
        calls.append(await bedside.called())
    assert calls == [["alarm_lasts"] * times for times in (1, 2, 3)]


async def test_a_batch_is_taken_once_and_each_has_its_answer(bedside: Bedside) -> None:
    await bedside.moves(35)
    readings = [bedside.reading(n, 10 * n) for n in (1, 2, 3)] + [bedside.reading(9, 60)]
    body: dict[str, object] = {"readings": [*readings, readings[0]]}
    first = (await bedside.post("readings/batch", body))["items"]
    assert [(one["sequence"], one["is_new"], one["clock"]) for one in first] == [
        (1, True, "right"),
        (1, False, "right"),
        (2, True, "right"),
        (3, True, "right"),
        (9, True, "ahead"),
    ]
    again = (await bedside.post("readings/batch", body))["items"]
    assert [one["is_new"] for one in again] == [False] * 5
    assert len((await bedside.get("readings"))["items"]) == 4


async def test_two_readings_at_one_moment_do_not_miss_each_other(bedside: Bedside) -> None:
    await bedside.moves(9)
    first, second = bedside.reading(1, 6, systolic=165), bedside.reading(2, 9, systolic=165)
    await asyncio.gather(bedside.post("readings", first), bedside.post("readings", second))
    assert await bedside.alarms() == [("systolic_high", "caution", "raised")]


async def test_of_many_at_one_moment_one_alarm_is_raised(bedside: Bedside) -> None:
    await bedside.moves(9)
    sent = [bedside.reading(n, 8 + n / 10, spo2=86) for n in range(8)]
    await asyncio.gather(*(bedside.post("readings", one) for one in sent))
    assert await bedside.alarms() == [("spo2_low", "stop", "raised")]
    assert len(await bedside.service.published("sessions.alarm_raised.v1")) == 1


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"systolic": 600}, "/systolic"),
        ({"spo2": 101}, "/spo2"),
        ({"systolic": 80, "diastolic": 120}, "/diastolic"),
        ({"respiratory_rate": -1}, "/respiratory_rate"),
        ({"distress": "testa"}, "/distress"),
        ({"symptoms": ["testa"]}, "/symptoms/0"),
    ],
)
async def test_what_cannot_be_is_refused_by_its_rule(
    bedside: Bedside, values: dict[str, object], pointer: str
) -> None:
    path = f"/v1/sessions/{bedside.session}/readings"
    answer = await bedside.service.post(path, bedside.reading(1, 0, **values))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert not {"600", "testa"} & {*answer.text.replace('"', " ").split()}


async def test_a_correction_over_http_keeps_both(bedside: Bedside) -> None:
    await bedside.reads(1, 10, spo2=68)
    corrected = await bedside.reads(1, 10, spo2=98, corrects=1)
    assert (corrected["version"], corrected["is_new"]) == (2, True)
    kept = (await bedside.get("readings"))["items"]
    assert [(one["version"], one["spo2"]) for one in kept] == [(1, 68), (2, 98)]
    [alarm] = (await bedside.get("alarms"))["items"]
    assert [step["what"] for step in alarm["history"]] == ["raised", "noted"]


async def test_those_of_another_place_find_neither_session_nor_alarm(bedside: Bedside) -> None:
    await bedside.reads(1, 6, spo2=86)
    [alarm] = (await bedside.get("alarms"))["items"]
    at, stranger = f"/v1/sessions/{bedside.session}", "nurse:eve@loc_elsewhere"
    service = bedside.service
    for path in (f"{at}/monitoring", f"{at}/alarms", f"{at}/readings"):
        assert (await service.get(path, by=stranger)).status_code == 404
    body = bedside.reading(2, 6)
    assert (await service.post(f"{at}/readings", body, by=stranger)).status_code == 404
    for verb in ("acknowledge", "close"):
        body = {} if verb == "acknowledge" else {"action": "reassured"}
        path = f"{at}/alarms/{alarm['id']}/{verb}"
        assert (await service.post(path, body, by=stranger)).status_code == 404
    elsewhere = f"/v1/sessions/ses_other/alarms/{alarm['id']}/acknowledge"
    assert (await service.post(elsewhere)).status_code == 404


async def test_a_heart_that_stands_still_alarms(bedside: Bedside) -> None:
    await bedside.reads(1, 6, heart_rate=0, systolic=0, diastolic=0)
    raised = {*await bedside.alarms()}
    assert {("heart_rate_low", "stop", "raised"), ("systolic_low", "stop", "raised")} <= raised


async def test_a_reading_of_nothing_is_refused(bedside: Bedside) -> None:
    nothing = dict.fromkeys(("systolic", "diastolic", "heart_rate", "spo2", "moaas"))
    sent = bedside.reading(1, 0, **nothing)
    answer = await bedside.service.post(f"/v1/sessions/{bedside.session}/readings", sent)
    assert (answer.status_code, "one measurement" in answer.text) == (422, True)
