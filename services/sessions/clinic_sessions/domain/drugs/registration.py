"""Whether a place is registered for a drug, its state was asked, and the drug drawn: of gates."""

from datetime import datetime
from typing import Final

from clinic_platform.decisions import Facts, Known
from clinic_sessions.domain.places.location import Location

ASKED_AGO: Final = "days_since_pdmp_check"


def facts_of(location: Location, now: datetime, *, schedule: str | None) -> dict[str, Known]:
    """Of a drug whose schedule is not given, nothing is known."""
    if schedule is None:
        return {}
    source = f"{location.id}@{location.revision}"
    is_valid = is_registered(location, now, schedule)
    return {"registration_is_valid": Known(value=is_valid, known_at=now, source=source)}


def is_registered(location: Location, now: datetime, schedule: str) -> bool:
    """A registration counts until the end of its last day, by the place's clock, and for its
    schedules (21 CFR 1301.12, 1301.13)."""
    registration = location.details.registration
    return (
        registration is not None
        and schedule in registration.schedules
        and location.calendar.local(now).date() <= registration.expires_on
    )


def monitoring_facts(location: Location, noted: Facts, now: datetime) -> dict[str, Known]:
    """Whether the state's prescription monitoring programme is still to be asked about the patient.

    Where the document does not state what the law asks, it is to be asked on the day of the dose.
    Not known until somebody has noted when it was asked last.
    """
    name, rule = "pdmp_check_is_missing", location.details.prescription_monitoring
    if rule is not None and not rule.before_dose:
        source = f"{location.id}@{location.revision}"
        return {name: Known(value=False, known_at=now, source=source)}
    known = noted.get(ASKED_AGO)
    if known is None or not isinstance(known.value, int | float):
        return {}
    is_missing = known.value > (0 if rule is None else rule.every_days)
    return {name: Known(value=is_missing, known_at=known.known_at, source=ASKED_AGO)}


def draw_facts(*, is_drawn: bool, is_asked: bool, now: datetime, source: str) -> dict[str, Known]:
    """A draw is missing only where it `is_asked` for: the place keeps a ledger of the drug, and the
    rules want the draw before the dose is verified."""
    return {"draw_is_missing": Known(value=is_asked and not is_drawn, known_at=now, source=source)}
