"""When somebody would like to come: parts of a day and days of the week, on the location's clock.

A wish narrows what is looked for. It never widens a rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from clinic_sessions.domain.places.hours import WEEKDAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPart:
    """A visit begins at `starts` or later, and before `ends`."""

    starts: time
    ends: time
    called: str | None = None

    def holds(self, at: time) -> bool:
        return self.starts <= at < self.ends

    @property
    def in_words(self) -> str:
        """As it stands behind a sentence: in the mornings."""
        return self.called or f"between {self.starts:%H:%M} and {self.ends:%H:%M}"


NOON: Final = time(12)
DAY_PARTS: Final[Mapping[str, DayPart]] = {
    "morning": DayPart(starts=time(), ends=NOON, called="in the mornings"),
    "afternoon": DayPart(starts=NOON, ends=time.max, called="in the afternoons"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """Any of `parts` (none: the whole day), on no weekday of `not_on`."""

    parts: tuple[DayPart, ...] = ()
    not_on: frozenset[str] = frozenset()

    def suits(self, local: datetime) -> bool:
        """`local`: a start on the wall of the place."""
        is_in_part = not self.parts or any(part.holds(local.time()) for part in self.parts)
        return is_in_part and WEEKDAYS[local.weekday()] not in self.not_on

    @property
    def in_words(self) -> str:
        """Empty when any time of day will do."""
        return " or ".join(part.in_words for part in self.parts)


NO_PREFERENCE: Final = Preference()
