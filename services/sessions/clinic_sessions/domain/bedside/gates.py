"""The gates as they stand: what the rules found, and what of it has been waived."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from clinic_platform.decisions import Facts, Finding, Receipt
from clinic_sessions.domain.bedside.rules import BedsideRules
from clinic_sessions.domain.bedside.waiver import GateWaiver, Seen, Signature, seen_in
from clinic_sessions.domain.errors import (
    GateNotShut,
    GatesBlock,
    NoSuchWaiver,
    NotForYourRole,
    NotWaivable,
    SecondSignatureNeeded,
)
from clinic_sessions.domain.facts import GateWaived
from clinic_sessions.domain.protocols.protocol import Protocol, Waiver
from clinic_sessions.domain.session import Session
from clinic_sessions.domain.status import AT_THE_CLINIC


@dataclass(frozen=True, slots=True)
class Gates:
    """A receipt, and beside it the waivers of this session, the protocol's rules for them, and the
    facts that were noted at the bedside."""

    receipt: Receipt
    waivers: tuple[GateWaiver, ...] = ()
    rules: tuple[Waiver, ...] = ()
    noted: Facts = field(default_factory=dict)

    @property
    def waived(self) -> tuple[GateWaiver, ...]:
        """Those that hold now."""
        return tuple(
            waiver
            for finding in self.receipt.blocking
            if (waiver := self.waiver_of(finding)) is not None
        )

    @property
    def shut(self) -> tuple[Finding, ...]:
        return tuple(
            finding for finding in self.receipt.blocking if self.waiver_of(finding) is None
        )

    def waiver_of(self, finding: Finding) -> GateWaiver | None:
        """The one that lets this finding pass."""
        held = self.signed_for(finding)
        return held if held is not None and held.is_confirmed else None

    def signed_for(self, finding: Finding) -> GateWaiver | None:
        """The newest waiver that fits, with or without its second signature."""
        seen, now = self.seen_in(finding), self.receipt.as_of
        fitting = [w for w in self.waivers if w.holds_for(finding, seen, now=now)]
        return fitting[-1] if fitting else None

    def seen_in(self, finding: Finding) -> tuple[Seen, ...]:
        return seen_in(finding, self.receipt.facts, noted=self.noted)

    def waivable_by(self, finding: Finding) -> Waiver:
        """Who may waive it: the rule says whether anybody may, the protocol may say who, and how
        many. No roles: nobody."""
        ours = next((rule for rule in self.rules if rule.gate == finding.rule), None)
        if ours is not None and finding.waivable_by:
            return ours
        return Waiver(gate=finding.rule, roles=finding.waivable_by)

    def with_waivers(self, waivers: tuple[GateWaiver, ...]) -> Self:
        return replace(self, waivers=waivers)

    def must_be_open(self) -> None:
        """Raises GatesBlock."""
        if self.shut:
            raise GatesBlock(self.receipt, self.shut, [self.waivable_by(f) for f in self.shut])


def gates_of(session: Session, protocol: Protocol, receipt: Receipt) -> Gates:
    return Gates(receipt, session.waivers, protocol.waivers, session.facts)


def waive(
    session: Session,
    gates: Gates,
    gate: str,
    reason: str,
    *,
    by: str,
    roles: Iterable[str],
    rules: BedsideRules,
) -> GateWaived:
    """A gate that is shut now, for this session, until the facts change or the time is over.

    Raises GateNotShut, NotWaivable when nobody may, NotForYourRole when others may.
    """
    finding = _shut(session, gates, gate)
    may = gates.waivable_by(finding)
    waiver = GateWaiver(
        gate=gate,
        reason=reason,
        people=may.people,
        signed=(_signature(may, by, roles, gates.receipt.as_of),),
        expires_at=gates.receipt.as_of + rules.waiver_holds,
        why=finding.why,
        seen=gates.seen_in(finding),
    )
    return GateWaived(waiver)


def confirm_waiver(
    session: Session, gates: Gates, gate: str, *, by: str, roles: Iterable[str]
) -> GateWaived:
    """The word of another person, on the same facts. Raises NoSuchWaiver, SecondSignatureNeeded."""
    finding = _shut(session, gates, gate)
    waiver = gates.signed_for(finding)
    if waiver is None:
        raise NoSuchWaiver
    if by in {signature.by for signature in waiver.signed}:
        raise SecondSignatureNeeded
    may = gates.waivable_by(finding)
    return GateWaived(waiver.signed_also(_signature(may, by, roles, gates.receipt.as_of)))


def _shut(session: Session, gates: Gates, gate: str) -> Finding:
    session.only_while("Waiving a gate", AT_THE_CLINIC)
    for finding in gates.shut:
        if finding.rule == gate:
            return finding
    raise GateNotShut


def _signature(may: Waiver, by: str, roles: Iterable[str], now: datetime) -> Signature:
    if not may.roles:
        raise NotWaivable
    held = [role for role in may.roles if role in set(roles)]
    if not held:
        raise NotForYourRole(may.roles)
    return Signature(by=by, role=held[0], at=now)
