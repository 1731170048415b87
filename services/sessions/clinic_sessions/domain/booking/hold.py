"""A hold: seats kept for a while, until somebody confirms or releases it, or its time runs out.

`expires_at` is written once, when it is made. No reading, no second request and no other change
moves it; nobody has to notice that it has passed.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self, TypeAlias, assert_never

from clinic_sessions.domain.booking.visit import Visit
from clinic_sessions.domain.errors import HoldHasEnded, HoldIsOffered

PENDING: Final = "pending"
CONFIRMED: Final = "confirmed"
RELEASED: Final = "released"
EXPIRED: Final = "expired"  # never stored: it follows from the time


@dataclass(frozen=True, slots=True)
class HoldTaken:
    at: datetime


@dataclass(frozen=True, slots=True)
class HoldConfirmed:
    """The seats are the session's from now on."""

    at: datetime


@dataclass(frozen=True, slots=True)
class HoldReleased:
    at: datetime


HoldFact: TypeAlias = HoldTaken | HoldConfirmed | HoldReleased


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """`session_id` is what it will be as a session: its seats are taken under that name. One with
    an `offer_id` is answered there; `instead_of` is the booking that would move into it, so that
    it takes no further place in its series, and of the seats only those that booking has not."""

    id: str
    session_id: str
    plan_id: str
    patient_id: str
    location_id: str
    visit: Visit
    held_by: str
    held_at: datetime
    expires_at: datetime
    offer_id: str | None = None
    instead_of: str | None = None
    state: str = PENDING
    revision: int = 0

    def status(self, now: datetime) -> str:
        return EXPIRED if self.state == PENDING and self.expires_at <= now else self.state

    def take(self) -> HoldTaken:
        return HoldTaken(self.held_at)

    def confirm(self, *, now: datetime) -> HoldConfirmed:
        self._only_pending(now)
        return HoldConfirmed(now)

    def release(self, *, now: datetime) -> HoldReleased:
        self._only_pending(now)
        return HoldReleased(now)

    def only_unoffered(self) -> None:
        """Raises HoldIsOffered."""
        if self.offer_id is not None:
            raise HoldIsOffered(self.offer_id)

    def after(self, fact: HoldFact) -> Self:
        following = replace(self, revision=self.revision + 1)
        match fact:
            case HoldTaken():
                return following
            case HoldConfirmed():
                return replace(following, state=CONFIRMED)
            case HoldReleased():
                return replace(following, state=RELEASED)
            case _:
                assert_never(fact)

    def _only_pending(self, now: datetime) -> None:
        status = self.status(now)
        if status != PENDING:
            raise HoldHasEnded(status)
