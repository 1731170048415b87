"""An incident: something about a controlled drug does not add up. Only a person closes one."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, Self, TypeAlias, assert_never

from clinic_sessions.domain.drugs.counting import Count
from clinic_sessions.domain.drugs.ledger import STORE, UNACCOUNTED, Account, Entry
from clinic_sessions.domain.drugs.vial import Released, Vial
from clinic_sessions.domain.errors.drugs import (
    AnotherPersonNeeded,
    IncidentClosed,
    NoSuchReport,
)

IncidentKind: TypeAlias = Literal[
    "count_differs",
    "no_draw",
    "given_differs",
    "syringe_open",
    "given_without_session",
    "strength_differs",
    "not_received",
]
Resolution: TypeAlias = Literal[
    "miscounted", "explained", "written_off", "theft_or_significant_loss"
]
LOSS: Final = "theft_or_significant_loss"
WRITTEN_OFF: Final = (LOSS, "written_off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a theft or a significant loss needs, and when; `reference` once it was made."""

    report: str
    due_at: datetime
    reference: str | None = None
    reported_by: str | None = None
    reported_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    pass


@dataclass(frozen=True, slots=True)
class Closed:
    resolution: Resolution
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reported:
    report: Report


Fact: TypeAlias = Opened | Closed | Reported


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """`expected` and `found` in micrograms. `reports` are due if it is a theft or a loss; the time
    runs from the discovery, not from the decision."""

    id: str
    location_id: str
    kind: IncidentKind
    vial_id: str | None
    session_id: str | None
    expected: int
    found: int
    opened_at: datetime
    opened_by: str
    reports: tuple[Report, ...]
    closed: Closed | None = None
    revision: int = 0

    @property
    def is_loss(self) -> bool:
        return self.closed is not None and self.closed.resolution == LOSS

    @property
    def unreported(self) -> tuple[Report, ...]:
        return tuple(report for report in self.reports if report.reported_at is None)

    def open(self) -> Opened:
        return Opened()

    def close(self, resolution: Resolution, reason: str, *, by: str, now: datetime) -> Closed:
        if self.closed is not None:
            raise IncidentClosed
        if by == self.opened_by:
            raise AnotherPersonNeeded("An incident is closed by another than who found it.")
        return Closed(resolution, reason, by, now)

    def report(self, name: str, reference: str, *, by: str, now: datetime) -> Reported:
        """Raises NoSuchReport; also where nobody has called it a theft or a loss."""
        wanted = {r.report: r for r in self.unreported} if self.is_loss else {}
        if name not in wanted:
            raise NoSuchReport(sorted(wanted))
        made = replace(wanted[name], reference=reference, reported_by=by, reported_at=now)
        return Reported(made)

    def after(self, fact: Fact) -> Self:
        following = replace(self, revision=self.revision + 1)
        match fact:
            case Opened():
                return following
            case Closed():
                return replace(following, closed=fact)
            case Reported(made):
                reports = tuple(made if r.report == made.report else r for r in self.reports)
                return replace(following, reports=reports)
            case _:
                assert_never(fact)


def concerns(incident: Incident, vial: Vial) -> bool:
    """The vial that it names, and each that its session was drawn from."""
    return incident.vial_id == vial.id or incident.session_id in vial.sessions


def has_found(incident: Incident, vial: Vial, count: Count) -> bool:
    """Whether it is about exactly what this count differs by."""
    is_counted = incident.kind == "count_differs" and incident.vial_id == vial.id
    return is_counted and _still_missing(vial, incident) == -count.difference


def release(vial: Vial, incident: Incident, closed: Closed) -> Released:
    """What is written off is what a count was short or over, less what was written off since for
    another count, or what was left in a syringe. For what a patient got the ledger stays as it is:
    a count shows what of it is not in the vial. Nobody writes off what they have handled."""
    entry = _written_off(vial, incident, closed) if closed.resolution in WRITTEN_OFF else None
    if entry is not None:
        if closed.by in vial.handlers:
            raise AnotherPersonNeeded("What is missing is written off by who has not handled it.")
        vial.ledger.post(entry)
    return Released(incident.id, entry)


def _written_off(vial: Vial, incident: Incident, closed: Closed) -> Entry | None:
    place, missing = _short_by(vial, incident)
    if missing == 0:
        return None
    source, target = (place, UNACCOUNTED) if missing > 0 else (UNACCOUNTED, place)
    return Entry(
        number=len(vial.ledger.entries) + 1,
        kind="written_off",
        source=source,
        target=target,
        micrograms=abs(missing),
        at=closed.at,
        by=closed.by,
        session_id=place.of if place.kind == "syringe" else None,
        reference=incident.id,
    )


def _short_by(vial: Vial, incident: Incident) -> tuple[Account, int]:
    """Where, and how much; micrograms."""
    if incident.kind == "syringe_open" and incident.session_id is not None:
        syringe = Account("syringe", incident.session_id)
        return syringe, vial.ledger.balance(syringe)
    place = STORE if vial.holder is None else Account("with", vial.holder)
    return place, _still_missing(vial, incident) if incident.kind == "count_differs" else 0


def _still_missing(vial: Vial, incident: Incident) -> int:
    """Below nothing for what is too much. Two counts may have found one loss: none of it is written
    off twice."""
    missing = incident.expected - incident.found
    since = [
        entry.micrograms if entry.target == UNACCOUNTED else -entry.micrograms
        for entry in vial.ledger.standing()
        if entry.kind == "written_off" and not entry.session_id and entry.at > incident.opened_at
    ]
    if missing > 0:
        return max(0, missing - sum(amount for amount in since if amount > 0))
    return min(0, missing - sum(amount for amount in since if amount < 0))
