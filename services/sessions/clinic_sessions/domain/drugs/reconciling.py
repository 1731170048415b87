"""Sessions against the ledger: every dose was drawn and given, and nothing was given to nobody."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from clinic_sessions.domain.bedside.dosing import is_cut_short
from clinic_sessions.domain.drugs.incident import IncidentKind
from clinic_sessions.domain.drugs.ledger import Account, Entry
from clinic_sessions.domain.drugs.vial import Vial
from clinic_sessions.domain.session import Session, Status

OVER: Final = (Status.COMPLETED, Status.ABORTED, Status.VOIDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """What a session records, in micrograms. `given` is all that was ordered; of a dose cut short
    what is reckoned from rate and time, give or take `tolerance`; None where that cannot be known.
    """

    session_id: str
    ordered: int
    given: int | None
    tolerance: int
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Micrograms. What was expected and what was found belong to its identity: another amount is
    another difference, whatever a person has decided of the first. It is about a session or,
    without one, about a vial."""

    kind: IncidentKind
    session_id: str | None
    vial_id: str | None
    expected: int
    found: int

    @property
    def identity(self) -> tuple[str, ...]:
        about = self.session_id or self.vial_id or ""
        return (self.kind, about, str(self.expected), str(self.found))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Of time: from `since` on, until just before `until`."""

    since: datetime
    until: datetime

    def has(self, at: datetime) -> bool:
        return self.since <= at < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What the ledger has of one session; micrograms."""

    drawn: int
    given: int
    in_syringe: int
    rounding: int
    vial_id: str | None


def dose_of(session: Session) -> Dose | None:
    """None where nothing was given, or a void states that this patient had none. Any other void is
    of the record: the dose stays in the books."""
    if not session.had_dose or session.order is None:
        return None
    ordered = micrograms_of(session.order.dose_mg)
    is_short = _is_short(session)
    return Dose(
        session_id=session.id,
        ordered=ordered,
        given=_reckoned(session) if is_short else ordered,
        tolerance=micrograms_of(session.order.rate_mg_per_min or 0) if is_short else 0,
        is_over=session.status in OVER,
    )


def _is_short(session: Session) -> bool:
    ended_at = session.dosing_ended_at
    return _was_aborted(session) or (ended_at is not None and is_cut_short(session, ended_at))


def _was_aborted(session: Session) -> bool:
    """A void hides it, but only what was completed has its place in the course."""
    if session.status is Status.VOIDED:
        return session.course is None
    return session.status is Status.ABORTED


def _reckoned(session: Session) -> int | None:
    """None before the end of dosing, and where neither a rate nor a device is known."""
    ended_at = session.dosing_ended_at
    mg = None if ended_at is None else session.mg_given(ended_at)
    return None if mg is None else micrograms_of(mg)


def micrograms_of(mg: float) -> int:
    return round(mg * 1000)


def moved_for(session_id: str, vials: Iterable[Vial], rounding_ml: Decimal) -> Moved:
    syringe = Account("syringe", session_id)
    pairs = [(vial, entry) for vial in vials for entry in _of(vial, session_id)]
    strengths = {vial.product.strength for vial, _ in pairs}
    return Moved(
        drawn=sum(entry.micrograms for _, entry in pairs if entry.kind == "drawn"),
        given=sum(entry.micrograms for _, entry in pairs if entry.kind == "given"),
        in_syringe=sum(
            entry.micrograms * ((entry.target == syringe) - (entry.source == syringe))
            for _, entry in pairs
        ),
        rounding=int(max(strengths, default=0) * rounding_ml),
        vial_id=pairs[-1][0].id if pairs else None,
    )


def is_drawn(dose_mg: float, moved: Moved) -> bool:
    """At least the dose is in a syringe, or was given: what was wasted is no dose."""
    return moved.in_syringe + moved.given >= micrograms_of(dose_mg) - moved.rounding > 0


def differences(
    doses: Sequence[Dose],
    vials: Sequence[Vial],
    *,
    known: Collection[str],
    rounding_ml: Decimal,
    during: Stretch,
) -> Iterator[Difference]:
    """`doses` are those of controlled drugs; `known` names every session that had a dose; of
    `vials` there are all that these and the sessions given to `during` this time were drawn from.

    What went in is what was given, within the rounding; where it cannot be known, no more than was
    ordered.
    """
    for dose in doses:
        yield from _differs(dose, moved_for(dose.session_id, vials, rounding_ml))
    for session_id in sorted(_given_in(vials, during) - set(known)):
        moved = moved_for(session_id, vials, rounding_ml)
        yield Difference(
            kind="given_without_session",
            session_id=session_id,
            vial_id=moved.vial_id,
            expected=0,
            found=moved.given,
        )


def _differs(dose: Dose, moved: Moved) -> Iterator[Difference]:
    def difference(kind: IncidentKind, expected: int, found: int) -> Difference:
        return Difference(
            kind=kind,
            session_id=dose.session_id,
            vial_id=moved.vial_id,
            expected=expected,
            found=found,
        )

    if moved.drawn == 0:
        yield difference("no_draw", dose.ordered, 0)
        return
    if not dose.is_over:
        return
    if moved.in_syringe != 0:
        yield difference("syringe_open", 0, moved.in_syringe)
    expected = dose.ordered if dose.given is None else dose.given
    over, allowed = moved.given - expected, moved.rounding + dose.tolerance
    if over > allowed or (dose.given is not None and -over > allowed):
        yield difference("given_differs", expected, moved.given)


def _of(vial: Vial, session_id: str) -> list[Entry]:
    return [entry for entry in vial.ledger.standing() if entry.session_id == session_id]


def sessions_moved(vials: Iterable[Vial], during: Stretch) -> set[str]:
    """Those that an entry of this time is about: one that takes another back, too."""
    entries = (entry for vial in vials for entry in vial.ledger.entries if during.has(entry.at))
    return {entry.session_id for entry in entries if entry.session_id is not None}


def _given_in(vials: Iterable[Vial], during: Stretch) -> set[str]:
    standing = (entry for vial in vials for entry in vial.ledger.standing())
    given = (e for e in standing if e.kind == "given" and during.has(e.at))
    return {entry.session_id for entry in given if entry.session_id is not None}
