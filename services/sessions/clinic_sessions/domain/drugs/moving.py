"""Every way in which an amount moves: who may, from where, to where. Each answers with a fact."""

from dataclasses import dataclass
from datetime import datetime

from clinic_sessions.domain.drugs.ledger import (
    STORE,
    SUPPLIER,
    Account,
    Entry,
    EntryKind,
)
from clinic_sessions.domain.drugs.vial import Posted, Vial
from clinic_sessions.domain.errors.drugs import (
    AnotherPersonNeeded,
    EntryNotFound,
    EntryWasCorrected,
    NotByCorrection,
    VialBlocked,
    VialExpired,
    VialNotWithYou,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Somebody who does something, at a time; `day` is the day on the place's wall."""

    by: str
    now: datetime
    day: datetime


def receive(vial: Vial, hand: Hand) -> Posted:
    amount, reference = vial.product.micrograms, vial.product.reference
    return _posted(
        vial, hand, "received", SUPPLIER, account_with(hand), amount, reference=reference
    )


def store(vial: Vial, hand: Hand) -> Posted:
    """Into the store, all that the one who has the vial has of it."""
    amount = held(vial, hand)
    return _posted(vial, hand, "stored", account_with(hand), STORE, amount)


def draw(vial: Vial, hand: Hand, *, session_id: str, micrograms: int) -> Posted:
    """Into a syringe for one session."""
    may_leave(vial, hand)
    held(vial, hand)
    syringe = Account("syringe", session_id)
    return _posted(
        vial, hand, "drawn", account_with(hand), syringe, micrograms, session_id=session_id
    )


def give(vial: Vial, hand: Hand, *, session_id: str, micrograms: int) -> Posted:
    """What has been drawn goes in: noted whatever blocks the vial, because it has happened."""
    source, patient = Account("syringe", session_id), Account("patient", session_id)
    return _posted(vial, hand, "given", source, patient, micrograms, session_id=session_id)


def correct(vial: Vial, hand: Hand, number: int) -> Posted:
    """Take an entry back, by an entry of today: by another person than who made it.

    What is to be accounted for gets no less by it, and none leaves the store: a vial that was
    received or stored goes by the doors that have a witness.
    """
    wrong = vial.ledger.find(number)
    if wrong is None:
        raise EntryNotFound
    if wrong.corrects is not None or vial.ledger.is_corrected(number):
        raise EntryWasCorrected
    if wrong.target == STORE or wrong.brought_in:
        raise NotByCorrection
    if hand.by in (wrong.by, wrong.witness, wrong.second_witness):
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


def may_leave(vial: Vial, hand: Hand) -> None:
    not_blocked(vial)
    if hand.day.date() > vial.product.expires_on:
        raise VialExpired(vial.product.expires_on)


def not_blocked(vial: Vial) -> None:
    if vial.incident_id is not None:
        raise VialBlocked(vial.incident_id)


def held(vial: Vial, hand: Hand) -> int:
    held = vial.ledger.balance(account_with(hand))
    if held <= 0:
        raise VialNotWithYou
    return held


def account_with(hand: Hand) -> Account:
    return Account("with", hand.by)


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
