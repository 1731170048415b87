"""A receipt: the known facts and the decision made from them, kept so that it can be made again."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self, TypeAlias

Why: TypeAlias = Literal["hit", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A fact's value, since when it is known, and from where. None: it is not known.

    Raises ValueError for a time without a zone and for numbers no record can hold (NaN, infinity).
    """

    value: bool | int | float | str | None
    known_at: datetime | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.value, float) and not math.isfinite(self.value):
            raise ValueError("A fact is not a finite number.")
        if self.known_at is not None and self.known_at.tzinfo is None:
            raise ValueError("The time at which a fact became known has no zone.")

    def age_seconds(self, as_of: datetime) -> int | None:
        """None when it is not known since when."""
        if self.known_at is None:
            return None
        return math.floor((as_of - self.known_at).total_seconds())


Facts: TypeAlias = Mapping[str, Known]  # a missing name equals Known(value=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A fact as a rule saw it."""

    name: str
    value: bool | int | float | str | None
    known_at: datetime | None
    age_seconds: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule that did not come out on the last rung, and why."""

    rule: str
    outcome: str
    message: str
    source: str
    waivable_by: tuple[str, ...]
    used: tuple[Used, ...]
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A decision that can be made again: `rules.decide(receipt.facts, as_of=receipt.as_of)`.

    `facts` are all that were looked at, those not known included.
    """

    rule_set: str
    version: int
    ladder: tuple[str, ...]
    as_of: datetime
    outcome: str
    findings: tuple[Finding, ...]
    facts: Facts

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings on the ladder's first rung, which is the worst."""
        return tuple(finding for finding in self.findings if finding.outcome == self.ladder[0])

    def to_document(self) -> dict[str, Any]:
        """As JSON has it: times are text, because a database may keep less of them."""
        return {
            "rule_set": self.rule_set,
            "version": self.version,
            "ladder": list(self.ladder),
            "as_of": self.as_of.isoformat(),
            "outcome": self.outcome,
            "findings": [_finding_document(finding) for finding in self.findings],
            "facts": [_fact_document(name, known) for name, known in self.facts.items()],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """From what `to_document` gave."""
        return cls(
            rule_set=document["rule_set"],
            version=document["version"],
            ladder=tuple(document["ladder"]),
            as_of=datetime.fromisoformat(document["as_of"]),
            outcome=document["outcome"],
            findings=tuple(_finding(finding) for finding in document["findings"]),
            facts={
                fact["name"]: Known(
                    value=fact["value"],
                    known_at=_moment(fact["known_at"]),
                    source=fact["source"],
                )
                for fact in document["facts"]
            },
        )


# By name, and not by `asdict`: that copies each value through and through, which took a quarter of
# the time of a command with a gate in it.
def _fact_document(name: str, known: Known) -> dict[str, Any]:
    return {
        "name": name,
        "value": known.value,
        "known_at": _text(known.known_at),
        "source": known.source,
    }


def _finding_document(finding: Finding) -> dict[str, Any]:
    fields = {name: getattr(finding, name) for name in Finding.__slots__}
    used = [_used_document(used) for used in finding.used]
    return {**fields, "waivable_by": list(finding.waivable_by), "used": used}


def _used_document(used: Used) -> dict[str, Any]:
    fields = {name: getattr(used, name) for name in Used.__slots__}
    return {**fields, "known_at": _text(used.known_at)}


def _finding(document: Mapping[str, Any]) -> Finding:
    used = tuple(Used(**{**u, "known_at": _moment(u["known_at"])}) for u in document["used"])
    return Finding(**{**document, "waivable_by": tuple(document["waivable_by"]), "used": used})


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
