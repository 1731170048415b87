"""The life of an assignment: one patient is asked one thing, once, until a time.

Pure. Who holds the secret may begin a sitting (a short time to answer in); beginning another takes
the place of the one before. An assignment changes only by a fact.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self, TypeAlias, assert_never

from clinic_outcomes.domain.errors import NotAllowed, SurveyNotFound
from clinic_outcomes.domain.instrument import Answers

# As long as a session on any other public terminal; opening the link again begins a new one.
SITTING: Final = timedelta(minutes=30)


class Status(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


# The whole state machine. An arrow that is not drawn here cannot happen.
ARROWS: Final[Mapping[Status, tuple[Status, ...]]] = {
    Status.OPEN: (Status.OPEN, Status.ANSWERED, Status.EXPIRED, Status.WITHDRAWN),
    Status.ANSWERED: (),
    Status.EXPIRED: (),
    Status.WITHDRAWN: (),
}


@dataclass(frozen=True, slots=True)
class SittingBegan:
    fingerprint: str
    until: datetime


@dataclass(frozen=True, slots=True)
class DraftSaved:
    answers: Answers


@dataclass(frozen=True, slots=True)
class Answered:
    at: datetime


@dataclass(frozen=True, slots=True)
class Expired:
    at: datetime


@dataclass(frozen=True, slots=True)
class Withdrawn:
    reason: str
    at: datetime


Fact: TypeAlias = SittingBegan | DraftSaved | Answered | Expired | Withdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSheet:
    """What was answered, word for word; never changed."""

    id: str
    assignment_id: str
    patient_id: str
    location_id: str
    instrument: str
    instrument_version: int
    answers: Answers
    answered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """`about` is what it hangs on: a session or a plan. Secrets are kept as fingerprints only."""

    id: str
    patient_id: str
    location_id: str
    about: str
    survey: str
    instrument: str
    instrument_version: int
    is_baseline: bool
    due_at: datetime
    expires_at: datetime
    secret: str
    status: Status = Status.OPEN
    sitting: SittingBegan | None = None
    draft: Answers | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    revision: int = 1

    def begin_sitting(self, fingerprint: str, *, now: datetime) -> SittingBegan:
        """SurveyNotFound when there is nothing to answer any more: used looks like absent."""
        if self.status is not Status.OPEN or now >= self.expires_at:
            raise SurveyNotFound
        return SittingBegan(fingerprint, min(now + SITTING, self.expires_at))

    def save_draft(self, answers: Answers) -> DraftSaved:
        self._may_become(Status.OPEN)
        return DraftSaved(answers)

    def answer(self, *, now: datetime) -> Answered:
        self._may_become(Status.ANSWERED)
        return Answered(now)

    def expire(self, *, now: datetime) -> Expired:
        self._may_become(Status.EXPIRED)
        return Expired(now)

    def withdraw(self, reason: str, *, now: datetime) -> Withdrawn:
        self._may_become(Status.WITHDRAWN)
        return Withdrawn(reason, now)

    def is_sitting(self, now: datetime) -> bool:
        return self.sitting is not None and now < self.sitting.until

    def after(self, fact: Fact) -> Self:
        following = replace(self, revision=self.revision + 1)
        match fact:
            case SittingBegan():
                return replace(following, sitting=fact)
            case DraftSaved(answers):
                return replace(following, draft=answers)
            case Answered(at):
                return following._ended(Status.ANSWERED, at)
            case Expired(at):
                return following._ended(Status.EXPIRED, at)
            case Withdrawn(reason, at):
                return replace(following._ended(Status.WITHDRAWN, at), reason=reason)
            case _:
                assert_never(fact)

    def _ended(self, status: Status, at: datetime) -> Self:
        """The draft goes with it: what counts is kept as answers, the rest was never sent."""
        return replace(self, status=status, ended_at=at, draft=None)

    def _may_become(self, status: Status) -> None:
        allowed = ARROWS[self.status]
        if status not in allowed:
            raise NotAllowed("A survey", self.status, status, allowed=allowed)
