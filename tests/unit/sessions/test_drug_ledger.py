"""The ledger of a vial balances, whatever is done and whatever is refused."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_sessions.domain.drugs import moving, witnessing
from clinic_sessions.domain.drugs.ledger import (
    STORE,
    SUPPLIER,
    UNACCOUNTED,
    Account,
    AccountKind,
    Entry,
    Ledger,
)
from clinic_sessions.domain.drugs.moving import Hand
from clinic_sessions.domain.drugs.vial import Fact, Posted, Vial, Waste
from clinic_sessions.domain.errors import NotThatMuch, SessionsError
from tests.support.sessions import NOON
from tests.support.sessions_drugs import ADA, BEN, CYD, DEE, RULES, a_hand, a_vial, asking, taken

GONE: tuple[AccountKind, ...] = ("patient", "wasted", "returned", "transferred", "destroyed")
WITHIN = RULES.witness_within
Move = tuple[str, str, int]  # what, by whom, micrograms (or the number of an entry)

moves = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("check_out", "see_check_out", "draw", "draw", "give", "give"),
                *("waste_syringe", "waste_vial"),
                *("witness", "witness", "store", "return", "transfer", "destroy", "correct"),
            ]
        ),
        st.sampled_from([ADA, BEN, CYD, DEE]),
        st.integers(min_value=1, max_value=200_000),
    ),
    max_size=40,
)


@dataclass
class Sums:
    """By hand: what each account has, from nothing but what was asked for and not refused."""

    amounts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    moved: list[tuple[str, str, int]] = field(default_factory=list)

    def move(self, source: str, target: str, amount: int) -> None:
        self.amounts[source] -= amount
        self.amounts[target] += amount
        self.moved.append((source, target, amount))

    @property
    def held(self) -> dict[str, int]:
        return {name: amount for name, amount in self.amounts.items() if amount}


def asked(vial: Vial, move: Move, hand: Hand) -> Fact:  # noqa: C901  # one arm a verb
    what, by, amount = move
    match what:
        case "check_out":
            return asking(vial, hand)
        case "see_check_out":
            return witnessing.witness_check_out(vial, hand, "out_1", within=WITHIN)
        case "draw":
            return moving.draw(vial, hand, session_id="ses_1", micrograms=amount)
        case "give":
            return moving.give(vial, hand, session_id="ses_1", micrograms=amount)
        case "waste_syringe":
            return proposed(vial, hand, Account("syringe", "ses_1"), amount)
        case "waste_vial":
            return proposed(vial, hand, Account("with", by), amount)
        case "destroy":
            return proposed(vial, hand, STORE, amount)
        case "witness":
            return witnessing.witness_waste(vial, hand, "wst_1", within=WITHIN)
        case "store":
            return moving.store(vial, hand)
        case "return":
            return asking(vial, hand, kind="returned", reference="RET-1")
        case "transfer":
            return asking(vial, hand, kind="transferred", place_id="loc_other", reference="TRA-1")
        case _:
            return moving.correct(vial, hand, amount % (len(vial.ledger.entries) + 2))


def proposed(vial: Vial, hand: Hand, source: Account, amount: int) -> Fact:
    waste = Waste(
        id="wst_1",
        kind="destroyed" if source == STORE else "wasted",
        source=source,
        micrograms=amount,
        method="drug_disposal_pouch",
        proposed_by=hand.by,
        proposed_at=hand.now,
    )
    return witnessing.propose_waste(vial, hand, waste, within=WITHIN)


def noted(sums: Sums, vial: Vial, move: Move) -> None:
    what, by, amount = move
    mine = f"with:{by}"
    match what:
        case "see_check_out":
            assert vial.check_out is not None
            gone_to = {"returned": "returned", "transferred": "transferred:loc_other"}
            to = gone_to.get(vial.check_out.kind, f"with:{vial.check_out.by}")
            sums.move("store", to, sums.amounts["store"])
        case "draw":
            sums.move(mine, "syringe:ses_1", amount)
        case "give":
            sums.move("syringe:ses_1", "patient:ses_1", amount)
        case "store":
            sums.move(mine, "store", sums.amounts[mine])
        case "witness":
            assert vial.waste is not None
            source = named(vial.waste.source)
            if vial.waste.kind == "wasted" or vial.waste.seen_by:  # what is destroyed, by a second
                sums.move(source, vial.waste.kind, vial.waste.micrograms)
        case "correct":
            source, target, moved = sums.moved[amount % (len(sums.moved) + 2) - 1]
            sums.move(target, source, moved)


def named(account: Account) -> str:
    return f"{account.kind}:{account.of}" if account.of else account.kind


@given(moves)
def test_every_history_balances_and_is_what_a_sum_by_hand_says(history: list[Move]) -> None:
    vial, sums = a_vial(), Sums()
    sums.move("supplier", f"with:{ADA}", 500_000)
    sums.move(f"with:{ADA}", "store", 500_000)
    for minutes, move in enumerate(history):
        hand = a_hand(move[1], minutes=minutes)
        try:
            fact = asked(vial, move, hand)
        except SessionsError:
            continue
        noted(sums, vial, move)
        vial = vial.after(fact)
        balances = {named(a): amount for a, amount in vial.ledger.balances().items() if amount}
        assert balances == sums.held
        assert sum(balances.values()) == 0
        assert min((v for k, v in balances.items() if k != "supplier"), default=0) >= 0
        assert vial.ledger.is_balanced
        assert vial.received == vial.ledger.total(GONE) + vial.ledger.remaining


@given(moves)
def test_nobody_witnesses_their_own_hands_and_nobody_corrects_their_own_entry(
    history: list[Move],
) -> None:
    vial = a_vial()
    for minutes, move in enumerate(history):
        try:
            vial = vial.after(asked(vial, move, a_hand(move[1], minutes=minutes)))
        except SessionsError:
            continue
    for entry in vial.ledger.entries:
        if entry.kind in ("checked_out", "returned", "transferred", "wasted", "destroyed"):
            assert entry.witness not in (None, entry.by)
        if entry.kind == "destroyed":
            assert entry.second_witness not in (None, entry.by, entry.witness)
        if entry.corrects is not None:
            assert entry.by != vial.ledger.entries[entry.corrects - 1].by
            assert not vial.ledger.entries[entry.corrects - 1].brought_in


def an_entry(**changes: object) -> Entry:
    entry = Entry(
        number=1,
        kind="received",
        source=SUPPLIER,
        target=STORE,
        micrograms=1_000,
        at=NOON,
        by=ADA,
    )
    return replace(entry, **changes)  # type: ignore[arg-type]  # some of its own fields


def test_an_account_never_gives_more_than_it_has() -> None:
    ledger = Ledger().post(an_entry())
    too_much = an_entry(number=2, source=STORE, target=Account("with", ADA), micrograms=1_001)
    with pytest.raises(NotThatMuch) as refused:
        ledger.post(too_much)
    assert refused.value.conflicts == [{"kind": "store", "available_mg": 1.0}]


def test_a_ledger_that_was_tampered_with_does_not_balance() -> None:
    good = Ledger().post(an_entry())
    overdrawn = an_entry(number=2, source=STORE, target=Account("patient"), micrograms=2_000)
    assert good.is_balanced
    assert not Ledger((*good.entries, overdrawn)).is_balanced


def test_what_a_count_finds_too_much_comes_from_nowhere_and_is_marked_so() -> None:
    ledger = Ledger().post(an_entry())
    found = an_entry(number=2, kind="written_off", source=UNACCOUNTED, target=STORE, micrograms=5)
    after = ledger.post(found)
    assert (after.balance(UNACCOUNTED), after.remaining, after.is_balanced) == (-5, 1_005, True)


def test_an_entry_taken_back_counts_no_more_and_stays() -> None:
    vial = a_vial()
    vial = taken(vial, a_hand())
    back = moving.correct(vial, a_hand(BEN, minutes=5), len(vial.ledger.entries))
    vial = vial.after(back)
    assert isinstance(back, Posted)
    assert len(vial.ledger.entries) == 4
    assert [entry.kind for entry in vial.ledger.standing()] == ["received", "stored"]
    assert (vial.stored, vial.holder) == (500_000, None)


def test_time_to_witness_is_half_an_hour() -> None:
    assert timedelta(minutes=30) == WITHIN
