"""An entry of the wait-list: whose plan waits for a time, when would suit, and in which order.

It is over by itself at `until`: nobody has to notice that this has passed.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Self, TypeAlias, assert_never

from clinic_sessions.domain.booking.preferences import NO_PREFERENCE, Preference
from clinic_sessions.domain.errors import WaitingHasEnded
from clinic_sessions.domain.waiting.freed import Freed

WAITING: Final = "waiting"
EXPIRED: Final = "expired"
BOOKED: Final = "booked"  # a visit of the plan has been booked, by whichever door
MOVED: Final = "moved"  # the booking was moved to an earlier time, by whichever door
WITHDRAWN: Final = "withdrawn"
BOOKING_ENDED: Final = "booking_ended"  # what was to be moved has begun, or will not take place
PLAN_ENDED: Final = "plan_ended"
PATIENT_ERASED: Final = "patient_erased"

MOST_URGENT: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitWanted:
    """`session_id`: a booking that is to be earlier. Starts before `until`, as long as the rules
    let anybody wait where it is None."""

    session_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    preference: Preference = NO_PREFERENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """A clinician's: `level` is from 1 to MOST_URGENT, `reason` a code."""

    level: int
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Joined:
    at: datetime


@dataclass(frozen=True, slots=True)
class Prioritised:
    """None: it waits as everybody does."""

    priority: Priority | None


@dataclass(frozen=True, slots=True)
class Asked:
    """It was offered this start; it is not asked again about that time, whatever the answer was."""

    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    outcome: str
    at: datetime


WaitingFact: TypeAlias = Joined | Prioritised | Asked | Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One visit of a plan that is to be booked; or, with `session_id`, a booking that is to be
    earlier. Starts from `since` on and before `until` are of interest."""

    id: str
    plan_id: str
    patient_id: str
    location_id: str
    joined_at: datetime
    joined_by: str
    until: datetime
    since: datetime | None = None
    session_id: str | None = None
    preference: Preference = NO_PREFERENCE
    priority: Priority | None = None
    asked: tuple[datetime, ...] = ()
    state: str = WAITING
    ended_at: datetime | None = None
    revision: int = 0

    def status(self, now: datetime) -> str:
        return EXPIRED if self.state == WAITING and self.until <= now else self.state

    @property
    def order(self) -> str:
        """Sorts as it is their turn: by priority, then by who has waited longest."""
        level = 0 if self.priority is None else self.priority.level
        joined = self.joined_at.astimezone(UTC).isoformat(timespec="microseconds")
        return f"{MOST_URGENT - level}/{joined}/{self.id}"

    def suits(self, starts_at: datetime, local: datetime, *, before: datetime | None) -> bool:
        """Whether they would come then, `local` on the wall of the place. `before`: when the
        booking begins that is to be earlier; None where it cannot be moved any more."""
        if self.session_id is not None and (before is None or starts_at >= before):
            return False
        is_within = (self.since or self.joined_at) <= starts_at < self.until
        return is_within and self.preference.suits(local)

    def was_asked_about(self, freed: Freed, *, lasts: timedelta) -> bool:
        """Whether a start it was offered, for a visit of that length, lies in this stretch."""
        return any(freed.meets(at, lasts) for at in self.asked)

    def join(self) -> Joined:
        return Joined(self.joined_at)

    def prioritise(self, level: int, reason: str, *, by: str, now: datetime) -> Prioritised:
        """Level 0 takes a priority away."""
        self._only_waiting(now)
        if level == 0:
            return Prioritised(None)
        return Prioritised(Priority(level=level, reason=reason, by=by, at=now))

    def ask(self, starts_at: datetime) -> Asked:
        return Asked(starts_at)

    def withdraw(self, *, now: datetime) -> Ended:
        self._only_waiting(now)
        return Ended(WITHDRAWN, now)

    def end(self, outcome: str, *, now: datetime) -> Ended:
        """By something that happened. Also of one that is over by its time: then that is why."""
        return Ended(EXPIRED if self.status(now) == EXPIRED else outcome, now)

    def after(self, fact: WaitingFact) -> Self:
        following = replace(self, revision=self.revision + 1)
        match fact:
            case Joined():
                return following
            case Prioritised(priority):
                return replace(following, priority=priority)
            case Asked(starts_at):
                return replace(following, asked=(*self.asked, starts_at))
            case Ended(outcome, at):
                return replace(following, state=outcome, ended_at=at)
            case _:
                assert_never(fact)

    def _only_waiting(self, now: datetime) -> None:
        status = self.status(now)
        if status != WAITING:
            raise WaitingHasEnded(status)
