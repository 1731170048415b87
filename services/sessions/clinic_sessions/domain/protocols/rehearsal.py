"""A draft of a protocol, run over what has happened: what would have come out otherwise. Pure.

Decisions are made again from the facts of their receipts. A fact that nobody asked for then is not
known now, nor is one that the draft may have turned: what hangs on it alone is listed as such, and
never as blocked or let pass.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Final, Literal, TypeAlias, get_args

from clinic_platform.decisions import Receipt
from clinic_sessions.domain.bedside.crossing import Baselines
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.protocols.crossings import crossing_differences
from clinic_sessions.domain.protocols.giving import giving_differences
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.protocols.replaying import dose_differences, unlike_decision
from clinic_sessions.domain.protocols.rule_sets import RuleSets
from clinic_sessions.domain.protocols.shelf import Shelf
from clinic_sessions.domain.protocols.watching import reading_differences
from clinic_sessions.domain.session import Session

Kind: TypeAlias = Literal[
    "would_block",
    "would_pass",
    "other_reasons",
    "cannot_tell",
    "dose_bounds_differ",
    "dose_would_be_refused",
    "dose_would_be_marked",
    "dose_would_not_be_marked",
    "dose_step_would_need_a_reason",
    "dose_volume_differs",
    "dose_dilution_differs",
    "dose_rate_differs",
    "dose_duration_differs",
    "visit_length_differs",
    "visits_too_close",
    "visits_too_far",
    "readings_newly_due",
    "readings_no_longer_due",
    "limits_newly_passed",
    "limits_no_longer_passed",
    "limits_cannot_be_told",
    "surveys_differ",
    "integration_differs",
]
SAMPLES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSession:
    """A session that took place, the version of the protocol it was under, its decisions, its
    readings, and what these were measured against."""

    session: Session
    version: int
    receipts: tuple[Receipt, ...] = ()
    readings: tuple[Reading, ...] = ()
    baseline: Baselines = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """`details`: the rules, the bound, or the hours it is about. Never whose."""

    kind: Kind
    session_id: str
    details: tuple[str, ...] = ()
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One kind of difference: how often, in how many sessions, and the first of them."""

    kind: Kind
    count: int
    sessions: int
    samples: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """Over so many `sessions`, `decisions` and `doses`. Kinds that did not occur have count 0."""

    sessions: int
    decisions: int
    doses: int
    changes: tuple[Tally, ...]


def rehearse(
    draft: Protocol, past: Sequence[PastSession], *, shelf: Shelf, rule_sets: RuleSets
) -> Rehearsal:
    """`past` is of one protocol, in any order. Sessions whose version is gone are left out."""
    known = [one for one in past if (draft.name, one.version) in shelf]
    differences = [
        *_of_visits(draft, known, shelf),
        *(found for one in known for found in _of_session(draft, one, shelf, rule_sets)),
        *_of_steps(draft, known, shelf),
    ]
    return Rehearsal(
        sessions=len(known),
        decisions=sum(len(one.receipts) for one in known),
        doses=sum(one.session.order is not None for one in known),
        changes=tuple(_tallied(kind, differences) for kind in get_args(Kind)),
    )


def _tallied(kind: Kind, differences: Iterable[Difference]) -> Tally:
    of_kind = [one for one in differences if one.kind == kind]
    return Tally(
        kind=kind,
        count=sum(one.count for one in of_kind),
        sessions=len({one.session_id for one in of_kind}),
        samples=tuple(sorted(of_kind, key=lambda one: one.session_id)[:SAMPLES]),
    )


def _of_session(
    draft: Protocol, one: PastSession, shelf: Shelf, rule_sets: RuleSets
) -> Iterator[Difference]:
    session, held = one.session, shelf[draft.name, one.version]
    for receipt in one.receipts:
        unlike = unlike_decision(draft, held, session, receipt, rule_sets)
        if unlike is not None:
            yield Difference(unlike[0], session.id, unlike[1])
    if session.order is not None:
        for kind, detail in dose_differences(draft, held, session.order):
            yield Difference(kind, session.id, (detail,) if detail else ())
        for way, detail in giving_differences(draft, held, session.order):
            yield Difference(way, session.id, (detail,))
    yield from _of_follow_up(draft, held, session)
    for due, count in reading_differences(draft, held, session):
        yield Difference(due, session.id, count=count)
    crossings = crossing_differences(draft, held, session, one.readings, one.baseline)
    for crossing, limits in crossings:
        yield Difference(crossing, session.id, limits, count=len(limits))


def _of_follow_up(draft: Protocol, held: Protocol, session: Session) -> Iterator[Difference]:
    """By name: the plans themselves are other services'."""
    if draft.surveys != held.surveys:
        yield Difference("surveys_differ", session.id, (draft.surveys,))
    if draft.integration != held.integration:
        yield Difference("integration_differs", session.id, (draft.integration,))


def _of_visits(draft: Protocol, past: Iterable[PastSession], shelf: Shelf) -> Iterator[Difference]:
    for one in past:
        held = shelf[draft.name, one.version]
        if held.visit_lasts != draft.visit_lasts:
            yield Difference(
                "visit_length_differs", one.session.id, (_in_words(draft.visit_lasts),)
            )
    for earlier, later in _neighbours(past):
        number = later.session.infusion_number
        spacing = draft.spacing.step_to(number)
        before = shelf[draft.name, later.version].spacing.step_to(number)
        apart = _starts(later) - _starts(earlier)
        if before.least <= apart < spacing.least:
            yield Difference("visits_too_close", later.session.id, (_in_words(apart),))
        if before.most >= apart > spacing.most:
            yield Difference("visits_too_far", later.session.id, (_in_words(apart),))


def _of_steps(draft: Protocol, past: Iterable[PastSession], shelf: Shelf) -> Iterator[Difference]:
    from_one_to_the_next = (
        (later, earlier.session.order, later.session.order) for earlier, later in _neighbours(past)
    )
    for later, last, order in from_one_to_the_next:
        if last is None or order is None:
            continue
        step = abs(order.mg_per_kg - last.mg_per_kg)
        if _is_far(step, draft) and not _is_far(step, shelf[draft.name, later.version]):
            detail = f"{step:g} mg/kg"
            yield Difference("dose_step_would_need_a_reason", later.session.id, (detail,))


def _is_far(step: float, protocol: Protocol) -> bool:
    # Two doses in mg/kg are distinguished to a thousandth: floats are not exact.
    return protocol.step is not None and step > protocol.step + 0.0005


def _neighbours(past: Iterable[PastSession]) -> Iterator[tuple[PastSession, PastSession]]:
    """Each session and the next of the same plan."""
    in_order = sorted(past, key=lambda one: (one.session.plan_id, _starts(one)))
    for _, of_plan in groupby(in_order, key=lambda one: one.session.plan_id):
        yield from pairwise(of_plan)


def _starts(one: PastSession) -> datetime:
    return one.session.booked_visit.starts_at


def _in_words(stretch: timedelta) -> str:
    hours, minutes = divmod(round(stretch.total_seconds() / 60), 60)
    return f"{hours} h {minutes:02} min"
