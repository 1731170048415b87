"""The volume of a dose at the strength of the vial that it is prepared from."""

from dataclasses import replace

import pytest

from clinic_sessions.domain.bedside import dosing
from clinic_sessions.domain.bedside.dose import DoseOrder, FromVial, order_dose
from clinic_sessions.domain.drugs.drawing import check_strength, is_of_strength, strength_differs
from clinic_sessions.domain.errors import DilutionNeeded, StrengthDiffers
from clinic_sessions.domain.facts import Arrived, Checked, DoseOrdered
from tests.support.sessions import NOON, a_protocol, a_session, good_facts
from tests.support.sessions_drugs import RULES, a_product, a_vial

PROTOCOL = a_protocol()
ORDERED = order_dose(
    PROTOCOL, number=1, weight_kg=82, mg_per_kg=0.5, ordered_by="usr_petra", now=NOON
)


def prepared(mg_per_ml: float | None, *, is_diluted: bool = False) -> DoseOrder:
    session = a_session(Arrived(NOON), Checked(good_facts(NOON)), DoseOrdered(ORDERED))
    source = None if mg_per_ml is None else FromVial("via_1", mg_per_ml)
    return dosing.prepare(
        session,
        1,
        PROTOCOL.giving,
        by="usr_ada",
        is_diluted=is_diluted,
        source=source,
        now=NOON,
    ).order


def volume(order: DoseOrder) -> tuple[float | None, float | None]:
    return order.volume_ml, order.concentration_mg_per_ml


def test_a_dose_has_the_volume_of_the_vial_it_is_prepared_from() -> None:
    assert volume(ORDERED) == (0.82, 50) == volume(prepared(None))
    assert volume(prepared(10)) == (4.1, 10)
    assert volume(prepared(100, is_diluted=True)) == (0.41, 100)
    assert (prepared(10).dose_mg, prepared(10).rate_mg_per_min) == (41, 1.025)
    kept = prepared(10).prepared
    assert kept is not None
    assert (kept.by, kept.vial_id) == ("usr_ada", "via_1")


def test_a_vial_of_a_strength_that_is_diluted_needs_it_though_the_order_did_not() -> None:
    assert not ORDERED.needs_dilution
    with pytest.raises(DilutionNeeded):
        prepared(100)
    assert prepared(100, is_diluted=True).needs_dilution


def test_a_vial_of_another_strength_than_was_reckoned_with_is_refused_with_both_volumes() -> None:
    strong = replace(a_product(), strength=100_000)
    with pytest.raises(StrengthDiffers) as refused:
        check_strength(ORDERED, strong, rules=RULES)
    assert refused.value.conflicts == [
        {
            "kind": "strength",
            "ordered_ml": 0.82,
            "expected_ml": 0.41,
            "strength_mg_per_ml": 100,
        }
    ]
    check_strength(prepared(100, is_diluted=True), strong, rules=RULES)


def test_an_order_that_was_kept_without_its_strength_is_held_against_the_vial_too() -> None:
    old = replace(ORDERED, concentration_mg_per_ml=None)
    assert is_of_strength(old, a_product(), rules=RULES)
    assert not is_of_strength(old, replace(a_product(), strength=100_000), rules=RULES)


def test_a_device_has_no_volume_that_could_differ() -> None:
    device = replace(ORDERED, volume_ml=None, devices=2)
    assert is_of_strength(device, replace(a_product(), strength=1), rules=RULES)


def test_what_the_verified_volume_holds_of_another_vial_is_shown_in_micrograms() -> None:
    vial = a_vial()
    strong = replace(vial, product=replace(vial.product, strength=100_000))
    difference = strength_differs(ORDERED, strong, "ses_1")
    assert (difference.kind, difference.expected, difference.found) == (
        "strength_differs",
        41_000,
        82_000,
    )
