"""Times that are promised to somebody and not booked yet, held or offered, and what a change of the
location does to them. Nothing ends here: who confirms or accepts is answered what is in the way.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from clinic_sessions.domain.booking.hold import Hold
from clinic_sessions.domain.places.changes import Effect, breaks_of
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.places.offering import Treatment, Treatments


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisedTime:
    """A start that somebody was promised until `expires_at`, and that the change breaks."""

    hold_id: str
    offer_id: str | None
    plan_id: str
    starts_at: datetime
    local_before: datetime
    local_after: datetime
    expires_at: datetime
    effects: tuple[Effect, ...]

    @property
    def kind(self) -> Literal["hold", "offer"]:
        return "hold" if self.offer_id is None else "offer"


def promised_times(
    before: Location, after: Location, holds: Iterable[Hold], treatments: Treatments
) -> tuple[PromisedTime, ...]:
    """Those of the `holds` that the location could keep, and cannot after the change."""
    looked_at = (_promised(before, after, hold, treatments.get(hold.plan_id)) for hold in holds)
    return tuple(promised for promised in looked_at if promised.effects)


def _promised(
    before: Location, after: Location, hold: Hold, treatment: Treatment | None
) -> PromisedTime:
    known = breaks_of(before, hold.visit, treatment)
    return PromisedTime(
        hold_id=hold.id,
        offer_id=hold.offer_id,
        plan_id=hold.plan_id,
        starts_at=hold.visit.starts_at,
        local_before=before.calendar.local(hold.visit.starts_at),
        local_after=after.calendar.local(hold.visit.starts_at),
        expires_at=hold.expires_at,
        effects=tuple(e for e in breaks_of(after, hold.visit, treatment) if e not in known),
    )
