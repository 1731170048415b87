"""What leaves a place for good, or is missing there: nothing by one person alone."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.sessions_pharmacy import VIAL, Pharmacy, amounts, is_refused

PRESCRIBER = "prescriber:pre"
NIGHT = datetime(2030, 1, 8, 10, tzinfo=UTC)  # 04:00 in Chicago, the night after


async def test_stock_is_destroyed_before_two_and_returned_or_transferred_with_its_document(
    pharmacy: Pharmacy,
) -> None:
    one, two, three = [await pharmacy.received() for _ in range(3)]
    body = {"mg": 500, "method": "reverse_distributor", "form_41": "F41-1"}
    waste = (await pharmacy.done(f"/vials/{one}/waste", body))["waste"]["id"]
    seen = await pharmacy.done(f"/vials/{one}/waste/{waste}/witness", by="nurse:ben")
    assert (seen["waste"]["seen_by"], amounts(seen)["store"]) == (["usr_ben"], 500)
    once = await pharmacy.post(f"/vials/{one}/waste/{waste}/witness", by="nurse:ben")
    is_refused(once, 409, "another_person_needed")
    burnt = await pharmacy.done(f"/vials/{one}/waste/{waste}/witness", by="nurse:cyd")
    entry = burnt["entries"][-1]
    assert (entry["witness"], entry["second_witness"]) == ("usr_ben", "usr_cyd")
    both = await pharmacy.post(f"/vials/{two}/waste", {**body, "session_id": "ses_1"})
    assert (both.status_code, both.json()["errors"][0]["rule"]) == (422, "value_error")
    nowhere = await pharmacy.post(f"/vials/{two}/return", {"to": "location", "reference": "TRA-1"})
    is_refused(nowhere, 422, "place_or_document_missing")
    without = await pharmacy.post(f"/vials/{two}/return", {"to": "supplier"})
    is_refused(without, 422, "place_or_document_missing")
    here = {"to": "location", "location_id": "loc_sample", "reference": "TRA-1"}
    is_refused(await pharmacy.post(f"/vials/{three}/return", here), 409, "same_place")
    unregistered = await pharmacy.post(
        f"/vials/{three}/return", {**here, "location_id": "loc_unregistered"}
    )
    assert is_refused(unregistered, 409, "place_not_registered") == [
        {"kind": "registration", "location_id": "loc_unregistered"}
    ]
    back = await sent_away(pharmacy, two, {"to": "supplier", "reference": "RET-1"})
    gone = await sent_away(pharmacy, three, {**here, "location_id": "loc_elsewhere"})
    assert [amounts(vial) for vial in (burnt, back, gone)] == [
        {"supplier": -500, "destroyed": 500},
        {"supplier": -500, "returned": 500},
        {"supplier": -500, "transferred:loc_elsewhere": 500},
    ]
    shelf = (await pharmacy.get("/locations/loc_sample/vials", open="true")).json()
    assert shelf["items"] == []


async def sent_away(pharmacy: Pharmacy, vial: str, back: Mapping[str, object]) -> Any:
    """Nothing moves until another person has witnessed it."""
    asked = await pharmacy.done(f"/vials/{vial}/return", back)
    path = f"/vials/{vial}/check-out/{asked['check_out']['id']}/witness"
    assert amounts(asked)["store"] == 500
    is_refused(await pharmacy.post(path), 409, "another_person_needed")
    return await pharmacy.done(path, by="nurse:ben")


async def test_what_was_sent_and_never_came_is_an_incident_of_the_place_that_sent_it(
    pharmacy: Pharmacy,
) -> None:
    lost, kept = [await pharmacy.received(lot=lot) for lot in ("LOT-SAMPLE-1", "LOT-SAMPLE-2")]
    away = {"to": "location", "location_id": "loc_elsewhere", "reference": "TRA-1"}
    for vial in (lost, kept):
        await sent_away(pharmacy, vial, away)
    came = {**VIAL, "lot": "LOT-SAMPLE-2", "reference": "TRA-1"}
    await pharmacy.done("/locations/loc_elsewhere/vials", came, by="nurse:eve@loc_elsewhere")
    incidents = "/locations/loc_sample/incidents"
    for night in range(1, 5):
        assert (await pharmacy.get(incidents)).json()["items"] == []
        pharmacy.clock.now = NIGHT + timedelta(days=night - 1)
        await pharmacy.keep_promises()
    [incident] = (await pharmacy.get(incidents)).json()["items"]
    assert (incident["kind"], incident["vial_id"], incident["session_id"]) == (
        *("not_received", lost),
        None,
    )
    assert (incident["expected_mg"], incident["found_mg"]) == (500, 0)
    pharmacy.clock.now += timedelta(days=1)
    await pharmacy.keep_promises()
    assert len((await pharmacy.get(incidents)).json()["items"]) == 1


async def test_a_place_without_a_registration_receives_nothing_and_takes_nothing_out(
    pharmacy: Pharmacy,
) -> None:
    vial = await pharmacy.received()
    location = await pharmacy.handlers.locations.get("loc_sample")
    ended = replace(location.details, registration=None)
    await pharmacy.handlers.locations.record(location, location.describe(ended))
    new = await pharmacy.post("/locations/loc_sample/vials", VIAL)
    is_refused(new, 409, "place_not_registered")
    is_refused(await pharmacy.post(f"/vials/{vial}/check-out"), 409, "place_not_registered")
    await sent_away(pharmacy, vial, {"to": "supplier", "reference": "RET-1"})


async def test_what_is_missing_is_not_written_off_by_who_found_or_handled_it(
    pharmacy: Pharmacy,
) -> None:
    vial = await pharmacy.received()
    await pharmacy.taken(vial, by=PRESCRIBER)
    counts = f"/vials/{vial}/counts"
    counted = await pharmacy.done(counts, {"shift": "end", "mg": 480}, by="prescriber:pro")
    path = f"/locations/loc_sample/incidents/{counted['blocked_by']}/close"
    end = {"resolution": "written_off", "reason": "vial_broken"}
    for by in ("prescriber:pro", PRESCRIBER):
        is_refused(await pharmacy.post(path, end, by=by), 409, "another_person_needed")
    closed = await pharmacy.done(path, end, by="location_admin:adm")
    assert closed["closed_by"] == "usr_adm"
