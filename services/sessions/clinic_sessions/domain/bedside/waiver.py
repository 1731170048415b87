"""A gate that somebody lets pass although it is shut: who, why, until when, and what they saw."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from clinic_platform.decisions import Facts, Finding
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.protocols.limits import NUMBERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A fact as it was when the gate was waived; of one that is reckoned, what it rests on, too."""

    name: str
    value: bool | int | float | str | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One of the people who waived a gate, and the role in which they may."""

    by: str
    role: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GateWaiver:
    """Counts once `people` different ones have signed, and as long as nothing has changed."""

    gate: str
    reason: str
    people: int
    signed: tuple[Signature, ...]
    expires_at: datetime
    why: str
    seen: tuple[Seen, ...]
    has_lapsed: bool = False

    @property
    def is_confirmed(self) -> bool:
        return len(self.signed) >= self.people

    def signed_also(self, signature: Signature) -> Self:
        return replace(self, signed=(*self.signed, signature))

    def after_noting(self, facts: Facts) -> Self:
        """Over for good once another value is noted, even should the old one come back."""
        is_other = any(s.name in facts and facts[s.name].value != s.value for s in self.seen)
        return replace(self, has_lapsed=True) if is_other else self

    def is_outread(self, readings: Iterable[Reading]) -> bool:
        """Over for good as well once a device has read another value since the first signature,
        even should it read the old one again."""
        since, trusted = self.signed[0].at, [one for one in readings if one.is_trusted]
        return any(
            one.received_at > since and getattr(one, seen.name) not in (None, seen.value)
            for seen in self.seen
            if seen.name in NUMBERS
            for one in trusted
        )

    def holds_for(self, finding: Finding, seen: tuple[Seen, ...], *, now: datetime) -> bool:
        """Anything else than was seen ends it, better or worse.

        Who waived a blood pressure of 162 has not been asked about 170, nor about one that is by
        now too old to be known.
        """
        is_same = (self.gate, self.why, self.seen) == (finding.rule, finding.why, seen)
        return is_same and not self.has_lapsed and now < self.expires_at


def seen_in(finding: Finding, facts: Facts, *, noted: Facts) -> tuple[Seen, ...]:
    """What the finding rests on. Who measured what was `noted` here does not matter; which record
    it is that another service published does: another alert is news.

    A fact that was reckoned has the name of what was noted as its source: that was seen, too. Else
    25 % above and below the baseline would be the same.
    """
    used = tuple(
        Seen(
            name=used.name,
            value=used.value,
            source="" if used.name in noted else facts[used.name].source,
        )
        for used in finding.used
    )
    beneath = sorted({seen.source for seen in used if seen.source in noted})
    return (*used, *(Seen(name=name, value=noted[name].value, source="") for name in beneath))
