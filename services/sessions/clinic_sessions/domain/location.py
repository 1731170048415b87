"""A place of the clinic, as one document: where, when, who, and how it speaks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Final, Self
from zoneinfo import ZoneInfo

WEEKDAYS: Final = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Times of day on the location's own clock."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What the document says. `hours` has no entry for a day on which the place is closed."""

    display_name: str
    zone: str
    language: str
    sender_name: str
    sender_email: str
    phone: str
    on_call_email: str
    quiet_from: time
    quiet_until: time
    crisis_text: str
    crisis_phone: str
    hours: Mapping[str, Hours]
    chairs: tuple[str, ...]
    nurses: tuple[str, ...]
    protocols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Described:
    """The document, as it is from now on."""

    details: Details


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    id: str
    details: Details
    revision: int = 0

    def describe(self, details: Details) -> Described:
        return Described(details)

    def after(self, described: Described) -> Self:
        return replace(self, details=described.details, revision=self.revision + 1)

    def is_open(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether the place is open all that while, by its own clock, on one day."""
        zone = ZoneInfo(self.details.zone)
        start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
        hours = self.details.hours.get(WEEKDAYS[start.weekday()])
        if hours is None or start.date() != end.date():
            return False
        return hours.opens <= start.time() and end.time() <= hours.closes
