"""The life of a risk alert: an answer that speaks of self-harm, until a clinician has judged it.

Pure. Software raises, repeats and escalates; only a person acknowledges and closes. The level
stays unassessed until then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Self, TypeAlias, assert_never

from clinic_outcomes.domain.documents import Fields
from clinic_outcomes.domain.errors import FollowUpHasPassed, NotAllowed

UNASSESSED: Final = "unassessed"


class Status(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class Level(StrEnum):
    NONE = "none"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


# The whole state machine. An arrow that is not drawn here cannot happen.
ARROWS: Final[Mapping[Status, tuple[Status, ...]]] = {
    Status.OPEN: (Status.OPEN, Status.ACKNOWLEDGED),
    Status.ACKNOWLEDGED: (Status.OPEN, Status.ACKNOWLEDGED, Status.CLOSED),
    Status.CLOSED: (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPolicy:
    """How long an alert may wait, and how often the next in line is notified."""

    version: int
    acknowledge_within: timedelta
    escalate_every: timedelta
    steps: int
    useful_for: timedelta

    @classmethod
    def parse(cls, document: Mapping[str, object]) -> Self:
        fields = Fields(document, "risk-policy")
        return cls(
            version=fields.one("version", int),
            acknowledge_within=timedelta(minutes=fields.one("acknowledge_within_minutes", int)),
            escalate_every=timedelta(minutes=fields.one("escalate_every_minutes", int)),
            steps=fields.one("escalation_steps", int),
            useful_for=fields.hours("escalation_useful_for_hours"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Which answer raised it. `source` names the item, `value` is the choice that was made."""

    source: str
    value: int
    assignment_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    by: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RaisedAgain:
    evidence: Evidence
    acknowledge_by: datetime


@dataclass(frozen=True, slots=True)
class Attached:
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Escalated:
    step: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Acknowledged:
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Noted:
    note: Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    level: Level
    rationale: str
    follow_up_on: date
    by: str
    at: datetime


Fact: TypeAlias = RaisedAgain | Attached | Escalated | Acknowledged | Noted | Closed


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAlert:
    """A patient has at most one that is not closed; later answers attach to it."""

    id: str
    patient_id: str
    location_id: str
    evidence: tuple[Evidence, ...]
    raised_at: datetime
    acknowledge_by: datetime
    status: Status = Status.OPEN
    round: int = 1
    step: int = 0
    notes: tuple[Note, ...] = ()
    acknowledged: Acknowledged | None = None
    closed: Closed | None = None
    revision: int = 1

    @classmethod
    def raised(
        cls, *, id: str, patient_id: str, location_id: str, evidence: Evidence, policy: RiskPolicy
    ) -> Self:
        return cls(
            id=id,
            patient_id=patient_id,
            location_id=location_id,
            evidence=(evidence,),
            raised_at=evidence.at,
            acknowledge_by=evidence.at + policy.acknowledge_within,
        )

    @property
    def level(self) -> str:
        return UNASSESSED if self.closed is None else self.closed.level

    def add_evidence(
        self, evidence: Evidence, *, policy: RiskPolicy
    ) -> RaisedAgain | Attached | None:
        """What another answer adds: a worse one raises again, a known one adds nothing."""
        if evidence.value > max(known.value for known in self.evidence):
            return RaisedAgain(evidence, evidence.at + policy.acknowledge_within)
        if any(_is_same(known, evidence) for known in self.evidence):
            return None
        return Attached(evidence)

    def escalate(self, step: int, *, now: datetime) -> Escalated | None:
        """None when somebody has acknowledged it, or this step was taken already."""
        if self.status is not Status.OPEN or step <= self.step:
            return None
        return Escalated(step, now)

    def acknowledge(self, by: str, *, now: datetime) -> Acknowledged | None:
        """None when it is acknowledged already: the first one counts."""
        if self.status is Status.ACKNOWLEDGED:
            return None
        self._may_become(Status.ACKNOWLEDGED)
        return Acknowledged(by, now)

    def note(self, by: str, text: str, *, now: datetime) -> Noted:
        self._may_become(self.status)
        return Noted(Note(by=by, text=text, at=now))

    def close(
        self, level: Level, *, rationale: str, follow_up_on: date, by: str, now: datetime
    ) -> Closed:
        self._may_become(Status.CLOSED)
        if follow_up_on < now.date() - timedelta(days=1):  # today may be yesterday in UTC's west
            raise FollowUpHasPassed(follow_up_on)
        return Closed(level=level, rationale=rationale, follow_up_on=follow_up_on, by=by, at=now)

    def after(self, fact: Fact) -> Self:
        following = replace(self, revision=self.revision + 1)
        match fact:
            case RaisedAgain(evidence, acknowledge_by):
                return following._open_again(evidence, acknowledge_by)
            case Attached(evidence):
                return replace(following, evidence=(*self.evidence, evidence))
            case Escalated(step):
                return replace(following, step=step)
            case Acknowledged():
                return replace(following, status=Status.ACKNOWLEDGED, acknowledged=fact)
            case Noted(note):
                return replace(following, notes=(*self.notes, note))
            case Closed():
                return replace(following, status=Status.CLOSED, closed=fact)
            case _:
                assert_never(fact)

    def _open_again(self, evidence: Evidence, acknowledge_by: datetime) -> Self:
        return replace(
            self,
            status=Status.OPEN,
            evidence=(*self.evidence, evidence),
            acknowledge_by=acknowledge_by,
            acknowledged=None,
            round=self.round + 1,
            step=0,
        )

    def _may_become(self, status: Status) -> None:
        allowed = ARROWS[self.status]
        if status not in allowed:
            raise NotAllowed("An alert", self.status, status, allowed=allowed)


def _is_same(known: Evidence, new: Evidence) -> bool:
    """The same item of the same survey, not answered worse than before."""
    same = (known.source, known.assignment_id) == (new.source, new.assignment_id)
    return same and new.value <= known.value
