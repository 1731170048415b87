"""A stretch of time that is free again, what of it is offered, and how often it was passed on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from clinic_sessions.domain.booking.grid import SLOT
from clinic_sessions.domain.booking.hold import Hold
from clinic_sessions.domain.booking.visit import Visit
from clinic_sessions.domain.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Freed:
    """From when until when a visit would have been. `key` names what has freed it. `plan_id`: whose
    time it was; they are not asked about it. `round` counts whom it is offered to, from 1."""

    key: str
    location_id: str
    plan_id: str
    starts_at: datetime
    ends_at: datetime
    round: int = 1

    @classmethod
    def by_session(cls, session: Session, starts_at: datetime) -> Self:
        """`session` as it is after it was moved or ended; `starts_at`: when it would have begun. It
        would have lasted as long as it does now."""
        visit = session.booked_visit
        return cls(
            key=f"{session.id}/v{session.revision}",
            location_id=session.location_id,
            plan_id=session.plan_id,
            starts_at=starts_at,
            ends_at=starts_at + (visit.ends_at - visit.starts_at),
        )

    @classmethod
    def by_hold(cls, hold: Hold) -> Self:
        """`hold` as it was when it ended: its time running out changes nothing in it."""
        return cls(
            key=f"{hold.id}/v{hold.revision}",
            location_id=hold.location_id,
            plan_id=hold.plan_id,
            starts_at=hold.visit.starts_at,
            ends_at=hold.visit.ends_at,
        )

    @classmethod
    def from_facts(cls, facts: Mapping[str, str | int | float | bool]) -> Self:
        """A promise of an earlier version knows the start alone."""
        starts_at = datetime.fromisoformat(str(facts["starts_at"]))
        ends_at = facts.get("ends_at")
        return cls(
            key=str(facts["key"]),
            location_id=str(facts["location_id"]),
            plan_id=str(facts["plan_id"]),
            starts_at=starts_at,
            ends_at=starts_at + SLOT if ends_at is None else datetime.fromisoformat(str(ends_at)),
            round=int(facts["round"]),
        )

    @property
    def facts(self) -> Mapping[str, str | int]:
        """As a promise keeps it."""
        return {
            "key": self.key,
            "location_id": self.location_id,
            "plan_id": self.plan_id,
            "starts_at": self.starts_at.isoformat(),
            "ends_at": self.ends_at.isoformat(),
            "round": self.round,
        }

    @property
    def passed_on(self) -> Self:
        return replace(self, round=self.round + 1)

    def meets(self, starts_at: datetime, lasts: timedelta) -> bool:
        """Whether somebody who comes then and stays so long would have a part of it."""
        return starts_at < self.ends_at and self.starts_at < starts_at + lasts

    def in_turn(self, free: Iterable[Visit]) -> list[Visit]:
        """Of the visits that could be had that day those that have a part of it: first the one that
        begins where it does, so that no gap is left, then the others by their start."""
        mine = [one for one in free if self.meets(one.starts_at, one.ends_at - one.starts_at)]
        return sorted(mine, key=lambda one: (one.starts_at != self.starts_at, one.starts_at))
