"""Whom a letter can go to, and the place it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from clinic_notifications.domain.quiet_hours import QuietHours, zone_or
from clinic_notifications.domain.rota import Duty


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A patient's contact card, still sealed. The highest version is the one that counts.

    `sealed` is None once the patient was erased: only the ids of patient and place are left.
    """

    patient_id: str
    location_id: str
    version: int
    sealed: str | None

    @property
    def is_erased(self) -> bool:
        return self.sealed is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A card while it is open: only ever in memory, for one letter."""

    name: str
    email: str | None
    language: str | None
    zone: str | None

    @classmethod
    def of(cls, card: Mapping[str, object]) -> "Contact":
        """From an opened card. What is missing or not text counts as absent."""
        return cls(
            name=_text(card, "name") or "",
            email=_text(card, "email"),
            language=_text(card, "language"),
            zone=_text(card, "zone"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A clinic's place, as far as letters need it. The highest version counts."""

    id: str
    version: int
    name: str
    zone: str
    language: str
    sender_name: str
    sender_email: str
    phone: str
    on_call_email: str
    quiet_hours: QuietHours
    crisis_text: str
    crisis_phone: str
    rota: tuple[Duty, ...] = ()

    def on_call_at(self, at: datetime, role: str | None = None) -> str:
        """Where a call goes: to the first who is on the rota in that role then; to the first who is
        on it at all, where nobody is in that role or none was named; and else to the address that
        the place has for all hours."""
        wall = at.astimezone(zone_or(self.zone, "UTC"))
        on_duty = [duty for duty in self.rota if duty.holds(wall)]
        called = [duty for duty in on_duty if role is not None and duty.role == role]
        return next((duty.email for duty in called or on_duty), self.on_call_email)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A survey that a patient may be written to about, its secret still sealed."""

    assignment_id: str
    patient_id: str
    version: int
    sealed_secret: str | None
    is_open: bool


def _text(card: Mapping[str, object], field: str) -> str | None:
    value = card.get(field)
    return value.strip() or None if isinstance(value, str) else None
