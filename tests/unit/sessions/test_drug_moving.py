"""Who may move what of a vial, and when not."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from clinic_sessions.domain.drugs import moving, witnessing
from clinic_sessions.domain.drugs.ledger import STORE, Account
from clinic_sessions.domain.drugs.vial import (
    DiscrepancyFound,
    Vial,
    Waste,
    WasteSeen,
    WasteWitnessed,
)
from clinic_sessions.domain.errors import (
    AnotherPersonNeeded,
    CheckOutNotFound,
    CheckOutTimePassed,
    CheckOutWaits,
    EntryNotFound,
    EntryWasCorrected,
    NotByCorrection,
    NotThatMuch,
    VialBlocked,
    VialExpired,
    VialNotInStore,
    VialNotWithYou,
    VolumeDoesNotFit,
    WasteNotFound,
    WasteTimePassed,
    WasteWaits,
)
from tests.support.sessions import NOON
from tests.support.sessions_drugs import (
    ADA,
    BEN,
    CYD,
    DEE,
    RULES,
    SYRINGE,
    a_drawn_vial,
    a_hand,
    a_product,
    a_vial,
    a_vial_with,
    a_waste,
    asking,
    taken,
    taking,
)

WITHIN = RULES.witness_within


def proposed(vial: Vial, waste: Waste) -> Vial:
    hand = a_hand(waste.proposed_by)
    return vial.after(witnessing.propose_waste(vial, hand, waste, within=WITHIN))


def test_a_vial_that_somebody_has_cannot_be_taken_by_another() -> None:
    with pytest.raises(VialNotInStore):
        taken(a_vial_with(ADA), a_hand(BEN))


def test_until_another_person_witnesses_it_a_vial_stays_in_the_store() -> None:
    vial = a_vial()
    vial = vial.after(asking(vial, a_hand()))
    assert (vial.stored, vial.holder) == (500_000, None)
    with pytest.raises(AnotherPersonNeeded):
        taking(vial, a_hand(ADA))
    with pytest.raises(CheckOutWaits) as refused:
        asking(vial, a_hand(BEN, minutes=30), "out_2")
    assert refused.value.conflicts == [{"kind": "check_out", "check_out_id": "out_1"}]
    seen = taking(vial, a_hand(BEN, minutes=30))
    after = vial.after(seen)
    assert (after.stored, after.holder, after.check_out) == (0, ADA, None)
    assert (seen.entry.by, seen.entry.witness) == (ADA, BEN)
    with pytest.raises(CheckOutNotFound):
        taking(after, a_hand(BEN, minutes=30))


def test_a_check_out_that_nobody_witnessed_in_time_is_asked_for_anew() -> None:
    vial = a_vial()
    vial = vial.after(asking(vial, a_hand()))
    with pytest.raises(CheckOutTimePassed):
        taking(vial, a_hand(BEN, minutes=31))
    again = asking(vial, a_hand(CYD, minutes=31), "out_2")
    assert again.check_out.by == CYD


def test_what_blocks_a_vial_meanwhile_keeps_it_in_the_store() -> None:
    vial = a_vial()
    vial = vial.after(asking(vial, a_hand()))
    with pytest.raises(VialBlocked):
        taking(replace(vial, incident_id="inc_1"), a_hand(BEN))


def test_what_is_sent_away_leaves_before_a_witness_and_past_its_last_day_too() -> None:
    vial = a_vial(product=replace(a_product(), expires_on=date(2030, 1, 6)))
    asked = vial.after(asking(vial, a_hand(), kind="returned", reference="RET-1"))
    assert asked.stored == 500_000
    with pytest.raises(AnotherPersonNeeded):
        taking(asked, a_hand(ADA))
    entry = taking(asked, a_hand(BEN)).entry
    assert (entry.kind, entry.witness, entry.reference) == ("returned", BEN, "RET-1")
    gone = asked.after(taking(asked, a_hand(BEN)))
    assert (gone.is_settled, gone.ledger.total(["returned"])) == (True, 500_000)
    there = asking(vial, a_hand(), kind="transferred", place_id="loc_2", reference="TRA-1")
    handed = vial.after(there)
    assert taking(handed, a_hand(BEN)).entry.target == Account("transferred", "loc_2")


def test_unused_stock_is_destroyed_before_two_who_did_not_propose_it() -> None:
    stock = a_waste(source=STORE, micrograms=500_000, kind="destroyed")
    vial = proposed(a_vial(), stock)
    first = witnessing.witness_waste(vial, a_hand(BEN), "wst_1", within=WITHIN)
    assert isinstance(first, WasteSeen)
    vial = vial.after(first)
    assert vial.stored == 500_000
    for person in (ADA, BEN):
        with pytest.raises(AnotherPersonNeeded):
            witnessing.witness_waste(vial, a_hand(person), "wst_1", within=WITHIN)
    second = witnessing.witness_waste(vial, a_hand(CYD), "wst_1", within=WITHIN)
    assert isinstance(second, WasteWitnessed)
    assert (second.entry.by, second.entry.witness, second.entry.second_witness) == (ADA, BEN, CYD)
    burnt = vial.after(second)
    assert (burnt.stored, burnt.ledger.total(["destroyed"]), burnt.waste) == (0, 500_000, None)
    for person in (ADA, BEN, CYD):
        with pytest.raises(AnotherPersonNeeded):
            moving.correct(burnt, a_hand(person), second.entry.number)
    assert moving.correct(burnt, a_hand(DEE), second.entry.number).entry.target == STORE


def test_only_the_one_who_has_the_vial_draws_from_it_or_puts_it_back() -> None:
    vial = a_vial_with(ADA)
    with pytest.raises(VialNotWithYou):
        moving.draw(vial, a_hand(BEN), session_id="ses_1", micrograms=1_000)
    with pytest.raises(VialNotWithYou):
        moving.store(vial, a_hand(BEN))


def test_more_than_the_vial_holds_cannot_be_drawn() -> None:
    with pytest.raises(NotThatMuch):
        moving.draw(a_vial_with(), a_hand(), session_id="ses_1", micrograms=500_001)


def test_a_vial_is_used_on_its_last_day_by_the_places_clock_and_not_after() -> None:
    vial = a_vial(product=replace(a_product(), expires_on=date(2030, 1, 7)))
    late_at_night = a_hand(minutes=17 * 60)  # 05:00 UTC on the 8th, 23:00 in Chicago on the 7th
    assert taken(vial, late_at_night).holder == ADA
    with pytest.raises(VialExpired):
        taken(vial, a_hand(minutes=19 * 60))


def test_what_was_to_be_destroyed_stays_when_the_vial_is_blocked_before_it_is_witnessed() -> None:
    stock = a_waste(source=STORE, micrograms=100_000, kind="destroyed")
    blocked = proposed(a_vial(), stock).after(DiscrepancyFound(None, "inc_1"))
    with pytest.raises(VialBlocked):
        witnessing.witness_waste(blocked, a_hand(BEN), "wst_1", within=WITHIN)
    rest = proposed(a_drawn_vial(50), a_waste()).after(DiscrepancyFound(None, "inc_1"))
    seen = witnessing.witness_waste(rest, a_hand(BEN), "wst_1", within=WITHIN)
    assert isinstance(seen, WasteWitnessed)


def test_who_gave_of_a_syringe_does_not_witness_the_waste_of_its_rest() -> None:
    drawn = a_drawn_vial(50)
    given = drawn.after(moving.give(drawn, a_hand(CYD), session_id="ses_1", micrograms=41_000))
    rest = proposed(given, a_waste())
    for hand in (ADA, CYD):
        with pytest.raises(AnotherPersonNeeded):
            witnessing.witness_waste(rest, a_hand(hand), "wst_1", within=WITHIN)
    seen = witnessing.witness_waste(rest, a_hand(BEN), "wst_1", within=WITHIN)
    assert isinstance(seen, WasteWitnessed)


def test_a_blocked_vial_gives_nothing_out_but_what_has_happened_is_noted() -> None:
    vial = replace(a_drawn_vial(), incident_id="inc_1")
    with pytest.raises(VialBlocked) as refused:
        moving.draw(vial, a_hand(), session_id="ses_2", micrograms=1_000)
    assert refused.value.conflicts == [{"kind": "incident", "incident_id": "inc_1"}]
    with pytest.raises(VialBlocked):
        asking(vial, a_hand(), kind="returned", reference="RET-1")
    with pytest.raises(VialBlocked):
        proposed(vial, a_waste(source=Account("with", ADA)))
    given = moving.give(vial, a_hand(BEN), session_id="ses_1", micrograms=41_000)
    stored = moving.store(vial, a_hand(ADA))
    assert (given.entry.kind, stored.entry.kind) == ("given", "stored")
    assert proposed(vial, a_waste()).waste is not None


def test_until_a_waste_is_witnessed_the_amount_stays_where_it_is() -> None:
    vial = proposed(a_drawn_vial(), a_waste())
    assert (vial.ledger.balance(SYRINGE), vial.ledger.total(["wasted"])) == (41_000, 0)
    witnessed = witnessing.witness_waste(vial, a_hand(BEN, minutes=30), "wst_1", within=WITHIN)
    assert isinstance(witnessed, WasteWitnessed)
    after = vial.after(witnessed)
    assert (after.ledger.balance(SYRINGE), after.ledger.total(["wasted"])) == (32_000, 9_000)
    assert (witnessed.entry.by, witnessed.entry.witness, after.waste) == (ADA, BEN, None)


def test_who_proposed_drew_or_has_it_is_no_witness() -> None:
    drawn_by_ada = proposed(a_drawn_vial(), a_waste(BEN))
    for person in (ADA, BEN):
        with pytest.raises(AnotherPersonNeeded):
            witnessing.witness_waste(drawn_by_ada, a_hand(person), "wst_1", within=WITHIN)
    witnessing.witness_waste(drawn_by_ada, a_hand(CYD), "wst_1", within=WITHIN)
    of_the_vial = proposed(a_vial_with(ADA), a_waste(ADA, source=Account("with", ADA)))
    with pytest.raises(AnotherPersonNeeded):
        witnessing.witness_waste(of_the_vial, a_hand(ADA), "wst_1", within=WITHIN)


def test_a_witness_who_comes_too_late_witnesses_nothing_and_it_can_be_proposed_anew() -> None:
    vial = proposed(a_drawn_vial(), a_waste())
    with pytest.raises(WasteTimePassed):
        witnessing.witness_waste(vial, a_hand(BEN, minutes=31), "wst_1", within=WITHIN)
    with pytest.raises(WasteWaits):
        witnessing.propose_waste(vial, a_hand(minutes=30), a_waste(), within=WITHIN)
    later = replace(a_waste(), id="wst_2", proposed_at=NOON + timedelta(minutes=31))
    again = vial.after(witnessing.propose_waste(vial, a_hand(minutes=31), later, within=WITHIN))
    with pytest.raises(WasteNotFound):
        witnessing.witness_waste(again, a_hand(BEN, minutes=32), "wst_1", within=WITHIN)
    witnessing.witness_waste(again, a_hand(BEN, minutes=32), "wst_2", within=WITHIN)


def test_what_has_gone_elsewhere_meanwhile_is_not_wasted() -> None:
    vial = proposed(a_drawn_vial(), a_waste(micrograms=41_000))
    vial = vial.after(moving.give(vial, a_hand(), session_id="ses_1", micrograms=41_000))
    with pytest.raises(NotThatMuch):
        witnessing.witness_waste(vial, a_hand(BEN), "wst_1", within=WITHIN)


def test_a_correction_is_another_persons_and_there_is_one() -> None:
    vial = a_drawn_vial()
    number = len(vial.ledger.entries)
    with pytest.raises(AnotherPersonNeeded):
        moving.correct(vial, a_hand(ADA), number)
    with pytest.raises(EntryNotFound):
        moving.correct(vial, a_hand(BEN), number + 1)
    vial = vial.after(moving.correct(vial, a_hand(BEN), number))
    assert vial.ledger.balance(Account("with", ADA)) == 500_000
    for wrong in (number, number + 1):
        with pytest.raises(EntryWasCorrected):
            moving.correct(vial, a_hand(CYD), wrong)


@pytest.mark.parametrize("number", [1, 2])
def test_a_correction_is_no_way_out_for_what_was_received_or_stored(number: int) -> None:
    for vial in (a_vial(), a_vial_with(ADA)):
        with pytest.raises(NotByCorrection):
            moving.correct(vial, a_hand(BEN), number)


@pytest.mark.parametrize("millilitres", ["0.81", "0.82", "0.83"])
def test_a_volume_fits_the_strength_within_one_graduation(millilitres: str) -> None:
    """41 mg at 50 mg/mL are 0.82 mL."""
    product = a_product()
    product.check_volume(41_000, Decimal(millilitres), RULES.rounding_ml)
    beyond = Decimal(millilitres) + 2 * RULES.rounding_ml + Decimal("0.001")
    with pytest.raises(VolumeDoesNotFit):
        product.check_volume(41_000, beyond, RULES.rounding_ml)


@pytest.mark.parametrize("millilitres", ["0.80", "0.84", "8.2"])
def test_a_volume_that_does_not_fit_is_refused_with_the_one_that_does(millilitres: str) -> None:
    with pytest.raises(VolumeDoesNotFit) as refused:
        a_product().check_volume(41_000, Decimal(millilitres), RULES.rounding_ml)
    assert refused.value.conflicts == [{"kind": "volume", "expected_ml": 0.82}]
