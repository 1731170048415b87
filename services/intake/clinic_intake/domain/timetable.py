"""When clinicians offer consultations: hours on the wall of the place, as slots in real time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from clinic_intake.domain.errors import SlotHasPassed, SlotNotOffered
from clinic_intake.domain.place import Place

WEEKDAYS: Final = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
EVERYWHERE: Final = "*"


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    starts_at: datetime
    ends_at: datetime
    clinician: str


@dataclass(frozen=True, slots=True)
class Hours:
    opens: time
    closes: time

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `09:00-12:30`."""
        opens, _, closes = text.partition("-")
        return cls(time.fromisoformat(opens), time.fromisoformat(closes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinician:
    """`locations` holds location ids, or a star for all of them."""

    id: str
    locations: tuple[str, ...]
    hours: Mapping[str, tuple[Hours, ...]]

    def works_at(self, location_id: str) -> bool:
        return EVERYWHERE in self.locations or location_id in self.locations

    def stretches(self, day: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
        """In UTC, so that a day on which the clocks change has no hour twice and none too many."""
        for hours in self.hours.get(WEEKDAYS[day.weekday()], ()):
            opens = datetime.combine(day, hours.opens, zone)
            closes = datetime.combine(day, hours.closes, zone)
            yield opens.astimezone(UTC), closes.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    version: int
    lasts: timedelta
    days_at_most: int
    alternatives: int
    clinicians: tuple[Clinician, ...]

    @classmethod
    def parse(cls, document: Mapping[str, object]) -> Self:
        """From a data file. ValueError or KeyError when it has another form."""
        rows = document.get("clinicians")
        if not isinstance(rows, list):
            raise ValueError("The timetable names no clinicians.")
        return cls(
            version=int(str(document["version"])),
            lasts=timedelta(minutes=int(str(document["lasts_minutes"]))),
            days_at_most=int(str(document["days_at_most"])),
            alternatives=int(str(document["alternatives"])),
            clinicians=tuple(_clinician(row) for row in rows),
        )

    def slots(self, place: Place, *, since: datetime, until: datetime) -> list[Slot]:
        """Every slot that begins in the stretch, free or not, the earliest first."""
        found = (
            slot
            for clinician in self.clinicians
            if clinician.works_at(place.location_id)
            for slot in self._of(clinician, ZoneInfo(place.zone), since, until)
        )
        return sorted(found)

    def slot(self, place: Place, clinician: str, starts_at: datetime, *, now: datetime) -> Slot:
        """In UTC, whatever zone was asked in. Raises SlotHasPassed, SlotNotOffered."""
        at = starts_at.astimezone(UTC)
        if at <= now:
            raise SlotHasPassed(at)
        wanted = Slot(at, at + self.lasts, clinician)
        if wanted not in self.slots(place, since=at, until=wanted.ends_at):
            raise SlotNotOffered
        return wanted

    def _of(
        self, clinician: Clinician, zone: ZoneInfo, since: datetime, until: datetime
    ) -> Iterator[Slot]:
        day, last = since.astimezone(zone).date(), until.astimezone(zone).date()
        while day <= last:
            for opens_at, closes_at in clinician.stretches(day, zone):
                at = opens_at
                while at + self.lasts <= closes_at:
                    if since <= at < until:
                        yield Slot(at, at + self.lasts, clinician.id)
                    at += self.lasts
            day += timedelta(days=1)


def _clinician(document: Mapping[str, object]) -> Clinician:
    locations, hours = document.get("locations"), document.get("hours")
    if not isinstance(locations, list) or not isinstance(hours, Mapping):
        raise ValueError("A clinician needs `locations` and `hours`.")
    if unknown := set(hours) - set(WEEKDAYS):
        raise ValueError(f"These are no days of the week: {', '.join(map(str, unknown))}.")
    return Clinician(
        id=str(document["id"]),
        locations=tuple(str(location) for location in locations),
        hours={day: tuple(Hours.parse(text) for text in texts) for day, texts in hours.items()},
    )
