"""The gates as the API shows them, and what it takes to waive one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, Field, StrictBool

from clinic_platform.decisions import Finding, Receipt, Rule
from clinic_platform.web import Number, Sent, shown_as
from clinic_sessions.domain.bedside.gates import Gates
from clinic_sessions.domain.bedside.waiver import GateWaiver
from clinic_sessions.domain.booking.visit import PLACE
from clinic_sessions.domain.protocols.rule_sets import RuleSets, rules_of
from clinic_sessions.domain.session import Session
from clinic_sessions.schemas import examples
from clinic_sessions.schemas.kinds import Code, Gate

FactName = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,60}$")]
FactValue: TypeAlias = StrictBool | Number | Annotated[str, Field(max_length=200)] | None


class ConfirmWaiver(Sent):
    """`seen` is the gate's `facts` as the signer has read them, each by its name. It may be left
    out where none of them is a number."""

    model_config = shown_as({"seen": {"hours_since_clear_fluids": 1.0}})

    seen: Annotated[dict[FactName, FactValue], Field(max_length=20)] | None = None


class WaiveGate(ConfirmWaiver):
    """`reason` is a code."""

    model_config = shown_as(
        {
            "gate": "G-FASTING",
            "reason": "sips_of_water",
            "seen": {"hours_since_clear_fluids": 1.0},
        }
    )

    gate: Gate
    reason: Code


class SignatureOut(BaseModel):
    by: str
    role: str
    at: datetime


class WaiverOut(BaseModel):
    """Counts when `is_confirmed`, until `expires_at`, and while what was seen is unchanged."""

    gate: str
    reason: str
    people: int
    is_confirmed: bool
    has_lapsed: bool
    signed: list[SignatureOut]
    expires_at: datetime

    @classmethod
    def of(cls, waiver: GateWaiver) -> Self:
        return cls(
            gate=waiver.gate,
            reason=waiver.reason,
            people=waiver.people,
            is_confirmed=waiver.is_confirmed,
            has_lapsed=waiver.has_lapsed,
            signed=[SignatureOut(by=s.by, role=s.role, at=s.at) for s in waiver.signed],
            expires_at=waiver.expires_at,
        )


class FindingOut(BaseModel):
    """A gate that does not pass by itself: waivable, by `people` of these roles; waived; or block.
    A fact's age is in seconds; null when nothing is known."""

    rule: str
    state: Literal["block", "waivable", "waived"]
    why: str
    message: str
    source: str
    waivable_by: list[str]
    people: int
    waiver: WaiverOut | None
    facts: dict[str, bool | float | str | None]
    ages_seconds: dict[str, int | None]

    @classmethod
    def of(cls, gates: Gates, finding: Finding) -> Self:
        may, waiver = gates.waivable_by(finding), gates.signed_for(finding)
        return cls(
            rule=finding.rule,
            state=_state(gates, finding),
            why=finding.why,
            message=finding.message,
            source=finding.source,
            waivable_by=list(may.roles),
            people=may.people,
            waiver=None if waiver is None else WaiverOut.of(waiver),
            facts={used.name: used.value for used in finding.used},
            ages_seconds={used.name: used.age_seconds for used in finding.used},
        )


class PassOut(BaseModel):
    """A gate that is open by the facts."""

    rule: str
    source: str
    facts: dict[str, bool | float | str | None]
    ages_seconds: dict[str, int | None]

    @classmethod
    def of(cls, receipt: Receipt, rule: Rule) -> Self:
        facts = {name: receipt.facts[name] for name in sorted(rule.when.names)}
        return cls(
            rule=rule.id,
            source=rule.source,
            facts={name: known.value for name, known in facts.items()},
            ages_seconds={n: known.age_seconds(receipt.as_of) for n, known in facts.items()},
        )


class ReceiptOut(BaseModel):
    """`outcome` is that of the rules; `is_open`, with the waivers that hold. `passed` is empty for
    a decision by a version of the rules that is not in use any more."""

    model_config = shown_as(examples.RECEIPT)

    rule_set: str
    version: int
    as_of: datetime
    outcome: str
    is_open: bool
    findings: list[FindingOut]
    passed: list[PassOut]

    @classmethod
    def of(cls, gates: Gates, rule_sets: RuleSets) -> Self:
        receipt = gates.receipt
        found = {finding.rule for finding in receipt.findings}
        rules = rules_of(receipt, rule_sets)
        return cls(
            rule_set=receipt.rule_set,
            version=receipt.version,
            as_of=receipt.as_of,
            outcome=receipt.outcome,
            is_open=not gates.shut,
            findings=[FindingOut.of(gates, finding) for finding in receipt.findings],
            passed=[PassOut.of(receipt, rule) for rule in rules if rule.id not in found],
        )


class StillThereOut(BaseModel):
    """A visit that overruns, and its places: in which of them the patient is nobody notes."""

    session_id: str
    places: list[str]
    overruns_since: datetime

    @classmethod
    def of(cls, session: Session) -> Self:
        visit = session.booked_visit
        places = sorted(visit.names(PLACE))
        return cls(session_id=session.id, places=places, overruns_since=visit.ends_at)


class GatesOut(ReceiptOut):
    """`still_there`: whose visits overrun in a place of this one. No gate: it refuses nothing."""

    model_config = shown_as({**examples.RECEIPT, "still_there": []})

    still_there: list[StillThereOut]

    @classmethod
    def with_those(cls, gates: Gates, rule_sets: RuleSets, there: Sequence[Session]) -> Self:
        receipt = dict(ReceiptOut.of(gates, rule_sets))
        return cls(**receipt, still_there=[StillThereOut.of(one) for one in there])


def _state(gates: Gates, finding: Finding) -> Literal["block", "waivable", "waived"]:
    if gates.waiver_of(finding) is not None:
        return "waived"
    return "waivable" if gates.waivable_by(finding).roles else "block"
