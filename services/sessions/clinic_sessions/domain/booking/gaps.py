"""Why a series is not whole: where one more visit could be by its spacing, and what is in the way.

`No nurse is free in the mornings from 3 until 7 November 2026.`
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from clinic_sessions.domain.booking import conflicts
from clinic_sessions.domain.booking.conflicts import Conflict, in_words, wall
from clinic_sessions.domain.booking.preferences import Preference
from clinic_sessions.domain.booking.series import Opening
from clinic_sessions.domain.booking.timetable import Start
from clinic_sessions.domain.places.hours import Calendar

WISH: Final = "wish"
SPACING: Final = conflicts.SPACING
# Of these kinds the words are always the same.
WORDS: Final[Mapping[str, str]] = {
    conflicts.PATIENT: "The patient has another visit",
    conflicts.HOURS: "The location is not open long enough",
    conflicts.CLOSURE: "The location is closed",
    conflicts.NOTICE: "It is too soon or too far ahead to book",
    conflicts.NOT_OFFERED: "The location does not offer the protocol",
    conflicts.UNKNOWN_RESOURCE: "Nobody and nothing of that name is there",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """`kind` as of a conflict; or `wish`, or `spacing`."""

    kind: str
    sentence: str
    what: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """No infusion `number` could be had from `since` until `until`, because of all `reasons`."""

    number: int
    since: datetime
    until: datetime
    reasons: tuple[Reason, ...]

    def details(self, zone: str) -> dict[str, object]:
        reasons = [
            {"kind": one.kind, "message": one.sentence, "what": one.what} for one in self.reasons
        ]
        return {
            "infusion_number": self.number,
            "from": self.since.isoformat(),
            "to": self.until.isoformat(),
            "from_local": wall(self.since, zone),
            "to_local": wall(self.until, zone),
            "zone": zone,
            "reasons": reasons,
        }


def gap_in(
    opening: Opening, starts: Sequence[Start], preference: Preference, calendar: Calendar
) -> Gap:
    """`starts`: all of the location's starts, free or not; none of those that suit is free."""
    inside = [start for start in starts if opening.since <= start.starts_at <= opening.until]
    suiting = [start for start in inside if preference.suits(calendar.local(start.starts_at))]
    kinds: defaultdict[tuple[str, str | None, str], list[date]] = defaultdict(list)
    for start in suiting:
        if start.conflict is not None:
            about = (start.conflict.kind, start.conflict.what, _lead(start.conflict))
            kinds[about].append(calendar.local(start.starts_at).date())
    often_first = sorted(kinds.items(), key=lambda item: -len(item[1]))  # a stable sort
    reasons = [
        Reason(kind, _sentence(lead, preference, min(days), max(days)), what)
        for (kind, what, lead), days in often_first
    ]
    days = [calendar.local(at).date() for at in (opening.since, opening.until)]
    return Gap(
        number=opening.number,
        since=opening.since,
        until=opening.until,
        reasons=tuple(reasons) or (_nothing_to_ask(inside, days),),
    )


def too_short(number: int, since: datetime, until: datetime, calendar: Calendar) -> Gap:
    """By the spacing alone nothing more fits, whatever is free."""
    days = [calendar.local(at).date() for at in (since, until)]
    sentence = f"By the spacing no other infusion fits {_dates(*days)}."
    return Gap(number=number, since=since, until=until, reasons=(Reason(SPACING, sentence),))


def _nothing_to_ask(inside: Sequence[Start], days: Sequence[date]) -> Reason:
    when = _dates(*days)
    if inside:
        return Reason(WISH, f"No day and hour that is wished lies {when}.")
    return Reason(conflicts.HOURS, f"The location is not open {when}.")


def _lead(conflict: Conflict) -> str:
    if conflict.kind in WORDS:
        return WORDS[conflict.kind]
    if conflict.resource is not None:
        return f"{in_words(conflict.resource)} is not free"
    what = (conflict.what or conflict.kind).replace("_", " ")
    return f"No {what} {'has room' if conflict.kind == conflicts.RATIO else 'is free'}"


def _sentence(lead: str, preference: Preference, first: date, last: date) -> str:
    return " ".join(filter(None, (lead, preference.in_words, _dates(first, last)))) + "."


def _dates(first: date, last: date) -> str:
    if first == last:
        return f"on {first.day} {first:%B %Y}"
    month = "" if (first.year, first.month) == (last.year, last.month) else f" {first:%B}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"from {first.day}{month}{year} until {last.day} {last:%B %Y}"
