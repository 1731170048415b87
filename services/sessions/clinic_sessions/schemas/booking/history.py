"""What the API gives of what became of a booking."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from clinic_sessions.domain.booking.conflicts import wall
from clinic_sessions.domain.booking.history import Change, Placed


class PlacedOut(BaseModel):
    starts_at: datetime
    starts_local: str
    zone: str
    chair: str | None
    nurse: str | None

    @classmethod
    def of(cls, placed: Placed, zone: str) -> Self:
        return cls(
            starts_at=placed.starts_at,
            starts_local=wall(placed.starts_at, zone),
            zone=zone,
            chair=placed.chair,
            nurse=placed.nurse,
        )


class ChangeOut(BaseModel):
    """`what`: booked, rescheduled or cancelled; from `before` to `after`. `short_notice`: the time
    before was given back too late for anybody else to have it, by the location's own notice."""

    what: str
    by: str
    at: datetime
    before: PlacedOut | None
    after: PlacedOut | None
    reason: str | None
    overrode: list[str]
    gap_days: float
    short_notice: bool

    @classmethod
    def of(cls, change: Change, zone: str) -> Self:
        before, after = change.before, change.after
        return cls(
            what=change.what,
            by=change.by,
            at=change.at,
            before=None if before is None else PlacedOut.of(before, zone),
            after=None if after is None else PlacedOut.of(after, zone),
            reason=change.reason,
            overrode=list(change.overrode),
            gap_days=change.gap_days,
            short_notice=change.short_notice,
        )
