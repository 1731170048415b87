"""Monitoring forms of a risk programme, from the end of a session until a person has sent one."""

from datetime import timedelta

import pytest

from clinic_sessions.domain.session import Session
from tests.support.sessions import NOON
from tests.support.sessions_pharmacy import ESKETAMINE, Pharmacy

ADMIN = "location_admin:adm"
ON_PAPER = {
    "lot": "LOT-SAMPLE-1",
    "blood_pressure_before": "120/78",
    "blood_pressure_at_40_minutes": "131/84",
    "blood_pressure_at_end": "124/80",
}


async def ended_esketamine(pharmacy: Pharmacy) -> Session:
    session = await pharmacy.dosed(protocol=ESKETAMINE)
    pharmacy.clock.now = NOON + timedelta(minutes=130)
    return await pharmacy.ended(session)


async def test_the_end_of_a_session_in_a_risk_programme_makes_its_form(
    pharmacy: Pharmacy,
) -> None:
    session = await ended_esketamine(pharmacy)
    form = (await pharmacy.get(f"/sessions/{session.id}/monitoring-form")).json()
    assert (form["form"], form["version"]) == ("esketamine-monitoring", 3)
    assert form["due_at"] == "2030-01-14T14:10:00Z"
    assert (form["fields"]["dose_mg"], form["fields"]["monitored_minutes"]) == (41.0, 130)
    assert {"lot", "dissociation", "pulse_oximetry"} <= set(form["missing"])


async def test_a_session_that_is_aborted_after_dosing_needs_its_form_too(
    pharmacy: Pharmacy,
) -> None:
    session = await pharmacy.dosed(protocol=ESKETAMINE)
    await pharmacy.ended(session, aborted=True)
    assert (await pharmacy.get(f"/sessions/{session.id}/monitoring-form")).status_code == 200


async def test_a_reading_that_was_corrected_is_not_on_the_form(pharmacy: Pharmacy) -> None:
    session = await pharmacy.dosed(protocol=ESKETAMINE)
    pharmacy.clock.now = NOON + timedelta(minutes=41)
    taken = {
        **{
            "device": "dev_1",
            "sequence": 1,
            "taken_at": (NOON + timedelta(minutes=40)).isoformat(),
        },
        **{"systolic": 190, "diastolic": 80, "moaas": 1},
    }
    first = await pharmacy.done(f"/sessions/{session.id}/readings", taken)
    right = {**taken, "systolic": 120, "moaas": 5, "corrects": first["version"]}
    await pharmacy.done(f"/sessions/{session.id}/readings", right)
    pharmacy.clock.now = NOON + timedelta(minutes=130)
    await pharmacy.ended(session)
    fields = (await pharmacy.get(f"/sessions/{session.id}/monitoring-form")).json()["fields"]
    assert (fields["blood_pressure_at_40_minutes"], fields["sedation"]) == ("120/80", False)


async def test_a_session_without_a_programme_needs_no_form(pharmacy: Pharmacy) -> None:
    session = await pharmacy.ended(await pharmacy.dosed())
    answer = await pharmacy.get(f"/sessions/{session.id}/monitoring-form")
    assert (answer.status_code, answer.json()["code"]) == (404, "form_not_found")


async def test_a_form_that_is_not_sent_in_seven_days_is_called_for_daily_until_it_is(
    pharmacy: Pharmacy,
) -> None:
    session = await ended_esketamine(pharmacy)
    due_at = pharmacy.clock.now + timedelta(days=7)
    path = f"/sessions/{session.id}/monitoring-form"
    for hours in (-1, 0, 23, 24):
        pharmacy.clock.now = due_at + timedelta(hours=hours)
        await pharmacy.keep_promises()
    called = await pharmacy.calls()
    assert [call["reason"] for call in called] == ["report_overdue"] * 2
    assert {call["session_id"] for call in called} == {session.id}

    incomplete = await pharmacy.post(f"{path}/submitted", {"reference": "FAX-1"})
    missing = [conflict["field"] for conflict in incomplete.json()["conflicts"]]
    filled = {**dict.fromkeys(missing, False), "dissociation_onset_minutes": 20, **ON_PAPER}
    named = await pharmacy.post(f"{path}/submitted", {"reference": "FAX-1", "by_hand": missing})
    assert (named.status_code, named.json()["errors"][0]["pointer"]) == (422, "/by_hand")
    wrong = {"reference": "FAX-1", "by_hand": {**filled, "dose_mg": 56}}
    refused = await pharmacy.post(f"{path}/submitted", wrong)
    assert (refused.status_code, refused.json()["code"]) == (422, "not_by_hand")
    mistyped = {**filled, "concomitant_maoi": "perhaps", "blood_pressure_at_end": False}
    refused = await pharmacy.post(f"{path}/submitted", {**wrong, "by_hand": mistyped})
    assert (refused.status_code, refused.json()["code"]) == (422, "not_such_an_answer")
    assert {c["field"]: c["answer"] for c in refused.json()["conflicts"]} == {
        "concomitant_maoi": "yes_or_no",
        "blood_pressure_at_end": "pressure",
    }
    sent = {"reference": "FAX-1", "by_hand": filled}
    form = await pharmacy.done(f"{path}/submitted", sent)
    assert (form["submitted_by"], form["by_hand"]) == ("usr_ada", filled)
    pharmacy.clock.now = due_at + timedelta(days=5)
    await pharmacy.keep_promises()

    assert len(await pharmacy.calls()) == 2
    again = await pharmacy.post(f"{path}/submitted", sent)
    assert (again.status_code, again.json()["code"]) == (409, "form_submitted")


async def test_an_end_that_is_corrected_gives_the_form_another_day(pharmacy: Pharmacy) -> None:
    session = await ended_esketamine(pharmacy)
    ended_at = pharmacy.clock.now
    pharmacy.clock.now += timedelta(days=1)
    earlier = {"completed_at": (ended_at - timedelta(minutes=20)).isoformat()}
    path, why = f"/sessions/{session.id}/correct", {"reason": "typed_wrongly"}
    await pharmacy.done(path, {**earlier, **why}, by="prescriber:pre")
    form = (await pharmacy.get(f"/sessions/{session.id}/monitoring-form")).json()
    assert form["due_at"] == "2030-01-14T13:50:00Z"
    pharmacy.clock.now = ended_at + timedelta(days=7, minutes=-19)
    await pharmacy.keep_promises()
    assert [call["reason"] for call in await pharmacy.calls()] == ["report_overdue"]
    pharmacy.clock.now += timedelta(hours=1)
    await pharmacy.keep_promises()
    assert len(await pharmacy.calls()) == 1, "It was called for once more, at the day before."


@pytest.mark.parametrize(("reason", "is_due"), [("not_given", False), ("booking_error", True)])
async def test_the_form_of_a_void_session_is_called_for_where_the_dose_is_in(
    pharmacy: Pharmacy, reason: str, *, is_due: bool
) -> None:
    session = await ended_esketamine(pharmacy)
    await pharmacy.done(f"/sessions/{session.id}/void", {"reason": reason}, by=ADMIN)
    pharmacy.clock.now = NOON + timedelta(days=8)
    await pharmacy.keep_promises()
    called = [call["reason"] for call in await pharmacy.calls()]
    assert called == ["report_overdue"] * is_due
    form = await pharmacy.get(f"/sessions/{session.id}/monitoring-form")
    assert form.status_code == (200 if is_due else 404)


@pytest.mark.parametrize("number", [10**30, -(10**30), 2**53])
async def test_a_number_that_no_record_can_hold_is_refused(pharmacy: Pharmacy, number: int) -> None:
    session = await ended_esketamine(pharmacy)
    path = f"/sessions/{session.id}/monitoring-form"
    missing = (await pharmacy.get(path)).json()["missing"]
    filled = {**dict.fromkeys(missing, False), **ON_PAPER, "dissociation_onset_minutes": number}
    answer = await pharmacy.post(f"{path}/submitted", {"reference": "FAX-1", "by_hand": filled})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/by_hand")
