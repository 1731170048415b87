"""The life of an alarm at the bedside: raised by software, acknowledged and closed by people. Pure.

Software raises, makes worse and calls; it never pauses an infusion, and never lets an alarm rest.
What happened is only ever added to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self, TypeAlias, assert_never

from clinic_sessions.domain.errors import AlarmNotAllowed
from clinic_sessions.domain.protocols.limits import Level, rank

READING_LATE: Final = "reading_late"

# What is noted beside an alarm.
MISSED_AGAIN: Final = "missed_again"
READING_CAME: Final = "reading_came"
READING_CORRECTED: Final = "reading_corrected"
STILL_PASSED: Final = "still_passed"
STILL_OPEN: Final = "still_open"
TAKEN_BEFORE: Final = "taken_before_it_was_closed"


class AlarmStatus(StrEnum):
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


# What stays on the board until a person closes it.
OPEN: Final = (AlarmStatus.RAISED, AlarmStatus.ACKNOWLEDGED)

# The whole state machine. An arrow that is not drawn here cannot happen.
ARROWS: Final[Mapping[AlarmStatus, tuple[AlarmStatus, ...]]] = {
    AlarmStatus.RAISED: (AlarmStatus.RAISED, AlarmStatus.ACKNOWLEDGED),
    AlarmStatus.ACKNOWLEDGED: (AlarmStatus.RAISED, AlarmStatus.CLOSED),
    AlarmStatus.CLOSED: (),
}


@dataclass(frozen=True, slots=True)
class Cause:
    """Why: the limit's id or the due that was missed, the level, and what the protocol has one do.

    `readings` are the ids of those that led to it, `codes` the symptoms, where those did.
    `is_confirmed` is false where a second reading was to confirm it and none came.
    """

    rule: str
    level: Level
    message: str
    readings: tuple[str, ...] = ()
    is_confirmed: bool = True
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Raised:
    cause: Cause
    at: datetime
    acknowledge_by: datetime


@dataclass(frozen=True, slots=True)
class Worsened:
    """Nobody has acknowledged this: whoever acknowledged had seen less."""

    cause: Cause
    at: datetime
    acknowledge_by: datetime


@dataclass(frozen=True, slots=True)
class AlarmNoted:
    """What is to be known beside it: see the words above."""

    what: str
    about: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Acknowledged:
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Escalated:
    """A person was called for the `step`th time."""

    step: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Closed:
    by: str
    action: str
    at: datetime


AlarmFact: TypeAlias = Raised | Worsened | AlarmNoted | Acknowledged | Escalated | Closed


@dataclass(frozen=True, slots=True)
class Chase:
    """How long an alarm of one level may wait, and whom each call after that goes to, by role; the
    last one again `then_every` so long, until somebody has acknowledged it. One that was is looked
    at again `remind_every` so long while the patient is there, until it is closed."""

    acknowledge_within: timedelta
    again_every: timedelta
    then_every: timedelta
    calls: tuple[str, ...]
    remind_every: timedelta

    def role_of(self, step: int) -> str:
        """`step` from 1. One that longer rules of before promised calls whom the last one does."""
        return self.calls[min(step, len(self.calls)) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One concern about one patient: `systolic_high`, or `reading_late`. `round` counts how often
    it was raised anew by something worse."""

    id: str
    session_id: str
    patient_id: str
    location_id: str
    concern: str
    level: Level = "caution"
    status: AlarmStatus = AlarmStatus.RAISED
    raised_at: datetime | None = None
    acknowledge_by: datetime | None = None
    acknowledged_by: str | None = None
    closed_at: datetime | None = None
    round: int = 1
    step: int = 0
    history: tuple[AlarmFact, ...] = ()
    revision: int = 0

    def raise_(self, cause: Cause, *, chase: Chase, now: datetime) -> Raised:
        return Raised(cause, now, now + chase.acknowledge_within)

    def worsen(self, cause: Cause, *, chase: Chase, now: datetime) -> Worsened | None:
        """By a level that is higher, or by a symptom that is new: whoever acknowledged it has not
        seen that one. None when what is known adds nothing."""
        if rank(cause.level) <= rank(self.level) and {*cause.codes} <= {*self.codes}:
            return None
        self._may_become(AlarmStatus.RAISED)
        return Worsened(cause, now, now + chase.acknowledge_within)

    def note(self, what: str, about: str, *, now: datetime) -> AlarmNoted:
        """At any time, also of one that is closed: it changes nothing else."""
        return AlarmNoted(what, about, now)

    def acknowledge(self, by: str, *, now: datetime) -> Acknowledged | None:
        """None when somebody has already: the first counts."""
        if self.status is AlarmStatus.ACKNOWLEDGED:
            return None
        self._may_become(AlarmStatus.ACKNOWLEDGED)
        return Acknowledged(by, now)

    def escalate(self, round: int, step: int, *, now: datetime) -> Escalated | None:
        """None when somebody has acknowledged it, or this call was made already."""
        if self.status is not AlarmStatus.RAISED or round != self.round or step <= self.step:
            return None
        return Escalated(step, now)

    def close(self, by: str, action: str, *, now: datetime) -> Closed:
        self._may_become(AlarmStatus.CLOSED)
        return Closed(by, action, now)

    def after(self, fact: AlarmFact) -> Self:
        following = replace(self, history=(*self.history, fact), revision=self.revision + 1)
        match fact:
            case Raised(cause, at, acknowledge_by):
                level = cause.level
                return replace(following, level=level, raised_at=at, acknowledge_by=acknowledge_by)
            case Worsened():
                return following._raised_again(fact)
            case AlarmNoted():
                return following
            case Acknowledged(by):
                return replace(following, status=AlarmStatus.ACKNOWLEDGED, acknowledged_by=by)
            case Escalated(step):
                return replace(following, step=step)
            case Closed(_, _, at):
                return replace(following, status=AlarmStatus.CLOSED, closed_at=at)
            case _:
                assert_never(fact)

    @property
    def newest_cause(self) -> Cause:
        return self._causes[-1]

    @property
    def codes(self) -> tuple[str, ...]:
        """All symptoms it was raised for so far."""
        return tuple(sorted({code for cause in self._causes for code in cause.codes}))

    def rests_on(self, reading_id: str) -> bool:
        return any(reading_id in cause.readings for cause in self._causes)

    @property
    def _causes(self) -> list[Cause]:
        return [fact.cause for fact in self.history if isinstance(fact, Raised | Worsened)]

    def _raised_again(self, worsened: Worsened) -> Self:
        return replace(
            self,
            level=max(self.level, worsened.cause.level, key=rank),
            status=AlarmStatus.RAISED,
            acknowledge_by=worsened.acknowledge_by,
            acknowledged_by=None,
            round=self.round + 1,
            step=0,
        )

    def _may_become(self, status: AlarmStatus) -> None:
        allowed = ARROWS[self.status]
        if status not in allowed:
            raise AlarmNotAllowed(self.status, status, allowed=allowed)
