"""Whether a place is registered for a drug, and the drug drawn: facts of the gates."""

from datetime import datetime

from clinic_platform.decisions import Known
from clinic_sessions.domain.places.location import Location


def facts_of(location: Location, now: datetime, *, schedule: str | None) -> dict[str, Known]:
    """A registration counts until the end of its last day, by the place's clock, and for its
    schedules (21 CFR 1301.12, 1301.13). Of a drug whose schedule nobody has told, nothing is known.
    """
    if schedule is None:
        return {}
    registration = location.details.registration
    is_valid = (
        registration is not None
        and schedule in registration.schedules
        and location.calendar.local(now).date() <= registration.expires_on
    )
    source = f"{location.id}@{location.revision}"
    return {"registration_is_valid": Known(value=is_valid, known_at=now, source=source)}


def draw_facts(*, is_drawn: bool, is_asked: bool, now: datetime, source: str) -> dict[str, Known]:
    """A draw is missing only where it `is_asked` for: the place keeps a ledger of the drug, and the
    rules want the draw before the dose is verified."""
    return {"draw_is_missing": Known(value=is_asked and not is_drawn, known_at=now, source=source)}
