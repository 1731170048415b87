"""Why a visit cannot be there: by kind, with what is in the way and when, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from clinic_sessions.domain.booking import grid
from clinic_sessions.domain.errors import NotBookable, SlotTaken

GRID: Final = "grid"
HOURS: Final = "hours"
CLOSURE: Final = "closure"
NOT_OFFERED: Final = "not_offered"
NOTICE: Final = "notice"
SPACING: Final = "spacing"
SERIES_FULL: Final = "series_full"
PLAN_ENDED: Final = "plan_ended"
UNKNOWN_RESOURCE: Final = "unknown_resource"
OVERRIDE_EXPIRED: Final = "override_expired"
PATIENT: Final = "patient"
PERSON: Final = "person"
PLACE: Final = "place"
EQUIPMENT: Final = "equipment"
RATIO: Final = "ratio"
NOT_OFFERED_HERE: Final = "This location does not offer that protocol."
TAKEN: Final = frozenset({PATIENT, PERSON, PLACE, EQUIPMENT, RATIO})


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """`resource` is a name where one is meant, `what` the need: chair, nurse. A patient is only
    ever called so."""

    kind: str
    sentence: str
    what: str | None = None
    resource: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def details(self, zone: str) -> Mapping[str, str]:
        """As an answer shows it: times in UTC, and as they are on the location's wall."""
        details = {"kind": self.kind, "message": self.sentence}
        if self.resource is not None:
            details["resource"] = self.resource
        if self.what is not None:
            details["what"] = self.what
        if self.since is not None and self.until is not None:
            details |= {"from": self.since.isoformat(), "to": self.until.isoformat()}
            details |= {"from_local": wall(self.since, zone), "to_local": wall(self.until, zone)}
        return details

    def refusal(self, zone: str) -> NotBookable | SlotTaken:
        conflicts = [self.details(zone)]
        if self.kind in TAKEN:
            return SlotTaken(self.sentence, conflicts)
        return NotBookable(self.kind, self.sentence, conflicts)


def wall(at: datetime, zone: str) -> str:
    return _wall(at.astimezone(UTC), zone)


@lru_cache(maxsize=grid.AT_MOST_KNOWN)
def _wall(at: datetime, zone: str) -> str:
    """An answer about four weeks needs this thousands of times, mostly of the same times. `at` is
    in UTC: on a wall, two times may read the same and not be the same."""
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def span(since: datetime, until: datetime, zone: str) -> str:
    """`10:40–11:30`, as the clock on the wall has it."""
    return f"{_clock(since, zone)}–{_clock(until, zone)}"


def _clock(at: datetime, zone: str) -> str:
    return wall(at, zone)[-len("10:40") :]


def in_words(name: str) -> str:
    """`chair_2` as it begins a sentence: Chair 2."""
    words = name.replace("_", " ").replace("-", " ")
    return words[:1].upper() + words[1:]
