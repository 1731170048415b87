"""Builders for the wait-list: plainly invented entries, and an offer."""

from datetime import datetime, timedelta

from clinic_sessions.domain.booking.preferences import NO_PREFERENCE, Preference
from clinic_sessions.domain.waiting.entry import Priority, Waiting
from clinic_sessions.domain.waiting.freed import Freed
from clinic_sessions.domain.waiting.offer import Offer
from tests.support.sessions import NOON, TOMORROW


def a_waiting(
    number: int = 1,
    *,
    joined: int = 0,
    level: int = 0,
    since: datetime | None = None,
    until: datetime = NOON + timedelta(days=60),
    preference: Preference = NO_PREFERENCE,
    session_id: str | None = None,
    location_id: str = "loc_sample",
) -> Waiting:
    """Of plan and patient of that number, who joined so many minutes after noon."""
    priority = Priority(level=level, reason="symptoms_worse", by="usr_eve", at=NOON)
    return Waiting(
        id=f"wtl_{number}",
        plan_id=f"pln_{number}",
        patient_id=f"pat_{number}",
        location_id=location_id,
        joined_at=NOON + timedelta(minutes=joined),
        joined_by="usr_ada",
        since=since,
        until=until,
        session_id=session_id,
        preference=preference,
        priority=priority if level else None,
    )


def a_freed(starts_at: datetime = TOMORROW) -> Freed:
    """For two hours."""
    return Freed(
        key="ses_9/v2",
        location_id="loc_sample",
        plan_id="pln_9",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
    )


def an_offer(number: int = 1, *, patient: int = 1, location_id: str = "loc_sample") -> Offer:
    """Made at noon, to be answered within two hours."""
    return Offer(
        id=f"ofr_{number}",
        waiting_id=f"wtl_{patient}",
        plan_id=f"pln_{patient}",
        patient_id=f"pat_{patient}",
        location_id=location_id,
        session_id=None,
        hold_id=f"hld_{number}",
        freed=a_freed(),
        starts_at=TOMORROW,
        ends_at=TOMORROW + timedelta(hours=2),
        made_at=NOON,
        answer_by=NOON + timedelta(hours=2),
    )
