"""After the dose over HTTP: adverse events, the ways out, corrections, the signed note."""

from datetime import datetime, timedelta
from typing import Final

from clinic_events import StaffCalled
from clinic_events.ports import Document
from tests.support.answers import done, refused
from tests.support.sessions import TOMORROW
from tests.support.sessions_bedside import APNOEA, LEAVES, LEFT, OTHER_NURSE, PRESCRIBER, Bedside

CANARY: Final = "zwcanary"


async def calls(bedside: Bedside, reason: str) -> list[Document]:
    """Those for this reason, once all is done that is due by now."""
    await bedside.service.keep_promises()
    made = await bedside.published(StaffCalled.name)
    return [call for call in made if call["reason"] == reason]


async def overruns(bedside: Bedside) -> list[Document]:
    return await calls(bedside, "visit_overruns")


async def unreported(bedside: Bedside) -> list[Document]:
    return await calls(bedside, "report_serious_event")


async def test_a_serious_event_that_nobody_reports_calls_somebody_and_stays_open(
    bedside: Bedside,
) -> None:
    await bedside.dosed()
    event = await bedside.do("adverse-events", APNOEA)
    assert event["is_to_be_reported"]
    await bedside.do("abort", {"reason": "emergency_transfer"})
    bedside.clock.now += timedelta(hours=23)
    assert await unreported(bedside) == []
    bedside.clock.now += timedelta(hours=2)
    [call] = await unreported(bedside)
    assert (call["about_id"], call["level"]) == (event["id"], "notice")
    assert call["session_id"] == bedside.session
    assert call["patient_id"] == "pat_1"
    [shown] = (await bedside.get())["bedside"]["adverse_events"]
    assert shown["is_to_be_reported"]
    assert shown["called_at"] is not None
    reported = await bedside.do(f"adverse-events/{event['id']}/report", {"to": "medwatch"})
    assert not reported["is_to_be_reported"]


async def test_a_serious_event_calls_every_day_until_somebody_has_reported_it(
    bedside: Bedside,
) -> None:
    await bedside.dosed()
    event = await bedside.do("adverse-events", APNOEA)
    await bedside.do("abort", {"reason": "emergency_transfer"})
    noted_at, called = bedside.clock(), []
    for hours in (24, 47, 48, 60 * 24):
        bedside.clock.now = noted_at + timedelta(hours=hours)
        called.append(len(await unreported(bedside)))
    assert called == [1, 1, 2, 3]
    bedside.clock.now += timedelta(hours=1)
    again = {**APNOEA, "reason": "seen_by_prescriber"}  # graver, and calls nobody sooner
    await bedside.do(f"adverse-events/{event['id']}/amend", again)
    assert len(await unreported(bedside)) == 3
    await bedside.do(f"adverse-events/{event['id']}/report", {"to": "medwatch"})
    bedside.clock.now += timedelta(days=9)
    assert len(await unreported(bedside)) == 3


async def test_an_event_that_is_serious_again_calls_again(bedside: Bedside) -> None:
    await bedside.dosed()
    event = await bedside.do("adverse-events", APNOEA)
    await bedside.do("abort", {"reason": "emergency_transfer"})
    bedside.clock.now += timedelta(hours=25)
    assert len(await unreported(bedside)) == 1
    mild = {**APNOEA, "grade_clinical": 2, "seriousness": [], "reason": "seen_by_prescriber"}
    await bedside.do(f"adverse-events/{event['id']}/amend", mild)
    bedside.clock.now += timedelta(hours=1)
    await bedside.do(f"adverse-events/{event['id']}/amend", {**APNOEA, "reason": "seen_again"})
    bedside.clock.now += timedelta(hours=25)
    assert len(await unreported(bedside)) == 2


async def test_a_reported_event_calls_nobody(bedside: Bedside) -> None:
    await bedside.dosed()
    event = await bedside.do("adverse-events", APNOEA)
    await bedside.do(f"adverse-events/{event['id']}/report", {"to": "medwatch"})
    await bedside.do("abort", {"reason": "emergency_transfer"})
    bedside.clock.now += timedelta(hours=25)
    assert await unreported(bedside) == []


async def test_the_worst_grade_is_published_and_a_later_one_published_again(
    bedside: Bedside,
) -> None:
    await bedside.watched()
    mild = {**APNOEA, "term": "nausea", "grade_clinical": 2, "seriousness": []}
    await bedside.do("adverse-events", mild)
    await bedside.do("discharge-assessments", LEAVES)
    low = await bedside.post("complete", {"adverse_event_grade_max": 1})
    refused(low, 409, "grade_below_events")
    await bedside.do("complete", {"discharge": "escorted"})
    await bedside.do("adverse-events", APNOEA)

    completed = await bedside.published("sessions.session_completed.v1")
    assert [event["adverse_event_grade_max"] for event in completed] == [2, 4]
    assert completed[1]["session_version"] > completed[0]["session_version"]
    assert completed[0]["given_mg"] == 41.0


async def test_a_peak_of_the_drug_is_severe_by_its_number_and_mild_to_a_clinician(
    bedside: Bedside,
) -> None:
    await bedside.dosed()
    onset = bedside.clock().isoformat()
    for sequence, systolic in enumerate((145, 165), start=1):
        bedside.pass_minutes(10)
        taken = {"device": "monitor_1", "sequence": sequence, "systolic": systolic}
        await bedside.do("readings", {**taken, "taken_at": bedside.clock().isoformat()})
    mild = {**APNOEA, "seriousness": [], "grade_clinical": 1, "onset_at": onset}
    peak = {**mild, "term": "blood_pressure_raised", "grade_numeric": 2}
    account = (await bedside.do("adverse-events", peak))["account"]
    assert (account["grade_numeric"], account["numeric_from"]) == (3, "numeric-grades@1")
    assert account["grade_clinical"] == 1


async def test_without_an_escort_the_patient_stays(bedside: Bedside) -> None:
    await bedside.watched()
    alone = {**LEAVES, "escort_present": False}
    receipt = await bedside.do("discharge-assessments", alone)
    assert [finding["rule"] for finding in receipt["findings"]] == ["D-ESCORT"]
    refused(await bedside.post("complete"), 409, "not_now")
    staying = await bedside.do("extend-stay", {"reason": "no_escort"})
    assert staying["status"] == "extended"
    await bedside.do("discharge-assessments", LEAVES)
    other = refused(
        await bedside.post("complete", {"discharge": "escorted"}), 409, "discharge_is_another"
    )
    assert other["allowed"] == ["extended"]
    shown = await bedside.do("complete")
    assert shown["bedside"]["discharge"]["kind"] == "extended"


async def test_a_blood_pressure_off_the_baseline_leaves_with_a_prescribers_word(
    bedside: Bedside,
) -> None:
    await bedside.watched()
    higher = {**LEAVES, "systolic": 150}
    receipt = await bedside.do("discharge-assessments", higher)
    assert [(f["rule"], f["state"]) for f in receipt["findings"]] == [("D-BP-BASELINE", "waivable")]
    seen = receipt["findings"][0]["facts"]
    waiver = {"gate": "D-BP-BASELINE", "reason": "well_and_stable", "seen": seen}
    await bedside.do("waivers", waiver, by=PRESCRIBER)
    await bedside.do("discharge-assessments", higher)
    assert (await bedside.do("complete"))["status"] == "completed"


async def test_dissociation_is_sent_as_it_is_and_held_against_the_baseline(
    bedside: Bedside,
) -> None:
    await bedside.watched()
    receipt = await bedside.do("discharge-assessments", {**LEAVES, "dissociation": 3})
    assert [(f["rule"], f["facts"]) for f in receipt["findings"]] == [
        ("D-DISSOCIATION", {"dissociation_above_baseline": 3.0})
    ]
    typed = {**LEAVES, "dissociation_above_baseline": 0}
    refused(await bedside.post("discharge-assessments", typed), 422, "unreadable_request")
    await bedside.do("discharge-assessments", {**LEAVES, "dissociation": 1})
    assert (await bedside.do("complete"))["status"] == "completed"


async def test_a_word_about_one_blood_pressure_is_none_about_another(bedside: Bedside) -> None:
    await bedside.watched()
    higher = {**LEAVES, "systolic": 150}
    receipt = await bedside.do("discharge-assessments", higher)
    seen = receipt["findings"][0]["facts"]
    waiver = {"gate": "D-BP-BASELINE", "reason": "stable", "seen": seen}
    await bedside.do("waivers", waiver, by=PRESCRIBER)
    again = await bedside.post("discharge-assessments", higher, by=OTHER_NURSE)
    assert done(again)["is_open"]
    as_far_below = await bedside.do("discharge-assessments", {**LEAVES, "systolic": 98})
    assert [(f["rule"], f["state"]) for f in as_far_below["findings"]] == [
        ("D-BP-BASELINE", "waivable")
    ]
    back = await bedside.do("discharge-assessments", higher)
    assert [finding["state"] for finding in back["findings"]] == ["waivable"]
    refused(await bedside.post("complete"), 409, "not_now")


async def test_the_discharge_and_the_alarms_have_one_baseline(bedside: Bedside) -> None:
    await bedside.checked(systolic=124)
    first = {"device": "monitor_1", "sequence": 1, "taken_at": bedside.clock().isoformat()}
    await bedside.do("readings", {**first, "systolic": 100})
    bedside.pass_minutes(1)
    await bedside.treated()
    receipt = await bedside.do("discharge-assessments", LEAVES)
    [far] = receipt["findings"]
    assert (far["rule"], far["facts"]["systolic_percent_from_baseline"]) == ("D-BP-BASELINE", 26.0)
    assert (await bedside.get("monitoring"))["baseline"]["systolic"]["value"] == 100


async def test_leaving_against_advice_is_documented_and_published(bedside: Bedside) -> None:
    await bedside.watched()
    missing = {**LEFT, "risks_explained": False}
    refused(await bedside.post("leave-against-advice", missing), 409, "not_documented")
    own = {**LEFT, "witness": "usr_ada"}
    refused(await bedside.post("leave-against-advice", own), 409, "witness_needed")
    refused(
        await bedside.post("complete", {"discharge": "against_advice"}), 422, "unreadable_request"
    )
    shown = await bedside.do("leave-against-advice", LEFT)
    assert shown["bedside"]["discharge"]["against_advice"]["witness"] == "usr_ben"
    [completed] = await bedside.published("sessions.session_completed.v1")
    assert completed["discharge"] == "against_advice"


async def test_a_correction_is_published_once_with_a_higher_version(bedside: Bedside) -> None:
    home = await bedside.home()
    ended = (TOMORROW + timedelta(minutes=38)).isoformat()
    anew = {"reason": "typed_wrongly", "dosing_ended_at": ended}
    await bedside.do("correct", anew, by=PRESCRIBER)
    same = await bedside.post("correct", anew, by=PRESCRIBER)
    refused(same, 409, "nothing_to_correct")
    first, second = await bedside.published("sessions.session_completed.v1")
    assert (first["session_version"], second["session_version"]) == (
        home["version"],
        home["version"] + 1,
    )
    assert second["dosing_ended_at"] != first["dosing_ended_at"]
    voided = await bedside.do("void", {"reason": "wrong_patient"}, by=PRESCRIBER)
    assert voided["status"] == "voided"
    refused(await bedside.post("correct", anew, by=PRESCRIBER), 409, "not_now")


async def test_a_note_is_signed_locked_sealed_and_in_no_answer_to_a_command(
    bedside: Bedside,
) -> None:
    await bedside.dosed()
    text = {"text": f"{CANARY}: calm throughout."}
    state = await bedside.do("note", text)
    assert state == {
        "session_id": bedside.session,
        "version": 1,
        "is_signed": False,
        "signed_at": None,
        "addenda": 0,
    }
    refused(await bedside.post("note/sign", {"version": 1}), 409, "not_now")
    bedside.pass_minutes(40)
    await bedside.do("stop-dosing")
    bedside.pass_minutes(60)
    await bedside.do("discharge-assessments", LEAVES)
    await bedside.do("complete")
    await bedside.do("note", {"text": f"{CANARY}: calm throughout, home at noon."})
    changed = refused(await bedside.post("note/sign", {"version": 1}), 409, "note_has_changed")
    assert changed["current"] == 2
    await bedside.do("note/sign", {"version": 2})
    refused(await bedside.post("note", text), 409, "note_is_signed")
    await bedside.do("note/addenda", {"text": f"{CANARY}: called, well."})
    note = await bedside.get("note")
    assert (len(note["drafts"]), note["signed_by"], len(note["addenda"])) == (2, "usr_ada", 1)
    assert (await bedside.get())["bedside"]["note_signed_at"] is not None
    for name in ("notes", "sessions", "outbox", "audit", "idempotency", "receipts"):
        assert CANARY not in str(await bedside.service.kit.database.collection(name).find({})), name


async def test_whose_stay_is_extended_beyond_the_visit_calls_until_they_have_left(
    bedside: Bedside,
) -> None:
    await bedside.watched()
    await bedside.do("discharge-assessments", {**LEAVES, "escort_present": False})
    staying = await bedside.do("extend-stay", {"reason": "no_escort"})
    ends_at = datetime.fromisoformat(staying["ends_at"])
    assert staying["overruns_since"] is None
    bedside.clock.now = ends_at + timedelta(minutes=14)
    assert (await bedside.get())["overruns_since"] == staying["ends_at"]
    assert await overruns(bedside) == []
    bedside.pass_minutes(1)
    [call] = await overruns(bedside)
    assert (call["level"], call["about_id"]) == ("caution", bedside.session)
    assert (call["session_id"], call["patient_id"]) == (bedside.session, "pat_1")
    bedside.pass_minutes(29)
    assert len(await overruns(bedside)) == 1
    bedside.pass_minutes(1)
    assert len(await overruns(bedside)) == 2
    await bedside.do("leave-against-advice", LEFT)
    assert (await bedside.get())["overruns_since"] is None
    bedside.pass_minutes(600)
    assert len(await overruns(bedside)) == 2


async def test_who_has_left_in_time_calls_nobody(bedside: Bedside) -> None:
    await bedside.home()
    bedside.pass_minutes(600)
    assert await overruns(bedside) == []
