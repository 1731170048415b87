"""What is promised about controlled drugs: nightly reconciling, loss reports, monitoring forms."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from clinic_sessions.domain.session import Session
from clinic_sessions.handlers import Handlers
from tests.support.sessions import NOON, a_location
from tests.support.sessions_pharmacy import ESKETAMINE, Pharmacy, a_pharmacy

NIGHT = datetime(2030, 1, 8, 10, tzinfo=UTC)  # 04:00 in Chicago
ADMIN = "location_admin:adm"


@pytest.fixture
async def pharmacy(mongo_url: str) -> AsyncIterator[Pharmacy]:
    async with a_pharmacy(mongo_url) as pharmacy:
        yield pharmacy


async def nights(pharmacy: Pharmacy) -> list[tuple[str, str]]:
    rows = await pharmacy.kit.database.collection("promises").find(
        {"kind": "reconcile_drugs"}, sort=[("due_at", 1)]
    )
    return [(row["_id"].rpartition("/")[2], row["state"]) for row in rows]


async def test_a_place_is_reconciled_every_night_from_its_first_vial_on(
    pharmacy: Pharmacy,
) -> None:
    for _ in range(2):
        await pharmacy.received()
    assert await nights(pharmacy) == [("2030-01-08", "pending")]
    pharmacy.clock.now = NIGHT
    assert await pharmacy.keep_promises() == 1
    assert await nights(pharmacy) == [("2030-01-08", "kept"), ("2030-01-09", "pending")]
    assert await pharmacy.calls() == []


async def test_nights_that_were_missed_are_not_made_up_for_and_the_next_one_comes(
    pharmacy: Pharmacy,
) -> None:
    await pharmacy.received()
    pharmacy.clock.now = NIGHT + timedelta(days=20)
    await pharmacy.keep_promises()
    assert await nights(pharmacy) == [("2030-01-08", "lapsed"), ("2030-01-29", "pending")]


async def test_a_dose_that_the_ledger_does_not_know_becomes_one_incident_and_one_call(
    pharmacy: Pharmacy,
) -> None:
    await pharmacy.received()
    await pharmacy.ended(await pharmacy.dosed())
    for day in range(2):
        pharmacy.clock.now = NIGHT + timedelta(days=day)
        await pharmacy.keep_promises()
    [incident] = (await pharmacy.get("/locations/loc_sample/incidents")).json()["items"]
    assert (incident["kind"], incident["session_id"]) == ("no_draw", "ses_1")
    assert (incident["expected_mg"], incident["found_mg"]) == (41, 0)
    calls = [call["reason"] for call in await pharmacy.calls()]
    assert calls.count("drug_discrepancy") == 1


async def test_what_was_drawn_given_and_noted_is_no_difference(pharmacy: Pharmacy) -> None:
    vial, session = await pharmacy.received(), await pharmacy.dosed()
    dose = {"session_id": session.id, "mg": 41}
    await pharmacy.taken(vial)
    await pharmacy.done(f"/vials/{vial}/draws", dose)
    await pharmacy.done(f"/vials/{vial}/give", dose)
    await pharmacy.ended(session)
    pharmacy.clock.now = NIGHT
    await pharmacy.keep_promises()
    assert (await pharmacy.get("/locations/loc_sample/incidents")).json()["items"] == []


async def test_what_was_given_in_a_session_that_is_void_is_found(pharmacy: Pharmacy) -> None:
    vial, session = await pharmacy.received(), await pharmacy.dosed()
    dose = {"session_id": session.id, "mg": 41}
    await pharmacy.taken(vial)
    await pharmacy.done(f"/vials/{vial}/draws", dose)
    await pharmacy.done(f"/vials/{vial}/give", dose)
    await pharmacy.ended(session)
    await pharmacy.done(f"/sessions/{session.id}/void", {"reason": "wrong_patient"}, by=ADMIN)
    pharmacy.clock.now = NIGHT
    await pharmacy.keep_promises()
    [incident] = (await pharmacy.get("/locations/loc_sample/incidents")).json()["items"]
    assert (incident["kind"], incident["vial_id"]) == ("given_without_session", vial)


async def given(pharmacy: Pharmacy, session: Session, mg: float = 41) -> str:
    """By a vial of its own, which is in the store again; its id."""
    vial = await pharmacy.received()
    await pharmacy.drawn(vial, session, mg=mg, given=True)
    await pharmacy.done(f"/vials/{vial}/return", {"to": "store"})
    return vial


async def reconciled(pharmacy: Pharmacy, at: datetime) -> list[tuple[str, float, float]]:
    """Kind, expected and found of each incident, the oldest first."""
    pharmacy.clock.now = at
    await pharmacy.keep_promises()
    found = sorted(await pharmacy.incidents(), key=lambda incident: str(incident["opened_at"]))
    return [(one["kind"], one["expected_mg"], one["found_mg"]) for one in found]


async def explained(pharmacy: Pharmacy, incident_id: str, resolution: str = "explained") -> None:
    end = {"resolution": resolution, "reason": "paper_record"}
    await pharmacy.done(f"/locations/loc_sample/incidents/{incident_id}/close", end, by=ADMIN)


async def test_what_is_given_to_a_session_that_began_before_the_night_looks_back_is_compared(
    pharmacy: Pharmacy,
) -> None:
    """Drawn while it may be, given when nobody looks at the session any more."""
    session = await pharmacy.ended(await pharmacy.dosed())
    vial = await pharmacy.received()
    await pharmacy.drawn(vial, session, mg=51)
    pharmacy.clock.now = NOON + timedelta(days=8)
    await pharmacy.keep_promises()  # the nights until now were missed
    await pharmacy.done(f"/vials/{vial}/give", {"session_id": session.id, "mg": 51})
    await pharmacy.done(f"/vials/{vial}/return", {"to": "store"})
    await pharmacy.counted(vial, 449)
    closing = {"day": "2030-01-15"}
    refused = await pharmacy.post("/locations/loc_sample/day-closings", closing)
    kinds = [conflict["kind"] for conflict in refused.json()["conflicts"]]
    assert (refused.status_code, kinds) == (409, ["given_differs"])
    assert await reconciled(pharmacy, NIGHT + timedelta(days=8)) == [("given_differs", 41, 51)]


async def test_another_amount_is_another_incident_even_after_the_first_was_explained(
    pharmacy: Pharmacy,
) -> None:
    session = await pharmacy.dosed()
    vial = await given(pharmacy, session, mg=30)
    await pharmacy.ended(session)
    assert await reconciled(pharmacy, NIGHT) == [("given_differs", 41, 30)]
    [first] = await pharmacy.incidents()
    await explained(pharmacy, first["id"])
    assert len(await reconciled(pharmacy, NIGHT + timedelta(days=1))) == 1
    await pharmacy.counted(vial, 470, shift="start")
    await pharmacy.drawn(vial, session, mg=20, given=True)
    await pharmacy.done(f"/vials/{vial}/return", {"to": "store"})
    await pharmacy.counted(vial, 450)
    refused = await pharmacy.post("/locations/loc_sample/day-closings", {"day": "2030-01-09"})
    assert [c["kind"] for c in refused.json()["conflicts"]] == ["given_differs"]
    incidents = await reconciled(pharmacy, NIGHT + timedelta(days=2))
    assert incidents == [("given_differs", 41, 30), ("given_differs", 41, 50)]


async def test_a_day_closes_over_a_difference_that_a_person_has_explained(
    pharmacy: Pharmacy,
) -> None:
    session = await pharmacy.dosed()
    vial = await given(pharmacy, session, mg=30)
    await pharmacy.ended(session)
    await pharmacy.counted(vial, 470)
    await reconciled(pharmacy, NIGHT)
    closing = {"day": "2030-01-07"}
    refused = await pharmacy.post("/locations/loc_sample/day-closings", closing)
    kinds = [conflict["kind"] for conflict in refused.json()["conflicts"]]
    assert kinds == ["incident", "given_differs"]
    [incident] = await pharmacy.incidents()
    await explained(pharmacy, incident["id"])
    assert (await pharmacy.done("/locations/loc_sample/day-closings", closing))["vials"] == 1


async def test_a_difference_blocks_the_vial_until_a_person_has_closed_it(
    pharmacy: Pharmacy,
) -> None:
    session = await pharmacy.dosed()
    vial = await given(pharmacy, session, mg=30)
    await pharmacy.ended(session)
    await reconciled(pharmacy, NIGHT)
    [incident] = await pharmacy.incidents()
    await pharmacy.counted(vial, 470, shift="start")
    blocked = await pharmacy.post(f"/vials/{vial}/check-out")
    assert (blocked.status_code, blocked.json()["code"]) == (409, "vial_blocked")
    assert blocked.json()["conflicts"][0]["incident_id"] == incident["id"]
    await explained(pharmacy, incident["id"], "written_off")
    free = await pharmacy.taken(vial)
    assert (free["blocked_by"], free["remaining_mg"]) == (None, 470)  # the patient has the rest


async def test_what_was_left_in_a_syringe_is_written_off_from_there(pharmacy: Pharmacy) -> None:
    session = await pharmacy.dosed()
    vial = await pharmacy.received()
    await pharmacy.drawn(vial, session, mg=45)
    await pharmacy.done(f"/vials/{vial}/give", {"session_id": session.id, "mg": 41})
    await pharmacy.ended(session)
    assert await reconciled(pharmacy, NIGHT) == [("syringe_open", 0, 4)]
    [incident] = await pharmacy.incidents()
    await explained(pharmacy, incident["id"], "written_off")
    shown = (await pharmacy.get(f"/vials/{vial}")).json()
    left = {row["kind"]: row["mg"] for row in shown["balances"]}
    assert (left["syringe"], left["unaccounted"], left["with"]) == (0, 4, 455)


async def test_a_vial_stays_blocked_until_the_last_incident_about_it_is_closed(
    pharmacy: Pharmacy,
) -> None:
    session = await pharmacy.dosed()
    vial = await given(pharmacy, session, mg=30)
    await pharmacy.ended(session)
    await reconciled(pharmacy, NIGHT)
    [first] = await pharmacy.incidents()
    count = {"shift": "end", "mg": 400}
    for person in ("nurse:ada", "nurse:ben"):  # two who find the same: one incident
        await pharmacy.done(f"/vials/{vial}/counts", count, by=person)
    [second] = [one for one in await pharmacy.incidents() if one["id"] != first["id"]]
    assert second["kind"] == "count_differs"
    await explained(pharmacy, first["id"])
    shown = (await pharmacy.get(f"/vials/{vial}")).json()
    assert shown["blocked_by"] == second["id"]
    await explained(pharmacy, second["id"], "written_off")
    shown = (await pharmacy.get(f"/vials/{vial}")).json()
    assert (shown["blocked_by"], shown["remaining_mg"]) == (None, 400)


async def test_what_was_given_and_is_taken_back_long_after_opens_an_incident_at_once(
    pharmacy: Pharmacy,
) -> None:
    session = await pharmacy.dosed()
    vial = await given(pharmacy, session)
    await pharmacy.ended(session)
    pharmacy.clock.now = NOON + timedelta(days=9)
    shown = (await pharmacy.get(f"/vials/{vial}")).json()
    [wrong] = [entry["number"] for entry in shown["entries"] if entry["kind"] == "given"]
    path = f"/vials/{vial}/corrections"
    corrected = await pharmacy.done(path, {"corrects": wrong}, by="prescriber:pre")
    incidents = {one["kind"]: one for one in await pharmacy.incidents()}
    assert set(incidents) == {"given_differs", "syringe_open"}
    assert (incidents["given_differs"]["expected_mg"], incidents["given_differs"]["found_mg"]) == (
        41,
        0,
    )
    assert corrected["blocked_by"] in {one["id"] for one in incidents.values()}
    await reconciled(pharmacy, NIGHT + timedelta(days=9))
    assert len(await pharmacy.incidents()) == 2


async def test_a_correction_soon_after_is_left_to_the_night(pharmacy: Pharmacy) -> None:
    session = await pharmacy.dosed()
    vial = await given(pharmacy, session)
    await pharmacy.ended(session)
    shown = (await pharmacy.get(f"/vials/{vial}")).json()
    [wrong] = [entry["number"] for entry in shown["entries"] if entry["kind"] == "given"]
    path = f"/vials/{vial}/corrections"
    await pharmacy.done(path, {"corrects": wrong}, by="prescriber:pre")
    assert await pharmacy.incidents() == []
    assert len(await reconciled(pharmacy, NIGHT)) == 2


async def test_a_day_that_nobody_closes_is_called_for_daily_until_somebody_does(
    pharmacy: Pharmacy,
) -> None:
    """From noon of the next day on, by the place's clock; a day on which nothing moved is not."""
    vial = await pharmacy.received()
    next_noon = datetime(2030, 1, 8, 18, tzinfo=UTC)
    called = []
    for hours in (-1, 0, 23, 24):
        pharmacy.clock.now = next_noon + timedelta(hours=hours)
        await pharmacy.keep_promises()
        called.append(len(await pharmacy.calls(of_days=True)))
    assert called == [0, 1, 1, 2]
    calls = await pharmacy.calls(of_days=True)
    assert {(call["about_id"], call["patient_id"]) for call in calls} == {("2030-01-07", None)}
    await pharmacy.counted(vial, 500)
    await pharmacy.done("/locations/loc_sample/day-closings", {"day": "2030-01-07"})
    pharmacy.clock.now = next_noon + timedelta(days=5)
    await pharmacy.keep_promises()
    assert len(await pharmacy.calls(of_days=True)) == 2


async def blocked(pharmacy: Pharmacy) -> str:
    vial = await pharmacy.received()
    counted = await pharmacy.done(f"/vials/{vial}/counts", {"shift": "end", "mg": 100})
    return f"/locations/loc_sample/incidents/{counted['blocked_by']}"


async def test_an_incident_nobody_closes_is_called_for_each_day_from_the_first_deadline_on(
    pharmacy: Pharmacy,
) -> None:
    await blocked(pharmacy)
    for hours in (23, 24, 47, 48):
        pharmacy.clock.now = NOON + timedelta(hours=hours)
        await pharmacy.keep_promises()
    reasons = [call["reason"] for call in await pharmacy.calls()]
    assert reasons == ["drug_discrepancy", *["drug_incident_open"] * 2]


async def test_a_loss_is_called_for_until_it_is_reported(pharmacy: Pharmacy) -> None:
    incident = await blocked(pharmacy)
    end = {"resolution": "theft_or_significant_loss", "reason": "seal_broken"}
    assert (await pharmacy.done(f"{incident}/close", end, by=ADMIN))["is_loss"]
    pharmacy.clock.now = NOON + timedelta(hours=24)
    await pharmacy.keep_promises()
    told = {"report": "dea_notification", "reference": "LETTER-1"}
    await pharmacy.done(f"{incident}/reports", told, by=ADMIN)
    for days in (2, 3, 46):
        pharmacy.clock.now = NOON + timedelta(days=days)
        await pharmacy.keep_promises()
    reasons = [call["reason"] for call in await pharmacy.calls()]
    assert reasons == ["drug_discrepancy", *["loss_report_overdue"] * 2]  # the letter, form 106
    again = await pharmacy.post(f"{incident}/reports", told, by=ADMIN)
    assert (again.status_code, again.json()["allowed"]) == (409, ["form_106"])


async def test_what_is_no_loss_is_not_called_for(pharmacy: Pharmacy) -> None:
    incident = await blocked(pharmacy)
    end = {"resolution": "miscounted", "reason": "vial_overlooked"}
    await pharmacy.done(f"{incident}/close", end, by=ADMIN)
    pharmacy.clock.now = NOON + timedelta(days=60)
    await pharmacy.keep_promises()
    assert [call["reason"] for call in await pharmacy.calls()] == ["drug_discrepancy"]


async def ended_esketamine(pharmacy: Pharmacy) -> Session:
    session = await pharmacy.dosed(protocol=ESKETAMINE)
    pharmacy.clock.now = NOON + timedelta(minutes=130)
    return await pharmacy.ended(session)


async def test_the_end_of_a_session_in_a_risk_programme_makes_its_form(
    pharmacy: Pharmacy,
) -> None:
    session = await ended_esketamine(pharmacy)
    form = (await pharmacy.get(f"/sessions/{session.id}/monitoring-form")).json()
    assert (form["form"], form["version"]) == ("esketamine-monitoring", 2)
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
    filled = {**dict.fromkeys(missing, False), "dissociation_onset_minutes": 20}
    named = await pharmacy.post(f"{path}/submitted", {"reference": "FAX-1", "by_hand": missing})
    assert (named.status_code, named.json()["errors"][0]["pointer"]) == (422, "/by_hand")
    wrong = {"reference": "FAX-1", "by_hand": {**filled, "dose_mg": 56}}
    refused = await pharmacy.post(f"{path}/submitted", wrong)
    assert (refused.status_code, refused.json()["code"]) == (422, "not_by_hand")
    sent = {"reference": "FAX-1", "by_hand": filled}
    form = await pharmacy.done(f"{path}/submitted", sent)
    assert (form["submitted_by"], form["by_hand"]) == ("usr_ada", filled)
    pharmacy.clock.now = due_at + timedelta(days=5)
    await pharmacy.keep_promises()

    assert len(await pharmacy.calls()) == 2
    again = await pharmacy.post(f"{path}/submitted", sent)
    assert (again.status_code, again.json()["code"]) == (409, "form_submitted")


async def test_the_form_of_a_session_that_is_void_is_not_called_for(pharmacy: Pharmacy) -> None:
    session = await ended_esketamine(pharmacy)
    await pharmacy.done(f"/sessions/{session.id}/void", {"reason": "wrong_patient"}, by=ADMIN)
    pharmacy.clock.now = NOON + timedelta(days=30)
    await pharmacy.keep_promises()
    assert await pharmacy.calls() == []
    assert (await pharmacy.get(f"/sessions/{session.id}/monitoring-form")).status_code == 404


async def test_at_a_place_whose_registration_has_expired_no_gate_lets_a_dose_through(
    pharmacy: Pharmacy,
) -> None:
    session = await pharmacy.dosed()
    open_there = await pharmacy.handlers.drug_facts(session, "ketamine")
    location = await pharmacy.handlers.locations.get("loc_sample")
    bare = replace(a_location().details, registration=None)
    await pharmacy.handlers.locations.record(location, location.describe(bare))
    shut = (await pharmacy.get(f"/sessions/{session.id}/readiness")).json()
    assert open_there["registration_is_valid"].value is True
    [finding] = [f for f in shut["findings"] if f["rule"] == "G-REGISTRATION"]
    assert (finding["why"], finding["waivable_by"]) == ("hit", [])


async def test_where_the_rules_want_it_a_dose_is_verified_only_once_it_was_drawn(
    pharmacy: Pharmacy,
) -> None:
    session = await pharmacy.dosed()
    strict = replace(pharmacy.handlers.drugs.rules, draw_before_dose=True)
    handlers = replace(pharmacy.handlers, drugs=replace(pharmacy.handlers.drugs, rules=strict))

    async def is_missing(to: Handlers = handlers) -> object:
        return (await to.drug_facts(session, "ketamine"))["draw_is_missing"].value

    assert await is_missing() is False  # there is no ledger yet
    vial = await pharmacy.received()
    assert await is_missing() is True
    assert await is_missing(pharmacy.handlers) is False
    await pharmacy.taken(vial)
    await pharmacy.done(f"/vials/{vial}/draws", {"session_id": session.id, "mg": 41})
    assert await is_missing() is False
