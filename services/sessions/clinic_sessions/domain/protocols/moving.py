"""Whether a plan may be moved to another version of its protocol: what stands in the way.

Nothing is moved silently: a visit that is booked keeps what it was booked with, so the new version
has to be content with that, or the visit is booked anew first.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Literal, TypeAlias

from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.protocols.protocol import Need, Phase, Protocol
from clinic_sessions.domain.session import AT_THE_CLINIC, Session, Status

Kind: TypeAlias = Literal[
    "same_version",
    "series_over",
    "series_too_short",
    "at_the_clinic",
    "phases",
    "too_close",
    "too_far",
    "outside_series",
]


@dataclass(frozen=True, slots=True)
class Obstacle:
    kind: Kind
    session_id: str | None = None

    def as_conflict(self) -> Mapping[str, object]:
        about = {} if self.session_id is None else {"session_id": self.session_id}
        return {"kind": self.kind, **about}


def obstacles(
    plan: Plan, pinned: Protocol, wanted: Protocol, sessions: Sequence[Session]
) -> list[Obstacle]:
    """`sessions` are all that the plan has, by their start, without those that count no more."""
    return [
        *_of_the_plan(plan, wanted, sessions),
        *(Obstacle("at_the_clinic", one.id) for one in sessions if one.status in AT_THE_CLINIC),
        *_of_visits(pinned, wanted, sessions),
        *_of_times(wanted, sessions),
    ]


def _of_the_plan(plan: Plan, wanted: Protocol, sessions: Sequence[Session]) -> Iterator[Obstacle]:
    if wanted.version == plan.protocol_version:
        yield Obstacle("same_version")
    if len(plan.given) >= min(plan.infusions, wanted.infusions):
        yield Obstacle("series_over")
    elif len(sessions) > wanted.infusions:
        yield Obstacle("series_too_short")


def _of_visits(
    pinned: Protocol, wanted: Protocol, sessions: Sequence[Session]
) -> Iterator[Obstacle]:
    if any(not _is_covered(need, phase, pinned) for phase in wanted.phases for need in phase.needs):
        yield from (Obstacle("phases", one.id) for one in sessions if _is_booked(one))


def _is_covered(need: Need, phase: Phase, pinned: Protocol) -> bool:
    """Whether a visit under the pinned version has this thing or person all through the phase."""
    at = phase.after
    for other in pinned.phases:
        if other.after <= at < other.ends_after and _offers(other, need):
            at = other.ends_after
    return at >= phase.ends_after


def _offers(phase: Phase, need: Need) -> bool:
    return any(
        (other.kind, other.what) == (need.kind, need.what)
        and need.competence in (None, other.competence)
        and (not other.is_shared or _shares_no_less(other, need))
        for other in phase.needs
    )


def _shares_no_less(other: Need, need: Need) -> bool:
    if not need.is_shared:
        return False
    return need.at_most is None or (other.at_most is not None and other.at_most <= need.at_most)


def _of_times(wanted: Protocol, sessions: Sequence[Session]) -> Iterator[Obstacle]:
    """Only of visits that are still to come: what was done was done under what held then."""
    starts = [session.booked_visit.starts_at for session in sessions]
    spacing = wanted.spacing
    for number, (earlier, later) in enumerate(pairwise(sessions), start=2):
        apart: timedelta = later.booked_visit.starts_at - earlier.booked_visit.starts_at
        step = spacing.step_to(number)
        if _is_booked(later) and apart < step.least:
            yield Obstacle("too_close", later.id)
        if _is_booked(later) and apart > step.most:
            yield Obstacle("too_far", later.id)
    for session, start in zip(sessions, starts, strict=True):
        if _is_booked(session) and start - starts[0] > spacing.within:
            yield Obstacle("outside_series", session.id)


def _is_booked(session: Session) -> bool:
    return session.status is Status.BOOKED
