"""A patient's course: which protocol, how many infusions, how many are done."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, Self, TypeAlias, assert_never

from clinic_sessions.domain.booking.resting import rested_at
from clinic_sessions.domain.errors import NotBookable, PatientErased
from clinic_sessions.domain.protocols.protocol import Spacing, Stage

A_DAY: Final = timedelta(days=1)
NO_TIME: Final = timedelta()


@dataclass(frozen=True, slots=True)
class Started:
    at: datetime


@dataclass(frozen=True, slots=True)
class InfusionGiven:
    """`session_id` was completed; `ends_series` when it was the last one planned."""

    session_id: str
    at: datetime
    ends_series: bool


@dataclass(frozen=True, slots=True)
class InfusionTakenBack:
    """`session_id` was voided: it does not count any more."""

    session_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolMoved:
    """From version `before` to `after` of the same protocol, which plans so many `infusions` and
    names the `surveys`."""

    before: int
    after: int
    infusions: int
    reason: str
    by: str
    at: datetime
    surveys: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """No clearance for its protocol holds any more."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Orphaned:
    """Its patient was erased: what was given stays on record, and nothing new is planned by it."""

    at: datetime


Fact: TypeAlias = Started | InfusionGiven | InfusionTakenBack | ProtocolMoved | Ended | Orphaned


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The protocol's version is pinned: a later one changes nothing for this patient until somebody
    moves the plan to it; `moves` records who did, the oldest first. `surveys` names those that go
    with it; None for plans from before they were kept. Once it has ended, nothing is booked or
    moved on it; the visits that are booked stay, and their gates decide on the day."""

    id: str
    patient_id: str
    location_id: str
    clearance_id: str
    indication: str
    protocol: str
    protocol_version: int
    infusions: int
    started_at: datetime
    given: tuple[str, ...] = ()
    moves: tuple[ProtocolMoved, ...] = ()
    ended_at: datetime | None = None
    orphaned_at: datetime | None = None
    surveys: str | None = None
    revision: int = 0

    @classmethod
    def of_nobody(
        cls, location_id: str, protocol: str, version: int, infusions: int, *, now: datetime
    ) -> Self:
        """What somebody would have who is not cleared yet: no patient, no visits. Never kept."""
        return cls(
            id="",
            patient_id="",
            location_id=location_id,
            clearance_id="",
            indication="",
            protocol=protocol,
            protocol_version=version,
            infusions=infusions,
            started_at=now,
        )

    def start(self) -> Started:
        return Started(self.started_at)

    def end(self, at: datetime) -> Ended:
        return Ended(at)

    def orphan(self, *, now: datetime) -> Orphaned:
        return Orphaned(now)

    def number_of(self, session_id: str) -> int:
        """Which infusion a session would be if it were given next."""
        return len(set(self.given) - {session_id}) + 1

    def only_running(self) -> None:
        """Raises NotBookable, and PatientErased."""
        self.only_with_a_patient()
        if self.ended_at is not None:
            sentence = (
                "The clearance of this plan has ended: a patient cleared anew has a new plan."
            )
            raise NotBookable("plan_ended", sentence)

    def only_with_a_patient(self) -> None:
        """Raises PatientErased."""
        if self.orphaned_at is not None:
            raise PatientErased

    def next_infusion(
        self,
        starts_at: datetime,
        others: Iterable[datetime],
        *,
        spacing: Spacing,
        held: Iterable[datetime] = (),
        broken_off: Iterable[datetime] = (),
    ) -> int:
        """The number of an infusion at that time, beside the others that are booked or were given.

        Raises NotBookable when the plan has ended, the series is full, or another is closer than
        the spacing. What is `held` for this plan has its place in the series, too: else its hold
        could not be confirmed. A visit that was `broken_off` after the drug had begun to go in has
        none, and its distance is kept.
        """
        self.only_running()
        others = list(others)
        times = sorted([*others, starts_at])
        row = sorted([*times, *held])
        if len(row) > self.infusions:
            full = len(times) > self.infusions
            last = "is booked already" if full else "is booked already, or held"
            raise NotBookable("series_full", f"Every infusion of this plan {last}.")
        if (near := _too_close(row, spacing)) is not None:
            hours = near.least.total_seconds() / 3600
            since = "" if near.from_infusion == 1 else f" from number {near.from_infusion} on"
            hold = "" if _too_close(times, spacing) else ", and a start near this one is held"
            sentence = f"Infusions{since} are at least {hours:g} hours apart{hold}."
            raise NotBookable("spacing", sentence)
        rested = rested_at(broken_off, others, spacing)
        if rested is not None and starts_at < rested:
            sentence = "The drug was given in a visit that was broken off: it is too soon after it."
            raise NotBookable("spacing", sentence)
        return times.index(starts_at) + 1

    def gap_days(
        self,
        starts_at: datetime,
        others: Iterable[datetime],
        *,
        spacing: Spacing,
        broken_off: Iterable[datetime] = (),
    ) -> float:
        """The days above the most between an infusion at that time and those next to it. They are
        shown and not refused: a course may go on after an illness, and a person decides that. A
        visit that was `broken_off` although it was dosed is the one before, if it was later."""
        row = sorted(others)
        if not row:
            return 0.0
        number = bisect_left(row, starts_at) + 1
        before = [at for at in (*row[: number - 1][-1:], *broken_off) if at < starts_at]
        near = [(starts_at - max(before), number)] if number > 1 else []
        near += [(after - starts_at, number + 1) for after in row[number - 1 : number]]
        beyond = (apart - spacing.step_to(to).most for apart, to in near)
        return round(sum((over for over in beyond if over > NO_TIME), NO_TIME) / A_DAY, 2)

    def give_infusion(self, session_id: str, *, now: datetime) -> InfusionGiven:
        return InfusionGiven(session_id, now, len(self.given) + 1 == self.infusions)

    def take_back(self, session_id: str) -> InfusionTakenBack:
        return InfusionTakenBack(session_id)

    def move_protocol(
        self,
        version: int,
        *,
        infusions: int,
        surveys: str | None = None,
        reason: str,
        by: str,
        now: datetime,
    ) -> ProtocolMoved:
        return ProtocolMoved(
            before=self.protocol_version,
            after=version,
            infusions=infusions,
            reason=reason,
            by=by,
            at=now,
            surveys=surveys,
        )

    def version_on(self, at: datetime) -> int:
        """The version that held then."""
        later = [move.before for move in self.moves if move.at > at]
        return later[0] if later else self.protocol_version

    def after(self, fact: Fact) -> Self:
        following = replace(self, revision=self.revision + 1)
        match fact:
            case Started():
                return following
            case InfusionGiven(session_id):
                return replace(following, given=(*self.given, session_id))
            case InfusionTakenBack(session_id):
                return replace(following, given=tuple(g for g in self.given if g != session_id))
            case ProtocolMoved():
                return replace(
                    following,
                    protocol_version=fact.after,
                    infusions=fact.infusions,
                    surveys=fact.surveys,
                    moves=(*self.moves, fact),
                )
            case Ended(at):
                return replace(following, ended_at=at)
            case Orphaned(at):
                return replace(following, orphaned_at=at)
            case _:
                assert_never(fact)


def _too_close(times: Iterable[datetime], spacing: Spacing) -> Stage | None:
    """Of the first two that are nearer than they may be, what they should have kept."""
    steps = ((spacing.step_to(n), b - a) for n, (a, b) in enumerate(pairwise(times), start=2))
    return next((step for step, apart in steps if apart < step.least), None)
