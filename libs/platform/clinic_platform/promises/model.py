"""A promise, its ends, and what is promised about promises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

Facts: TypeAlias = Mapping[str, str | int | float | bool]


class State(StrEnum):
    PENDING = "pending"
    KEPT = "kept"
    LAPSED = "lapsed"  # its time passed, or its act failed until then
    WITHDRAWN = "withdrawn"  # it was no longer wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """An act that is due. `key` is its business key: there is one promise of a key, ever. What may
    be due a second time has something in its key that differs then: a version, a round, an instant.

    `about` is what it hangs on (a session, an assignment): what is planned about it is planned as a
    whole. `why` is the event that caused it, `rule` the line of the plan (`integration-plan@1/…`).
    `facts` are ids, codes and numbers, never words about a person. Times are business time.
    """

    key: str
    kind: str
    about: str
    person: str
    rule: str
    why: str
    due_at: datetime
    useful_until: datetime
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseRow(Promise):
    """A promise and how it stands. `reason` is a code: why it ended unkept, or was put off."""

    state: State
    reason: str | None
    attempts: int
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A promise to be kept now. `attempt` counts from 1. `uncertain`: an earlier attempt may have
    acted outside and died before it could write so."""

    promise: Promise
    now: datetime
    attempt: int
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    pass


@dataclass(frozen=True, slots=True)
class Lapsed:
    reason: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """Not now, but at `at`. Not an end."""

    at: datetime
    reason: str


Ending: TypeAlias = Kept | Lapsed | Withdrawn | Later


class Promises(Protocol):
    """Every promise of one service. The writes belong in the caller's transaction."""

    async def plan(
        self, about: str, version: int, promises: Sequence[Promise], *, reason: str
    ) -> bool:
        """Make these, and no others, the pending promises of `about`.

        New ones are added, pending ones moved to their new times, pending ones not among them
        withdrawn with `reason`; what has ended stays as it is. A `version` that is not above the
        last one planned changes nothing and returns False: news may come twice and out of order.
        The first plan of a thing takes it that nothing is promised `about` it yet. What is made
        apart from its plans is made later, and withdrawn by the next one that does not name it.
        """
        ...

    async def make(self, *promises: Promise) -> int:
        """Add those whose keys do not exist yet, in one go. How many it was."""
        ...

    async def withdraw(self, *keys: str, reason: str) -> None:
        """End those of these that are pending, in one go. It may be none."""
        ...

    async def of_person(self, person: str, *, until: datetime | None = None) -> list[PromiseRow]:
        """All that a person was and will be promised, by due time."""
        ...
