"""A start that is free again, and how often it has been passed on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from clinic_sessions.domain.booking.hold import Hold
from clinic_sessions.domain.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Freed:
    """`key` names what has freed it. `plan_id`: whose time it was; they are not asked about it.
    `round` counts whom it is offered to, from 1."""

    key: str
    location_id: str
    plan_id: str
    starts_at: datetime
    round: int = 1

    @classmethod
    def by_session(cls, session: Session, starts_at: datetime) -> Self:
        """`session` as it is after it was moved or ended; `starts_at`: when it would have begun."""
        return cls(
            key=f"{session.id}/v{session.revision}",
            location_id=session.location_id,
            plan_id=session.plan_id,
            starts_at=starts_at,
        )

    @classmethod
    def by_hold(cls, hold: Hold) -> Self:
        return cls(
            key=hold.id,
            location_id=hold.location_id,
            plan_id=hold.plan_id,
            starts_at=hold.visit.starts_at,
        )

    @classmethod
    def told_by(cls, facts: Mapping[str, str | int | float | bool]) -> Self:
        return cls(
            key=str(facts["key"]),
            location_id=str(facts["location_id"]),
            plan_id=str(facts["plan_id"]),
            starts_at=datetime.fromisoformat(str(facts["starts_at"])),
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
            "round": self.round,
        }

    @property
    def passed_on(self) -> Self:
        return replace(self, round=self.round + 1)
