"""The life of a message: waiting, then sent, withheld or undeliverable, and why.

A message changes only by a fact, and keeps its facts: they are the timeline that people read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self, TypeAlias, assert_never

from clinic_notifications.domain.errors import MessageHasEnded


class Status(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    WITHHELD = "withheld"
    UNDELIVERABLE = "undeliverable"


# The whole state machine. An arrow that is not drawn here cannot happen.
ARROWS: Final[Mapping[Status, tuple[Status, ...]]] = {
    Status.WAITING: (Status.WAITING, Status.SENT, Status.WITHHELD, Status.UNDELIVERABLE),
    Status.SENT: (),
    Status.WITHHELD: (),
    Status.UNDELIVERABLE: (),
}


@dataclass(frozen=True, slots=True)
class Deferred:
    at: datetime
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Sent:
    """`uncertain`: an earlier attempt may have sent it already, so it may have come twice."""

    at: datetime
    template_version: int
    uncertain: bool


@dataclass(frozen=True, slots=True)
class Withheld:
    """`uncertain`: an earlier attempt may have sent it all the same."""

    at: datetime
    reason: str
    uncertain: bool


@dataclass(frozen=True, slots=True)
class Undeliverable:
    at: datetime
    reason: str


Fact: TypeAlias = Deferred | Sent | Withheld | Undeliverable


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One letter to one person. `purpose` is the rule it follows, `promise_about` what it is on.

    `patient_id` is empty where it is about no patient.
    """

    id: str
    patient_id: str
    location_id: str
    promise_key: str
    promise_about: str
    purpose: str
    template: str
    category: str
    channel: str
    created_at: datetime
    status: Status = Status.WAITING
    uncertain: bool = False
    timeline: tuple[Fact, ...] = ()
    revision: int = 0

    def defer(self, *, until: datetime, reason: str, now: datetime) -> Deferred:
        self._may_become(Status.WAITING)
        return Deferred(now, until, reason)

    def send(self, *, template_version: int, uncertain: bool, now: datetime) -> Sent:
        self._may_become(Status.SENT)
        return Sent(now, template_version, uncertain)

    def withhold(self, reason: str, *, uncertain: bool, now: datetime) -> Withheld:
        self._may_become(Status.WITHHELD)
        return Withheld(now, reason, uncertain)

    def give_up(self, reason: str, *, now: datetime) -> Undeliverable:
        self._may_become(Status.UNDELIVERABLE)
        return Undeliverable(now, reason)

    def after(self, fact: Fact) -> Self:
        following = replace(self, revision=self.revision + 1, timeline=(*self.timeline, fact))
        match fact:
            case Deferred():
                return following
            case Sent(uncertain=uncertain):
                return replace(following, status=Status.SENT, uncertain=uncertain)
            case Withheld(uncertain=uncertain):
                return replace(following, status=Status.WITHHELD, uncertain=uncertain)
            case Undeliverable():
                return replace(following, status=Status.UNDELIVERABLE)
            case _:
                assert_never(fact)

    def waits_for(self, reason: str) -> bool:
        """Whether the last that is known of it is that it waits for this."""
        last = self.timeline[-1] if self.timeline else None
        return isinstance(last, Deferred) and last.reason == reason

    def _may_become(self, status: Status) -> None:
        if status not in ARROWS[self.status]:
            raise MessageHasEnded(self.status)
