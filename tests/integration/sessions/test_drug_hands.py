"""Who may take a vial and draw from it: counted by two, before a witness, no more than ordered."""

from datetime import timedelta

from tests.support.sessions import NOON
from tests.support.sessions_pharmacy import VIAL, Pharmacy, amounts, is_refused

TODAY = {"day": "2030-01-07"}


async def test_before_its_first_use_in_a_shift_two_people_count_a_vial(pharmacy: Pharmacy) -> None:
    vial = (await pharmacy.done("/locations/loc_sample/vials", VIAL))["id"]
    take = f"/vials/{vial}/check-out"
    is_refused(await pharmacy.post(take), 409, "shift_not_counted")  # one person received it
    await pharmacy.counted(vial, 500)
    is_refused(await pharmacy.post(take), 409, "shift_not_counted")  # that was its end
    await pharmacy.counted(vial, 500, shift="start")
    assert (await pharmacy.taken(vial))["with_whom"] == "usr_ada"
    await pharmacy.done(f"/vials/{vial}/return", {"to": "store"})
    pharmacy.clock.now = NOON + timedelta(days=1)
    is_refused(await pharmacy.post(take), 409, "shift_not_counted")


async def test_from_a_vial_that_was_counted_at_the_end_of_a_shift_no_dose_is_drawn(
    pharmacy: Pharmacy,
) -> None:
    vial, session = await pharmacy.received(), await pharmacy.dosed()
    await pharmacy.taken(vial)
    pharmacy.clock.now = NOON + timedelta(hours=4)
    await pharmacy.counted(vial, 500)
    dose = {"session_id": session.id, "mg": 41}
    is_refused(await pharmacy.post(f"/vials/{vial}/draws", dose), 409, "shift_not_counted")
    pharmacy.clock.now = NOON + timedelta(hours=5)
    await pharmacy.counted(vial, 500, shift="start")
    assert amounts(await pharmacy.done(f"/vials/{vial}/draws", dose))["syringe:ses_1"] == 41


async def test_a_day_does_not_close_by_the_counts_of_its_start(pharmacy: Pharmacy) -> None:
    vial = await pharmacy.received()
    early = await pharmacy.post("/locations/loc_sample/day-closings", TODAY)
    [conflict] = is_refused(early, 409, "day_not_settled")
    assert (conflict["kind"], conflict["vial_id"]) == ("not_counted", vial)


async def test_a_check_out_needs_another_person_by_a_request_of_their_own(
    pharmacy: Pharmacy,
) -> None:
    vial = await pharmacy.received()
    asked = await pharmacy.done(f"/vials/{vial}/check-out")
    assert (asked["with_whom"], asked["check_out"]["by"]) == (None, "usr_ada")
    path = f"/vials/{vial}/check-out/{asked['check_out']['id']}/witness"
    is_refused(await pharmacy.post(path), 409, "another_person_needed")
    again = await pharmacy.post(f"/vials/{vial}/check-out", by="nurse:ben")
    is_refused(again, 409, "check_out_waits")
    nothing = await pharmacy.post(f"/vials/{vial}/check-out/out_none/witness", by="nurse:ben")
    is_refused(nothing, 404, "check_out_not_found")
    taken = await pharmacy.done(path, by="nurse:ben")
    entry = taken["entries"][-1]
    assert (taken["with_whom"], entry["by"], entry["witness"]) == ("usr_ada", "usr_ada", "usr_ben")


async def test_for_a_session_long_over_nothing_is_drawn(pharmacy: Pharmacy) -> None:
    session = await pharmacy.ended(await pharmacy.dosed())
    pharmacy.clock.now = NOON + timedelta(hours=72)
    vial = await pharmacy.received()
    await pharmacy.taken(vial)
    draws, dose = f"/vials/{vial}/draws", {"session_id": session.id, "mg": 20}
    assert (await pharmacy.post(draws, dose)).status_code == 201
    pharmacy.clock.now = NOON + timedelta(hours=72, seconds=1)
    refused = is_refused(await pharmacy.post(draws, dose), 409, "session_long_over")
    assert refused[0]["kind"] == "session"


async def test_no_more_is_drawn_than_was_ordered_and_a_line_holds_back(pharmacy: Pharmacy) -> None:
    """41 mg, and 0.2 mL of dead space and a graduation at 50 mg/mL: 51.5 mg in all."""
    vial, session = await pharmacy.received(), await pharmacy.dosed()
    await pharmacy.taken(vial)
    draws = f"/vials/{vial}/draws"
    too_much = {"session_id": session.id, "mg": 51.501}
    refused = await pharmacy.post(draws, too_much)
    assert is_refused(refused, 409, "more_than_ordered") == [{"kind": "dose", "available_mg": 51.5}]
    await pharmacy.done(draws, {"session_id": session.id, "mg": 41})
    await pharmacy.done(f"/vials/{vial}/give", {"session_id": session.id, "mg": 31})
    refused = await pharmacy.post(draws, {"session_id": session.id, "mg": 41})
    assert is_refused(refused, 409, "more_than_ordered")[0]["available_mg"] == 10.5
    rest = {"session_id": session.id, "mg": 10, "method": "drug_disposal_pouch"}
    waste = (await pharmacy.done(f"/vials/{vial}/waste", rest))["waste"]["id"]
    await pharmacy.done(f"/vials/{vial}/waste/{waste}/witness", by="nurse:ben")
    drawn = await pharmacy.done(draws, {"session_id": session.id, "mg": 20})  # it fell, and anew
    assert amounts(drawn)["syringe:ses_1"] == 20
