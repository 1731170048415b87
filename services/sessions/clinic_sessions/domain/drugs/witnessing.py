"""What one person asks for and others witness, each by a request of their own.

Until then nothing moves: a vial leaves the store before a second person, for the bedside or for
good; a rest is wasted before one who has not handled it, unused stock is destroyed before two.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from clinic_sessions.domain.drugs.ledger import DESTROYED, STORE, WASTED, Account, Entry
from clinic_sessions.domain.drugs.moving import Hand, account_with, held, may_leave, not_blocked
from clinic_sessions.domain.drugs.vial import (
    CheckOut,
    CheckOutAsked,
    CheckOutWitnessed,
    Vial,
    Waste,
    WasteKind,
    WasteProposed,
    WasteSeen,
    WasteWitnessed,
)
from clinic_sessions.domain.errors.drugs import (
    AnotherPersonNeeded,
    CheckOutNotFound,
    CheckOutTimePassed,
    CheckOutWaits,
    NotThatMuch,
    VialNotInStore,
    WasteNotFound,
    WasteTimePassed,
    WasteWaits,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is to be wasted. `session_id`: of its syringe; `form` 41 where it is destroyed."""

    kind: WasteKind
    micrograms: int
    method: str
    session_id: str | None
    form: str | None


def ask_check_out(
    vial: Vial, check_out: CheckOut, hand: Hand, *, within: timedelta
) -> CheckOutAsked:
    """The vial is one thing: who takes it has all of it. What has expired is only sent away."""
    _is_there(vial, check_out, hand)
    waiting = vial.check_out
    if waiting is not None and hand.now <= waiting.at + within:
        raise CheckOutWaits(waiting.id)
    return CheckOutAsked(check_out)


def witness_check_out(
    vial: Vial, hand: Hand, check_out_id: str, *, within: timedelta
) -> CheckOutWitnessed:
    asked = vial.check_out
    if asked is None or asked.id != check_out_id:
        raise CheckOutNotFound
    if hand.by == asked.by:
        raise AnotherPersonNeeded("A vial leaves the store before another person.")
    if hand.now > asked.at + within:
        raise CheckOutTimePassed
    _is_there(vial, asked, hand)
    entry = Entry(
        number=len(vial.ledger.entries) + 1,
        kind=asked.kind,
        source=STORE,
        target=asked.target,
        micrograms=vial.stored,
        at=hand.now,
        by=asked.by,
        witness=hand.by,
        reference=asked.reference,
    )
    return CheckOutWitnessed(entry)


def _is_there(vial: Vial, check_out: CheckOut, hand: Hand) -> None:
    if check_out.kind == "checked_out":
        may_leave(vial, hand)
    not_blocked(vial)
    if vial.stored == 0:
        raise VialNotInStore


def propose_waste(vial: Vial, hand: Hand, waste: Waste, *, within: timedelta) -> WasteProposed:
    """What is in a syringe, in the vial of the one who has it or, to be destroyed, in the store."""
    if vial.waste is not None and hand.now <= vial.waste.proposed_at + within:
        raise WasteWaits(vial.waste.id)
    _may_go(vial, waste)
    if waste.source.kind == "with":
        held(vial, hand)
    available = vial.ledger.balance(waste.source)
    if available < waste.micrograms:
        raise NotThatMuch(waste.source.kind, available)
    return WasteProposed(waste)


def _may_go(vial: Vial, waste: Waste) -> None:
    """A block keeps what is in the vial; what is in a syringe has left it."""
    if waste.source.kind != "syringe":
        not_blocked(vial)


def witness_waste(
    vial: Vial, hand: Hand, waste_id: str, *, within: timedelta
) -> WasteSeen | WasteWitnessed:
    """By another than who proposes it, who drew it, gave of it or has it, and who has witnessed it.
    What is destroyed moves once two have."""
    waste = vial.waste
    if waste is None or waste.id != waste_id:
        raise WasteNotFound
    if hand.by in {waste.proposed_by, *waste.seen_by, *_handled_by(vial, waste.source)}:
        raise AnotherPersonNeeded("A waste is witnessed by somebody who has not handled it.")
    if hand.now > waste.proposed_at + within:
        raise WasteTimePassed
    _may_go(vial, waste)
    seen = replace(waste, seen_by=(*waste.seen_by, hand.by))
    if len(seen.seen_by) < seen.witnesses:
        return WasteSeen(seen)
    entry = _wasted(vial, hand, seen)
    vial.ledger.post(entry)  # what was proposed may be elsewhere by now
    return WasteWitnessed(entry)


def source_of(proposal: Proposal, hand: Hand) -> Account:
    if proposal.session_id is not None:
        return Account("syringe", proposal.session_id)
    return account_with(hand) if proposal.kind == "wasted" else STORE


def _wasted(vial: Vial, hand: Hand, waste: Waste) -> Entry:
    witness, *second = waste.seen_by
    return Entry(
        number=len(vial.ledger.entries) + 1,
        kind=waste.kind,
        source=waste.source,
        target=WASTED if waste.kind == "wasted" else DESTROYED,
        micrograms=waste.micrograms,
        at=hand.now,
        by=waste.proposed_by,
        witness=witness,
        second_witness=second[0] if second else None,
        session_id=waste.source.of if waste.source.kind == "syringe" else None,
        reference=waste.reference,
    )


def _handled_by(vial: Vial, source: Account) -> set[str]:
    """Who had a hand in what is in this account."""
    if source.kind == "with":
        return {source.of}
    return {
        entry.by
        for entry in vial.ledger.standing()
        if (entry.kind == "drawn" and entry.target == source)
        or (entry.kind == "given" and entry.source == source)
    }
