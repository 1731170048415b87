"""One past decision and one past dose order, made again under a draft. Pure."""

from collections.abc import Iterator
from typing import Literal, TypeAlias

from clinic_platform.decisions import Facts, Finding, Receipt
from clinic_sessions.domain.bedside.dose import DoseOrder
from clinic_sessions.domain.protocols.facts_again import facts_again
from clinic_sessions.domain.protocols.protocol import DoseBounds, FixedDoses, Protocol
from clinic_sessions.domain.protocols.rule_sets import RuleSets, without_version
from clinic_sessions.domain.session import Session

Outcome: TypeAlias = Literal["would_block", "would_pass", "other_reasons", "cannot_tell"]
DoseKind: TypeAlias = Literal[
    "dose_bounds_differ",
    "dose_would_be_refused",
    "dose_would_be_marked",
    "dose_would_not_be_marked",
]


def unlike_decision(
    draft: Protocol, held: Protocol, session: Session, receipt: Receipt, rule_sets: RuleSets
) -> tuple[Outcome, tuple[str, ...]] | None:
    """How it would have come out otherwise, and by which rules; None: the same.

    A receipt of rules that the version did not name is none of this protocol: None, too.
    """
    instead = {
        without_version(held.discharge): draft.discharge,
        without_version(held.gates): draft.gates,
    }
    name = instead.get(receipt.rule_set)
    if name is None:
        return None
    facts = facts_again(draft, held, session, receipt)
    again = rule_sets[name].decide(facts, as_of=receipt.as_of)
    before = {finding.rule for finding in receipt.blocking}
    found = [finding for finding in again.blocking if not _is_left_open(finding, facts)]
    after = {finding.rule for finding in found}
    left_open = {finding.rule for finding in again.blocking} - after
    told = before - left_open
    if left_open and (not after or told == after):
        return "cannot_tell", tuple(sorted(left_open))
    if told == after:
        return None
    if not before or not after:
        return ("would_pass" if before else "would_block"), tuple(sorted(told ^ after))
    return "other_reasons", tuple(sorted(told ^ after))


def dose_differences(
    draft: Protocol, held: Protocol, order: DoseOrder
) -> Iterator[tuple[DoseKind, str]]:
    """What the draft makes of an order that was given, with the bound in question."""
    if draft.dose != held.dose:
        yield "dose_bounds_differ", ""
    if (bound := _refused_by(draft, order)) is not None and _refused_by(held, order) is None:
        yield "dose_would_be_refused", bound
    elif _is_marked(draft, order) and not order.above_soft_limit:
        yield "dose_would_be_marked", "soft_most"
    elif order.above_soft_limit and not _is_marked(draft, order):
        yield "dose_would_not_be_marked", "soft_most"


def _is_left_open(finding: Finding, facts: Facts) -> bool:
    """It hangs on what nobody asked then, or on what the draft may have turned."""
    return finding.why == "unknown" and any(used.name not in facts for used in finding.used)


def _refused_by(protocol: Protocol, order: DoseOrder) -> str | None:
    """The bound that refuses it."""
    dose = protocol.dose
    if isinstance(dose, FixedDoses):
        return None if order.dose_mg in dose.doses_mg else "doses"
    bounds = {
        "least": order.mg_per_kg < dose.least,
        "hard_most": order.mg_per_kg > dose.hard_most,
        "absolute": order.dose_mg > dose.absolute_mg,
    }
    return next((bound for bound, is_broken in bounds.items() if is_broken), None)


def _is_marked(protocol: Protocol, order: DoseOrder) -> bool:
    return isinstance(protocol.dose, DoseBounds) and order.mg_per_kg > protocol.dose.soft_most
