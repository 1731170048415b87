"""From what is wanted of a series to the visits that could be had, each gap explained."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from clinic_sessions.domain.booking.conflicts import wall
from clinic_sessions.domain.booking.gaps import Gap, gap_in, too_short
from clinic_sessions.domain.booking.preferences import NO_PREFERENCE, Preference
from clinic_sessions.domain.booking.resting import rested_at
from clinic_sessions.domain.booking.series import apart, best_series, openings, seated_apart
from clinic_sessions.domain.booking.timetable import Timetable
from clinic_sessions.domain.booking.visit import Visit
from clinic_sessions.domain.booking.wishes import NO_WISHES, Wishes


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesWanted:
    """None: all that are missing, from now on, for as long as the protocol gives a series. `least`
    and `most` between two visits are within the protocol's own."""

    how_many: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    preference: Preference = NO_PREFERENCE
    wishes: Wishes = NO_WISHES
    least: timedelta | None = None
    most: timedelta | None = None
    accept_partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesFound:
    """`visits` with their infusions' numbers. `missing`: how many more were wanted."""

    visits: tuple[tuple[int, Visit], ...]
    missing: int
    gaps: tuple[Gap, ...]

    def details(self, zone: str) -> dict[str, object]:
        visits = [
            {
                "infusion_number": number,
                "starts_at": visit.starts_at.isoformat(),
                "starts_local": wall(visit.starts_at, zone),
                "zone": zone,
                "chair": visit.chair,
                "nurse": visit.nurse,
            }
            for number, visit in self.visits
        ]
        gaps = [gap.details(zone) for gap in self.gaps]
        return {"missing": self.missing, "visits": visits, "gaps": gaps}


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """For `how_many` visits that begin from `since` until `until`, both included, beside those at
    `times`, and far enough from those that were `broken_off` although they were dosed."""

    timetable: Timetable
    wanted: SeriesWanted
    times: tuple[datetime, ...]
    how_many: int
    since: datetime
    until: datetime
    broken_off: tuple[datetime, ...] = ()

    def found(self, *, now: datetime) -> SeriesFound:
        """Raises NotBookable for a wish that is not within the protocol."""
        wanted, calendar = self.wanted, self.timetable.location.calendar
        wished = apart(self.timetable.protocol.spacing, wanted.least, wanted.most)
        spacing = seated_apart(wished, self.timetable.asks)
        rested = rested_at(self.broken_off, self.times, wished)
        first = self.since if rested is None else max(self.since, rested)
        end = self.until + timedelta.resolution
        starts = list(
            self.timetable.starts(since=self.since, until=end, now=now, wishes=wanted.wishes)
        )
        free = {
            start.starts_at: start.seating
            for start in starts
            if start.seating
            and start.starts_at >= first
            and wanted.preference.suits(calendar.local(start.starts_at))
        }
        chosen = best_series(list(free), self.times, self.how_many, spacing)
        row = sorted([*self.times, *chosen])
        missing = self.how_many - len(chosen)
        gaps: Iterable[Gap] = ()
        if missing:
            where = openings(row, spacing, since=first, until=self.until)
            gaps = [gap_in(one, starts, wanted.preference, calendar) for one in where] or [
                too_short(len(row) + 1, self.since, self.until, calendar)
            ]
        numbered = tuple((row.index(at) + 1, self.timetable.at(at, free[at])) for at in chosen)
        return SeriesFound(visits=numbered, missing=missing, gaps=tuple(gaps))
