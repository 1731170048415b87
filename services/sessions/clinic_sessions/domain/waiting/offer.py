"""An offer: a start within a freed stretch, kept for one who waits until they answer, or too long.

`answer_by` is written once, when it is made, and the hold that keeps the time ends with it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self, TypeAlias, assert_never

from clinic_sessions.domain.errors import OfferHasEnded
from clinic_sessions.domain.waiting.freed import Freed

OPEN: Final = "open"
ACCEPTED: Final = "accepted"
DECLINED: Final = "declined"
PASSED_ON: Final = "passed_on"  # nobody has answered in time
WITHDRAWN: Final = "withdrawn"  # they wait no longer, or what it stood on has moved


@dataclass(frozen=True, slots=True)
class Made:
    at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """`by` somebody of the place, or by nobody."""

    outcome: str
    at: datetime
    by: str | None = None


OfferFact: TypeAlias = Made | Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """`session_id` is the booking that would move there; without one, a visit would be booked."""

    id: str
    waiting_id: str
    plan_id: str
    patient_id: str
    location_id: str
    session_id: str | None
    hold_id: str
    freed: Freed
    starts_at: datetime
    ends_at: datetime
    made_at: datetime
    answer_by: datetime
    state: str = OPEN
    ended_at: datetime | None = None
    answered_by: str | None = None
    revision: int = 0

    def status(self, now: datetime) -> str:
        return PASSED_ON if self.state == OPEN and self.answer_by <= now else self.state

    def make(self) -> Made:
        return Made(self.made_at)

    def accept(self, *, by: str, now: datetime) -> Ended:
        self._only_open(now)
        return Ended(ACCEPTED, now, by)

    def decline(self, *, by: str, now: datetime) -> Ended:
        self._only_open(now)
        return Ended(DECLINED, now, by)

    def pass_on(self, *, now: datetime) -> Ended | None:
        """None where somebody has answered, or still can."""
        is_over = self.state == OPEN and self.answer_by <= now
        return Ended(PASSED_ON, now) if is_over else None

    def withdraw(self, *, now: datetime) -> Ended:
        return Ended(WITHDRAWN, now)

    def after(self, fact: OfferFact) -> Self:
        following = replace(self, revision=self.revision + 1)
        match fact:
            case Made():
                return following
            case Ended(outcome, at, by):
                return replace(following, state=outcome, ended_at=at, answered_by=by)
            case _:
                assert_never(fact)

    def _only_open(self, now: datetime) -> None:
        status = self.status(now)
        if status != OPEN:
            raise OfferHasEnded(status)
