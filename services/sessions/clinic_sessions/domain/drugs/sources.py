"""Where a monitoring form has its values from: the session, its readings, the ledger.

What the record does not say is None, and never "no".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.drugs.ledger import Entry
from clinic_sessions.domain.drugs.reconciling import dose_of
from clinic_sessions.domain.session import Session, Status

Value: TypeAlias = bool | int | float | str

NOTED: Final = "noted."  # a fact noted at the bedside, by its name
ALERT: Final = 5  # MOAA/S: responds readily


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All that the form is made from: the session, its readings, what the ledger gave it."""

    session: Session
    readings: Sequence[Reading]  # those that count, by time
    given: Sequence[tuple[str, Entry]]  # lot, entry
    near: timedelta

    @property
    def timed(self) -> list[Reading]:
        """The readings that are known to have been taken at the time they give."""
        return [reading for reading in self.readings if reading.is_trusted]


def value_of(source: str, record: Record) -> Value | None:
    if source.startswith(NOTED):
        known = record.session.facts.get(source.removeprefix(NOTED))
        return None if known is None else known.value
    return SOURCES[source](record)


def _dose(record: Record) -> float | None:
    """What the ledger says went in; where the place keeps none, what was ordered and verified, and
    of a dose cut short what is reckoned from devices or rate."""
    if record.given:
        return sum(entry.micrograms for _, entry in record.given) / 1000
    dose = dose_of(record.session)
    return None if dose is None or dose.given is None else dose.given / 1000


def _lots(record: Record) -> str | None:
    return ", ".join(sorted({lot for lot, _ in record.given})) or None


def _minutes(record: Record) -> int | None:
    began, ended = record.session.dosing_started_at, record.session.ended_at
    return None if began is None or ended is None else int((ended - began).total_seconds() // 60)


def _prescriber(record: Record) -> str | None:
    return None if record.session.order is None else record.session.order.ordered_by


def _before(record: Record) -> str | None:
    """The last of the readings before dosing."""
    began = record.session.dosing_started_at
    return _pressure([r for r in record.timed if began is not None and r.counts_at <= began])


def _at_40(record: Record) -> str | None:
    """The reading nearest to 40 minutes after dosing began, where one is near it."""
    began = record.session.dosing_started_at
    if began is None:
        return None
    wanted = began + timedelta(minutes=40)
    near = [r for r in record.timed if abs(r.counts_at - wanted) <= record.near]
    return _pressure(sorted(near, key=lambda r: abs(r.counts_at - wanted), reverse=True))


def _at_end(record: Record) -> str | None:
    """The last reading after the one at 40 minutes."""
    began = record.session.dosing_started_at
    if began is None:
        return None
    since = began + timedelta(minutes=40) + record.near
    return _pressure([r for r in record.timed if r.counts_at > since])


def _pressure(readings: Sequence[Reading]) -> str | None:
    """Of the last that has both; in mm[Hg]."""
    whole = [r for r in readings if r.systolic is not None and r.diastolic is not None]
    return f"{whole[-1].systolic}/{whole[-1].diastolic}" if whole else None


def _oximetry(record: Record) -> bool | None:
    """Given only where it was: that there is no reading does not show that nobody looked."""
    return True if any(r.spo2 is not None for r in _while_dosed(record)) else None


def _sedated(record: Record) -> bool | None:
    """None where nobody assessed it: not known is not "no"."""
    scores = [r.moaas for r in _while_dosed(record) if r.moaas is not None]
    return min(scores) < ALERT if scores else None


def _sedation_onset(record: Record) -> int | None:
    """Minutes from the beginning of dosing until the first score below 5."""
    began = record.session.dosing_started_at
    below = [r for r in _while_dosed(record) if r.moaas is not None and r.moaas < ALERT]
    if began is None or not below:
        return None
    return int((below[0].counts_at - began).total_seconds() // 60)


def _sedation_resolved(record: Record) -> int | None:
    """Minutes from the beginning of dosing until the first score of 5 after the last below it."""
    began = record.session.dosing_started_at
    scored = [r for r in _while_dosed(record) if r.moaas is not None]
    below = [n for n, r in enumerate(scored) if r.moaas is not None and r.moaas < ALERT]
    if began is None or not below or below[-1] + 1 == len(scored):
        return None
    return int((scored[below[-1] + 1].counts_at - began).total_seconds() // 60)


def _while_dosed(record: Record) -> list[Reading]:
    began = record.session.dosing_started_at
    return [r for r in record.timed if began is not None and r.counts_at >= began]


def _serious(record: Record) -> bool | None:
    """Whatever a clinician has called serious was; without any adverse event, in a session that was
    not cut short, there was none; of any other a person states it."""
    session = record.session
    if any(event.account.is_serious for event in session.adverse_events):
        return True
    is_without = not session.adverse_events and session.adverse_event_grade_max == 0
    return False if session.status is Status.COMPLETED and is_without else None


SOURCES: Final[Mapping[str, Callable[[Record], Value | None]]] = {
    "by_hand": lambda _: None,
    "session.id": lambda r: r.session.id,
    "session.location": lambda r: r.session.location_id,
    "session.prescriber": _prescriber,
    "session.began_at": lambda r: _text(r.session.dosing_started_at),
    "session.minutes": _minutes,
    "session.serious_event": _serious,
    "ledger.dose_mg": _dose,
    "ledger.lots": _lots,
    "readings.pressure_before": _before,
    "readings.pressure_at_40": _at_40,
    "readings.pressure_at_end": _at_end,
    "readings.oximetry": _oximetry,
    "readings.sedated": _sedated,
    "readings.sedation_onset_minutes": _sedation_onset,
    "readings.sedation_resolved_minutes": _sedation_resolved,
}


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
