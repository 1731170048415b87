"""A dose, the vial it is drawn from, and the second person who verifies its volume."""

from typing import Any

from tests.support.answers import done, refused
from tests.support.sessions_bedside import OTHER_NURSE, PRESCRIBER, Bedside
from tests.support.sessions_pharmacy import Pharmacy, amounts, is_refused

STRONG = {"strength_mg_per_ml": 100}


async def at_the_vials(bedside: Bedside, **changes: object) -> tuple[Pharmacy, str]:
    """The patient is checked and a dose ordered; the nurse has a vial. Its id."""
    await bedside.checked()
    await bedside.do("dose-orders", {"mg_per_kg": 0.5}, by=PRESCRIBER)
    pharmacy = Pharmacy(bedside.service)
    vial = await pharmacy.received(**changes)
    await pharmacy.taken(vial)
    return pharmacy, vial


async def test_from_a_vial_of_another_strength_nothing_is_drawn_until_it_is_prepared_from_it(
    bedside: Bedside,
) -> None:
    pharmacy, vial = await at_the_vials(bedside, **STRONG)
    await bedside.do("dose-orders/1/prepare")
    draw = {"session_id": bedside.session, "mg": 41}
    conflicts = is_refused(
        await pharmacy.post(f"/vials/{vial}/draws", draw), 409, "strength_differs"
    )
    assert conflicts == [
        {
            "kind": "strength",
            "ordered_ml": 0.82,
            "expected_ml": 0.41,
            "strength_mg_per_ml": 100.0,
        }
    ]
    refused(await bedside.post("dose-orders/1/prepare", {"vial_id": vial}), 409, "dilution_needed")
    shown = await bedside.do("dose-orders/1/prepare", {"vial_id": vial, "is_diluted": True})
    dose = shown["dose"]
    assert (dose["volume_ml"], dose["concentration_mg_per_ml"], dose["vial_id"]) == (
        0.41,
        100.0,
        vial,
    )
    drawn = await pharmacy.done(f"/vials/{vial}/draws", {**draw, "ml": 0.41})
    assert amounts(drawn)[f"syringe:{bedside.session}"] == 41
    assert drawn["entries"][-1]["ml"] == 0.41
    alone = await bedside.post("dose-orders/1/verify")
    refused(alone, 409, "second_person_needed")
    assert (await bedside.do("dose-orders/1/verify", by=OTHER_NURSE))["status"] == "ready"


async def test_a_dose_that_is_ordered_anew_is_not_verified_over_a_syringe_of_another_strength(
    bedside: Bedside,
) -> None:
    pharmacy, vial = await at_the_vials(bedside, **STRONG)
    source = {"vial_id": vial, "is_diluted": True}
    await bedside.do("dose-orders/1/prepare", source)
    await pharmacy.done(f"/vials/{vial}/draws", {"session_id": bedside.session, "mg": 41})
    await bedside.do("dose-orders", {"mg_per_kg": 0.5}, by=PRESCRIBER)
    await bedside.do("dose-orders/2/prepare")
    verify = await bedside.post("dose-orders/2/verify", by=OTHER_NURSE)
    refused(verify, 409, "strength_differs")
    await bedside.do("dose-orders/2/prepare", source)
    assert (await bedside.do("dose-orders/2/verify", by=OTHER_NURSE))["status"] == "ready"


async def test_a_lower_dose_is_not_verified_over_a_syringe_that_holds_the_earlier_one(
    bedside: Bedside,
) -> None:
    pharmacy, vial = await at_the_vials(bedside)
    await pharmacy.done(f"/vials/{vial}/draws", {"session_id": bedside.session, "mg": 41})
    await bedside.do("dose-orders", {"mg_per_kg": 0.3}, by=PRESCRIBER)
    await bedside.do("dose-orders/2/prepare", {"vial_id": vial})
    verify = await bedside.post("dose-orders/2/verify", by=OTHER_NURSE)
    [conflict] = is_refused(verify, 409, "syringe_holds_more")
    rest = {"session_id": bedside.session, "mg": conflict["excess_mg"], "method": "pouch"}
    waste = (await pharmacy.done(f"/vials/{vial}/waste", rest))["waste"]["id"]
    await pharmacy.done(f"/vials/{vial}/waste/{waste}/witness", by="nurse:ben")
    assert (await bedside.do("dose-orders/2/verify", by=OTHER_NURSE))["status"] == "ready"


async def test_what_was_given_from_another_strength_is_noted_and_somebody_looks_into_it(
    bedside: Bedside,
) -> None:
    await bedside.dosed()
    pharmacy = Pharmacy(bedside.service)
    vial = await pharmacy.received(**STRONG)
    await pharmacy.taken(vial)
    draw = {"session_id": bedside.session, "mg": 41}
    drawn = await pharmacy.done(f"/vials/{vial}/draws", draw)
    [incident] = await pharmacy.incidents()
    assert drawn["blocked_by"] == incident["id"]
    assert (incident["kind"], incident["expected_mg"], incident["found_mg"]) == (
        "strength_differs",
        41,
        82,
    )
    [call] = await pharmacy.calls()
    assert (call["reason"], call["about_id"]) == ("drug_discrepancy", incident["id"])
    given = await pharmacy.done(f"/vials/{vial}/give", draw)
    assert amounts(given)[f"patient:{bedside.session}"] == 41


async def test_a_dose_is_prepared_from_a_vial_that_the_caller_has_of_its_drug_and_place(
    bedside: Bedside,
) -> None:
    pharmacy, vial = await at_the_vials(bedside)
    other = await pharmacy.received(drug="esketamine")
    stored = await pharmacy.received()
    await pharmacy.taken(other)

    async def prepare(vial_id: str) -> Any:
        return await bedside.post("dose-orders/1/prepare", {"vial_id": vial_id})

    refused(await prepare(other), 409, "wrong_drug")
    refused(await prepare(stored), 409, "vial_not_with_you")
    refused(await prepare("via_none"), 404, "vial_not_found")
    assert done(await prepare(vial))["dose"]["volume_ml"] == 0.82
