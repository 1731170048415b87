"""The gates as they stand: what the rules found, and what of it has been waived."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self, TypeAlias

from clinic_platform.decisions import Facts, Finding, Receipt
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.bedside.rules import BedsideRules
from clinic_sessions.domain.bedside.waiver import GateWaiver, Seen, Signature, seen_in
from clinic_sessions.domain.errors import (
    GateNotShut,
    GatesBlock,
    NoSuchWaiver,
    NotForYourRole,
    NotWaivable,
    SecondSignatureNeeded,
    SeenIsAnother,
    SeenNeeded,
)
from clinic_sessions.domain.facts import GateWaived
from clinic_sessions.domain.protocols.protocol import Protocol, Waiver
from clinic_sessions.domain.session import Session
from clinic_sessions.domain.status import AT_THE_CLINIC

Read: TypeAlias = Mapping[str, bool | int | float | str | None]  # a fact's name → its value


@dataclass(frozen=True, slots=True)
class Gates:
    """A receipt, and beside it the waivers of this session, the protocol's rules for them, the
    facts that were noted at the bedside, and the readings since a waiver was signed."""

    receipt: Receipt
    waivers: tuple[GateWaiver, ...] = ()
    rules: tuple[Waiver, ...] = ()
    noted: Facts = field(default_factory=dict)
    readings: Sequence[Reading] = ()

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
        fitting = [
            waiver
            for waiver in self.waivers
            if waiver.holds_for(finding, seen, now=now) and not waiver.is_outread(self.readings)
        ]
        return fitting[-1] if fitting else None

    def seen_in(self, finding: Finding) -> tuple[Seen, ...]:
        return seen_in(finding, self.receipt.facts, noted=self.noted)

    def waivable_by(self, finding: Finding) -> Waiver:
        """Who may waive it: the rule states whether anybody may, the protocol may state who, and
        how many. No roles: nobody."""
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


def gates_of(
    session: Session, protocol: Protocol, receipt: Receipt, readings: Sequence[Reading] = ()
) -> Gates:
    return Gates(receipt, session.waivers, protocol.waivers, session.facts, readings)


def waive(
    session: Session,
    gates: Gates,
    gate: str,
    reason: str,
    *,
    by: str,
    roles: Iterable[str],
    rules: BedsideRules,
    has_read: Read | None = None,
) -> GateWaived:
    """A gate that is shut now, for this session, until the facts change or the time is over.
    `has_read`: the values of its facts that the signer has seen.

    Raises GateNotShut, NotWaivable when nobody may, NotForYourRole when others may; SeenNeeded,
    SeenIsAnother.
    """
    finding = _shut(session, gates, gate)
    may = gates.waivable_by(finding)
    signature = _signature(may, by, roles, gates.receipt.as_of)
    _must_be_read(finding, has_read)
    waiver = GateWaiver(
        gate=gate,
        reason=reason,
        people=may.people,
        signed=(signature,),
        expires_at=gates.receipt.as_of + rules.waiver_holds,
        why=finding.why,
        seen=gates.seen_in(finding),
    )
    return GateWaived(waiver)


def confirm_waiver(
    session: Session,
    gates: Gates,
    gate: str,
    *,
    by: str,
    roles: Iterable[str],
    has_read: Read | None = None,
) -> GateWaived:
    """The word of another person, on the same facts. Raises NoSuchWaiver, SecondSignatureNeeded,
    SeenNeeded, SeenIsAnother."""
    finding = _shut(session, gates, gate)
    waiver = gates.signed_for(finding)
    if waiver is None:
        raise NoSuchWaiver
    if by in {signature.by for signature in waiver.signed}:
        raise SecondSignatureNeeded
    may = gates.waivable_by(finding)
    signature = _signature(may, by, roles, gates.receipt.as_of)
    _must_be_read(finding, has_read)
    return GateWaived(waiver.signed_also(signature))


def _shut(session: Session, gates: Gates, gate: str) -> Finding:
    session.only_while("Waiving a gate", AT_THE_CLINIC)
    for finding in gates.shut:
        if finding.rule == gate:
            return finding
    raise GateNotShut


def _must_be_read(finding: Finding, has_read: Read | None) -> None:
    """Between a look at the screen and a signature the patient may be measured again: who signs
    for a number states which."""
    now = {used.name: used.value for used in finding.used}
    if has_read is None:
        numbers = [n for n, value in now.items() if type(value) in (int, float)]
        if numbers:
            raise SeenNeeded(numbers)
    elif dict(has_read) != now:
        raise SeenIsAnother(now)


def _signature(may: Waiver, by: str, roles: Iterable[str], now: datetime) -> Signature:
    if not may.roles:
        raise NotWaivable
    held = [role for role in may.roles if role in set(roles)]
    if not held:
        raise NotForYourRole(may.roles)
    return Signature(by=by, role=held[0], at=now)
