"""How long ago the patient's last dose was, whichever plan and route it belonged to. Pure.

A booking keeps the protocol's distance between the starts of one plan's visits. What the drug needs
is a distance between doses: this is asked of the dose, on the day.
"""

from datetime import datetime, timedelta
from typing import Final

from clinic_platform.decisions import Known
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.session import Session

TOO_SOON: Final = "dose_is_too_soon"
NO_DOSE_BEFORE: Final = "no dose before"  # the source of the fact then


def spacing_facts(
    last: Session | None,
    protocol: Protocol,
    *,
    number: int,
    tolerance: timedelta,
    now: datetime,
) -> dict[str, Known]:
    """`last` is the session of the dose before, whatever became of it then; None: there is none.
    `number`: which infusion of its plan this one would be today. As booked it may have been another
    one: visits are moved past each other, and missed."""
    least = protocol.spacing.step_to(number).least
    if last is None or last.dosing_started_at is None:
        return {TOO_SOON: Known(value=False, known_at=now, source=NO_DOSE_BEFORE)}
    is_soon = now - last.dosing_started_at < least - tolerance
    return {TOO_SOON: Known(value=is_soon, known_at=now, source=last.id)}
