"""Controlled drugs through the service's own door, on a real MongoDB."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from clinic_sessions.domain.facts import Arrived, Booked
from tests.support.sessions import NOON, a_visit
from tests.support.sessions_pharmacy import VIAL, Pharmacy, amounts, is_refused

PRESCRIBER = "prescriber:pre"
TODAY = {"day": "2030-01-07"}


async def given(pharmacy: Pharmacy, *, number: int = 1) -> str:
    """A vial from which 41 mg were drawn and given, and that is in the store again."""
    vial, session = await pharmacy.received(), await pharmacy.dosed(number=number)
    dose = {"session_id": session.id, "mg": 41}
    await pharmacy.taken(vial)
    await pharmacy.done(f"/vials/{vial}/draws", {**dose, "ml": 0.82})
    await pharmacy.done(f"/vials/{vial}/give", dose, by="nurse:ben")
    await pharmacy.done(f"/vials/{vial}/return", {"to": "store"})
    await pharmacy.ended(session)
    return vial


async def test_a_vial_from_the_supplier_to_the_patient_and_the_closed_day(
    pharmacy: Pharmacy,
) -> None:
    vial, session = await pharmacy.received(), await pharmacy.dosed()
    dose = {"session_id": session.id, "mg": 41}
    await pharmacy.taken(vial)
    await pharmacy.done(f"/vials/{vial}/draws", {"session_id": session.id, "mg": 50, "ml": 1})
    await pharmacy.done(f"/vials/{vial}/give", dose)
    proposed = await pharmacy.done(
        f"/vials/{vial}/waste",
        {"mg": 9, "method": "drug_disposal_pouch", "session_id": session.id},
    )
    waste = proposed["waste"]["id"]
    assert amounts(proposed)["syringe:ses_1"] == 9
    alone = await pharmacy.post(f"/vials/{vial}/waste/{waste}/witness")
    is_refused(alone, 409, "another_person_needed")
    await pharmacy.done(f"/vials/{vial}/waste/{waste}/witness", by="nurse:ben")
    await pharmacy.done(f"/vials/{vial}/return", {"to": "store"})
    await pharmacy.ended(session)

    early = await pharmacy.post("/locations/loc_sample/day-closings", TODAY)
    assert is_refused(early, 409, "day_not_settled") == [
        {"kind": "not_counted", "vial_id": vial, "expected_mg": 450.0}
    ]
    await pharmacy.counted(vial, 450)
    closing = await pharmacy.done("/locations/loc_sample/day-closings", TODAY)

    assert (closing["day"], closing["vials"]) == ("2030-01-07", 1)
    shown = (await pharmacy.get(f"/vials/{vial}", by="auditor:aud")).json()
    assert amounts(shown) == {
        "supplier": -500.0,
        "store": 450.0,
        "patient:ses_1": 41.0,
        "wasted": 9.0,
    }
    assert [entry["kind"] for entry in shown["entries"]] == [
        *("received", "stored", "checked_out", "drawn", "given", "wasted", "stored")
    ]
    assert (shown["entries"][5]["by"], shown["entries"][5]["witness"]) == ("usr_ada", "usr_ben")


async def test_of_many_who_take_one_vial_at_once_one_has_it(pharmacy: Pharmacy) -> None:
    vial = await pharmacy.received()
    people = [f"nurse:n{number}" for number in range(6)]
    answers = await asyncio.gather(
        *(pharmacy.post(f"/vials/{vial}/check-out", by=person) for person in people)
    )
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 5]
    [won] = [n for n, answer in enumerate(answers) if answer.status_code == 200]
    asked = answers[won].json()["check_out"]
    shown = await pharmacy.done(f"/vials/{vial}/check-out/{asked['id']}/witness", by="nurse:dee")
    assert (asked["by"], shown["with_whom"]) == (f"usr_n{won}", f"usr_n{won}")
    assert [entry["kind"] for entry in shown["entries"]].count("checked_out") == 1


async def test_a_day_that_closes_while_somebody_takes_a_vial_is_closed_or_has_the_entry(
    pharmacy: Pharmacy,
) -> None:
    vial = await pharmacy.received()
    await pharmacy.counted(vial, 500)
    asked = (await pharmacy.done(f"/vials/{vial}/check-out"))["check_out"]["id"]
    taken, closed = await asyncio.gather(
        pharmacy.post(f"/vials/{vial}/check-out/{asked}/witness", by="nurse:dee"),
        pharmacy.post("/locations/loc_sample/day-closings", TODAY),
    )
    codes = (taken.status_code, closed.status_code)
    assert codes in {(200, 409), (409, 201)}, (taken.text, closed.text)


async def test_nothing_is_posted_into_a_closed_day_and_a_correction_is_of_the_next(
    pharmacy: Pharmacy,
) -> None:
    vial = await given(pharmacy)
    await pharmacy.counted(vial, 459)
    await pharmacy.done("/locations/loc_sample/day-closings", TODAY)
    again = await pharmacy.post("/locations/loc_sample/day-closings", TODAY)
    is_refused(again, 409, "day_closed")
    is_refused(await pharmacy.post(f"/vials/{vial}/check-out"), 409, "day_closed")
    wrong = {"corrects": 5}
    late = await pharmacy.post(f"/vials/{vial}/corrections", wrong, by=PRESCRIBER)
    is_refused(late, 409, "day_closed")

    pharmacy.clock.now = NOON + timedelta(days=1)
    corrected = await pharmacy.done(f"/vials/{vial}/corrections", wrong, by=PRESCRIBER)

    entry = corrected["entries"][-1]
    assert (entry["kind"], entry["corrects"], entry["at"][:10]) == ("corrected", 5, "2030-01-08")
    assert amounts(corrected)["syringe:ses_1"] == 41
    closings = (await pharmacy.get("/locations/loc_sample/day-closings")).json()
    assert [closing["day"] for closing in closings["items"]] == ["2030-01-07"]


async def test_a_count_that_differs_blocks_the_vial_until_a_person_closes_the_incident(
    pharmacy: Pharmacy,
) -> None:
    vial = await pharmacy.received()
    counted = await pharmacy.done(f"/vials/{vial}/counts", {"shift": "end", "mg": 480})
    incident = counted["blocked_by"]
    [shown] = (await pharmacy.get("/locations/loc_sample/incidents", open="true")).json()["items"]
    assert (shown["expected_mg"], shown["found_mg"]) == (500, 480)
    assert [(r["report"], r["due_at"]) for r in shown["reports"]] == [
        ("dea_notification", "2030-01-08T12:00:00Z"),
        ("form_106", "2030-02-21T12:00:00Z"),
    ]
    blocked = await pharmacy.post(f"/vials/{vial}/check-out")
    assert is_refused(blocked, 409, "vial_blocked")[0]["incident_id"] == incident
    [call] = await pharmacy.calls()
    assert (call["reason"], call["about_id"]) == ("drug_discrepancy", incident)

    end = {"resolution": "written_off", "reason": "vial_broken"}
    path = f"/locations/loc_sample/incidents/{incident}/close"
    assert (await pharmacy.post(path, end)).status_code == 403
    closed = await pharmacy.done(path, end, by=PRESCRIBER)

    assert (closed["closed_by"], closed["is_loss"]) == ("usr_pre", False)
    free = (await pharmacy.get(f"/vials/{vial}")).json()
    assert (free["blocked_by"], amounts(free)["unaccounted"]) == (None, 20)
    is_refused(await pharmacy.post(path, end, by=PRESCRIBER), 409, "incident_closed")


async def test_a_dose_that_was_not_drawn_keeps_the_day_open_until_a_person_has_explained_it(
    pharmacy: Pharmacy,
) -> None:
    vial = await pharmacy.received()
    await pharmacy.ended(await pharmacy.dosed())
    await pharmacy.counted(vial, 500)
    refused = await pharmacy.post("/locations/loc_sample/day-closings", TODAY)
    [conflict] = is_refused(refused, 409, "day_not_settled")
    assert (conflict["kind"], conflict["session_id"]) == ("no_draw", "ses_1")


@pytest.mark.parametrize(
    ("wrong", "status", "pointer"),
    [
        ({"volume_ml": -1}, 422, "/volume_ml"),
        ({"strength_mg_per_ml": 0.0001}, 422, "/strength_mg_per_ml"),
        ({"expires_on": "soon"}, 422, "/expires_on"),
        ({"expires_on": "9999-12-31"}, 422, "/expires_on"),
        ({"volume_ml": 0.0000001}, 422, "/volume_ml"),
        ({"strength_mg_per_ml": 0.001, "volume_ml": 0.1}, 422, ""),
        ({"lot": "a lot"}, 422, "/lot"),
    ],
)
async def test_what_cannot_be_is_refused_by_field(
    pharmacy: Pharmacy, wrong: dict[str, object], status: int, pointer: str
) -> None:
    answer = await pharmacy.post("/locations/loc_sample/vials", {**VIAL, **wrong})
    assert answer.status_code == status
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_a_draw_fits_its_session_its_drug_and_its_volume(pharmacy: Pharmacy) -> None:
    vial, other = await pharmacy.received(), await pharmacy.received(drug="esketamine")
    session = await pharmacy.dosed()
    for one in (vial, other):
        await pharmacy.taken(one)
    dose = {"session_id": session.id, "mg": 41}
    off = await pharmacy.post(f"/vials/{vial}/draws", {**dose, "ml": 8.2})
    assert is_refused(off, 422, "volume_does_not_fit") == [{"kind": "volume", "expected_ml": 0.82}]
    is_refused(await pharmacy.post(f"/vials/{other}/draws", dose), 409, "wrong_drug")
    unordered = await pharmacy.handlers.sessions.record(
        replace(session, id="ses_9", patient_id="pat_9", order=None, revision=0),
        Booked(a_visit(chair="chair_2", nurse="nurse_ada", patient_id="pat_9")),
    )
    unordered = await pharmacy.handlers.sessions.record(unordered, Arrived(NOON))
    early = await pharmacy.post(f"/vials/{vial}/draws", {**dose, "session_id": unordered.id})
    is_refused(early, 404, "no_dose_ordered")
    nobody = await pharmacy.post(f"/vials/{vial}/draws", {**dose, "session_id": "ses_none"})
    is_refused(nobody, 404, "session_not_found")
    too_fine = await pharmacy.post(f"/vials/{vial}/draws", {**dose, "mg": 41.0001})
    assert too_fine.json()["errors"][0]["pointer"] == "/mg"


async def test_vials_come_by_page(pharmacy: Pharmacy) -> None:
    ids = [await pharmacy.received() for _ in range(3)]
    first = (await pharmacy.get("/locations/loc_sample/vials", limit="2")).json()
    rest = await pharmacy.get("/locations/loc_sample/vials", limit="2", after=first["after"])
    assert first["has_more"]
    assert [vial["id"] for vial in (*first["items"], *rest.json()["items"])] == ids


async def test_what_belongs_to_another_place_looks_like_what_is_not_there(
    pharmacy: Pharmacy,
) -> None:
    vial = await pharmacy.received()
    stranger = "nurse:ada@loc_elsewhere"
    for path, missing in (
        (f"/vials/{vial}", "/vials/via_none"),
        ("/locations/loc_sample/vials", "/locations/loc_none/vials"),
        ("/locations/loc_sample/incidents", "/locations/loc_none/incidents"),
    ):
        foreign = await pharmacy.get(path, by=stranger)
        absent = await pharmacy.get(missing, by=stranger)
        bodies = [{**answer.json(), "trace_id": ""} for answer in (foreign, absent)]
        assert foreign.status_code == absent.status_code == 404
        assert bodies[0] == bodies[1]
    is_refused(await pharmacy.post(f"/vials/{vial}/check-out", by=stranger), 404, "vial_not_found")


async def test_an_auditor_reads_and_posts_nothing(pharmacy: Pharmacy) -> None:
    vial = await pharmacy.received()
    assert (await pharmacy.get(f"/vials/{vial}", by="auditor:aud")).status_code == 200
    assert (await pharmacy.post(f"/vials/{vial}/check-out", by="auditor:aud")).status_code == 403
