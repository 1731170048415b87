"""Every way in which an amount moves: who may, from where, to where. Each answers with a fact."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from clinic_sessions.domain.drugs.ledger import (
    DESTROYED,
    RETURNED,
    STORE,
    SUPPLIER,
    WASTED,
    Account,
    Entry,
    EntryKind,
)
from clinic_sessions.domain.drugs.vial import (
    Posted,
    Vial,
    Waste,
    WasteKind,
    WasteProposed,
    WasteWitnessed,
)
from clinic_sessions.domain.errors.drugs import (
    AnotherPersonNeeded,
    EntryNotFound,
    EntryWasCorrected,
    NotThatMuch,
    VialBlocked,
    VialExpired,
    VialNotInStore,
    VialNotWithYou,
    WasteNotFound,
    WasteTimePassed,
    WasteWaits,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Somebody who does something, at a time; `day` is the day on the place's wall."""

    by: str
    now: datetime
    day: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is to be wasted. `session_id`: of its syringe; `form` 41 where it is destroyed."""

    kind: WasteKind
    micrograms: int
    method: str
    session_id: str | None
    form: str | None


def receive(vial: Vial, hand: Hand) -> Posted:
    amount, reference = vial.product.micrograms, vial.product.reference
    return _posted(vial, hand, "received", SUPPLIER, _with(hand), amount, reference=reference)


def store(vial: Vial, hand: Hand) -> Posted:
    """Into the store, all that the one who has the vial has of it."""
    amount = _held(vial, hand)
    return _posted(vial, hand, "stored", _with(hand), STORE, amount)


def check_out(vial: Vial, hand: Hand) -> Posted:
    """The vial is one thing: who takes it has all of it."""
    _may_leave(vial, hand)
    if vial.stored == 0:
        raise VialNotInStore
    return _posted(vial, hand, "checked_out", STORE, _with(hand), vial.stored)


def draw(vial: Vial, hand: Hand, *, session_id: str, micrograms: int) -> Posted:
    """Into a syringe for one session."""
    _may_leave(vial, hand)
    _held(vial, hand)
    syringe = Account("syringe", session_id)
    return _posted(vial, hand, "drawn", _with(hand), syringe, micrograms, session_id=session_id)


def give(vial: Vial, hand: Hand, *, session_id: str, micrograms: int) -> Posted:
    """What has been drawn goes in: noted whatever blocks the vial, because it has happened."""
    source, patient = Account("syringe", session_id), Account("patient", session_id)
    return _posted(vial, hand, "given", source, patient, micrograms, session_id=session_id)


def return_to_supplier(vial: Vial, hand: Hand, *, reference: str) -> Posted:
    """What is in the store, to the supplier or whoever takes such things back."""
    return _leave(vial, hand, "returned", RETURNED, reference)


def transfer(vial: Vial, hand: Hand, *, location_id: str, reference: str) -> Posted:
    """What is in the store, to another registered place, which receives it as a vial of its own."""
    return _leave(vial, hand, "transferred", Account("transferred", location_id), reference)


def propose_waste(vial: Vial, hand: Hand, waste: Waste, *, within: timedelta) -> WasteProposed:
    """What is in a syringe, in the vial of the one who has it or, to be destroyed, in the store."""
    if vial.waste is not None and hand.now <= vial.waste.proposed_at + within:
        raise WasteWaits(vial.waste.id)
    if waste.source.kind != "syringe":
        _not_blocked(vial)
    if waste.source.kind == "with":
        _held(vial, hand)
    available = vial.ledger.balance(waste.source)
    if available < waste.micrograms:
        raise NotThatMuch(waste.source.kind, available)
    return WasteProposed(waste)


def witness_waste(vial: Vial, hand: Hand, waste_id: str, *, within: timedelta) -> WasteWitnessed:
    """By another than who proposes it, and than who drew it or has it."""
    waste = vial.waste
    if waste is None or waste.id != waste_id:
        raise WasteNotFound
    if hand.by in {waste.proposed_by, *_handled_by(vial, waste.source)}:
        raise AnotherPersonNeeded("A waste is witnessed by somebody who has not handled it.")
    if hand.now > waste.proposed_at + within:
        raise WasteTimePassed
    target = WASTED if waste.kind == "wasted" else DESTROYED
    entry = Entry(
        number=len(vial.ledger.entries) + 1,
        kind=waste.kind,
        source=waste.source,
        target=target,
        micrograms=waste.micrograms,
        at=hand.now,
        by=waste.proposed_by,
        witness=hand.by,
        session_id=waste.source.of if waste.source.kind == "syringe" else None,
        reference=waste.reference,
    )
    vial.ledger.post(entry)  # what was proposed may be elsewhere by now
    return WasteWitnessed(entry)


def source_of(proposal: Proposal, hand: Hand) -> Account:
    if proposal.session_id is not None:
        return Account("syringe", proposal.session_id)
    return _with(hand) if proposal.kind == "wasted" else STORE


def correct(vial: Vial, hand: Hand, number: int) -> Posted:
    """Take an entry back, by an entry of today: by another person than who made it."""
    wrong = vial.ledger.find(number)
    if wrong is None:
        raise EntryNotFound
    if wrong.corrects is not None or vial.ledger.is_corrected(number):
        raise EntryWasCorrected
    if wrong.target == STORE:
        _may_leave(vial, hand)  # a correction is no way out of the store
    if hand.by in (wrong.by, wrong.witness):
        raise AnotherPersonNeeded("An entry is corrected by somebody who did not make it.")
    return _posted(
        vial,
        hand,
        "corrected",
        wrong.target,
        wrong.source,
        wrong.micrograms,
        session_id=wrong.session_id,
        corrects=number,
    )


def _leave(vial: Vial, hand: Hand, kind: EntryKind, target: Account, reference: str) -> Posted:
    _not_blocked(vial)
    if vial.stored == 0:
        raise VialNotInStore
    return _posted(vial, hand, kind, STORE, target, vial.stored, reference=reference)


def _may_leave(vial: Vial, hand: Hand) -> None:
    _not_blocked(vial)
    if hand.day.date() > vial.product.expires_on:
        raise VialExpired(vial.product.expires_on)


def _not_blocked(vial: Vial) -> None:
    if vial.incident_id is not None:
        raise VialBlocked(vial.incident_id)


def _held(vial: Vial, hand: Hand) -> int:
    held = vial.ledger.balance(_with(hand))
    if held <= 0:
        raise VialNotWithYou
    return held


def _with(hand: Hand) -> Account:
    return Account("with", hand.by)


def _handled_by(vial: Vial, source: Account) -> set[str]:
    """Who had a hand in what is in this account."""
    if source.kind == "with":
        return {source.of}
    return {e.by for e in vial.ledger.standing() if e.target == source and e.kind == "drawn"}


def _posted(
    vial: Vial,
    hand: Hand,
    kind: EntryKind,
    source: Account,
    target: Account,
    micrograms: int,
    *,
    session_id: str | None = None,
    reference: str | None = None,
    corrects: int | None = None,
) -> Posted:
    entry = Entry(
        number=len(vial.ledger.entries) + 1,
        kind=kind,
        source=source,
        target=target,
        micrograms=micrograms,
        at=hand.now,
        by=hand.by,
        session_id=session_id,
        reference=reference,
        corrects=corrects,
    )
    vial.ledger.post(entry)  # refuses what the account has not got
    return Posted(entry)
