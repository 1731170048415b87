"""Sessions against the ledger: every dose was drawn and given, and nothing was given to nobody."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from clinic_sessions.domain.drugs.incident import IncidentKind
from clinic_sessions.domain.drugs.ledger import Account, Entry
from clinic_sessions.domain.drugs.vial import Vial
from clinic_sessions.domain.session import Session, Status

OVER: Final = (Status.COMPLETED, Status.ABORTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """What a session says: micrograms as ordered, all of which went in unless it was cut short."""

    session_id: str
    drug: str
    micrograms: int
    is_over: bool
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    kind: IncidentKind
    session_id: str
    vial_id: str | None
    expected: int
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What the ledger says about one session; micrograms."""

    drawn: int
    given: int
    in_syringe: int
    rounding: int
    vial_id: str | None


def dose_of(session: Session, drug: str) -> Dose | None:
    """None where nothing was given, or a void says that it never happened."""
    if session.dosing_started_at is None or session.order is None:
        return None
    if session.status is Status.VOIDED:
        return None
    return Dose(
        session_id=session.id,
        drug=drug,
        micrograms=micrograms_of(session.order.dose_mg),
        is_over=session.status in OVER,
        is_whole=session.status is not Status.ABORTED,
    )


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
    """At least the dose: what is over is wasted by two."""
    return moved.drawn >= micrograms_of(dose_mg) - moved.rounding > 0


def differences(
    doses: Sequence[Dose],
    vials: Sequence[Vial],
    *,
    known: Collection[str],
    rounding_ml: Decimal,
    given_since: datetime,
) -> Iterator[Difference]:
    """`doses` are those of drugs of which this place keeps a ledger; `known` names every session
    that had a dose.

    A dose cut short was not more than ordered; all of any other went in, within the rounding.
    """
    for dose in doses:
        yield from _differs(dose, moved_for(dose.session_id, vials, rounding_ml))
    for vial in vials:
        for session_id, given in _given_since(vial, given_since).items():
            if session_id not in known:
                yield Difference(
                    kind="given_without_session",
                    session_id=session_id,
                    vial_id=vial.id,
                    expected=0,
                    found=given,
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
        yield difference("no_draw", dose.micrograms, 0)
        return
    if not dose.is_over:
        return
    if moved.in_syringe != 0:
        yield difference("syringe_open", 0, moved.in_syringe)
    over = moved.given - dose.micrograms
    if over > moved.rounding or (dose.is_whole and -over > moved.rounding):
        yield difference("given_differs", dose.micrograms, moved.given)


def _of(vial: Vial, session_id: str) -> list[Entry]:
    return [entry for entry in vial.ledger.standing() if entry.session_id == session_id]


def sessions_given(vials: Iterable[Vial], *, since: datetime) -> set[str]:
    """Whom the ledger says something was given to."""
    return {session_id for vial in vials for session_id in _given_since(vial, since)}


def _given_since(vial: Vial, since: datetime) -> dict[str, int]:
    given: dict[str, int] = {}
    for entry in vial.ledger.standing():
        if entry.kind == "given" and entry.at >= since and entry.session_id is not None:
            given[entry.session_id] = given.get(entry.session_id, 0) + entry.micrograms
    return given
