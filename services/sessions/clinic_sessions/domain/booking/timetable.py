"""Whether a visit can be at a time, with whom and what; and if not, why not.

Pure. It knows what was busy when it was asked: whether that is still so only the database can tell,
which refuses what meanwhile is taken.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final, Self

from clinic_sessions.domain.booking import grid
from clinic_sessions.domain.booking.asks import Ask, asks_of
from clinic_sessions.domain.booking.assignment import assign, groups_of
from clinic_sessions.domain.booking.conflicts import UNKNOWN_RESOURCE, Conflict, span
from clinic_sessions.domain.booking.days import Busy, Day, days_of
from clinic_sessions.domain.booking.lacking import lack, wish_lack
from clinic_sessions.domain.booking.opening import unfit
from clinic_sessions.domain.booking.override import OVERBOOK, Override, allows
from clinic_sessions.domain.booking.seating import asks_under, visit_of
from clinic_sessions.domain.booking.supply import Supply, supplies_of
from clinic_sessions.domain.booking.visit import PATIENT, Visit
from clinic_sessions.domain.errors import SlotHasPassed
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.protocols.protocol import Protocol

OFFER_EVERY: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Wishes:
    """Names that are to serve, by kind (place, person, equipment). The rest is assigned."""

    of: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def as_in(cls, visit: Visit) -> Self:
        """All that serves this visit."""
        kinds = {one.kind for one in visit.reservations} - {PATIENT}
        return cls({kind: visit.names(kind) for kind in kinds})

    def named(self, kind: str) -> frozenset[str]:
        return self.of.get(kind, frozenset())

    def are_met_by(self, visit: Visit) -> bool:
        return all(names <= visit.names(kind) for kind, names in self.of.items())

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((kind, name) for kind, names in self.of.items() for name in sorted(names))


NO_WISHES: Final = Wishes()


@dataclass(frozen=True, slots=True)
class Offer:
    """A start with the visit that could be had, or with the conflict that is in the way. What it
    would mean for the series, in `gap_days`, the plan knows."""

    starts_at: datetime
    visit: Visit | None = None
    conflict: Conflict | None = None
    gap_days: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """Of one patient and one protocol at one location, for the days asked about."""

    protocol: Protocol
    location: Location
    patient_id: str
    asks: tuple[Ask, ...]
    groups: Sequence[Sequence[int]]
    lasts: timedelta
    days: Mapping[date, Day]
    _supplies: dict[date, list[Supply]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        protocol: Protocol,
        location: Location,
        patient_id: str,
        busy: Iterable[Busy],
        *,
        since: datetime,
        until: datetime,
    ) -> "Timetable":
        """For every day on the location's clock from `since` until `until`, that one included."""
        calendar = location.calendar
        first, last = calendar.local(since).date(), calendar.local(until).date()
        asks = asks_of(protocol, location)
        return cls(
            protocol=protocol,
            location=location,
            patient_id=patient_id,
            asks=asks,
            groups=groups_of(asks),
            lasts=protocol.visit_lasts,
            days={day.on: day for day in days_of(calendar, first, last, busy)},
        )

    def only(self, at: datetime) -> "Timetable":
        """The same for the day of `at` alone; of no day at all where that was not asked about."""
        on = self.location.calendar.local(at).date()
        return replace(self, days={on: self.days[on]} if on in self.days else {})

    def visit(
        self,
        starts_at: datetime,
        *,
        now: datetime,
        wishes: Wishes = NO_WISHES,
        override: Override | None = None,
    ) -> Visit:
        """The visit at that time. Raises SlotHasPassed, NotBookable, SlotTaken."""
        if starts_at <= now:
            raise SlotHasPassed(starts_at)
        found = self.examine(starts_at, now=now, wishes=wishes, override=override)
        if isinstance(found, Conflict):
            raise found.refusal(self.location.details.zone)
        return found

    def examine(
        self,
        starts_at: datetime,
        *,
        now: datetime,
        wishes: Wishes = NO_WISHES,
        override: Override | None = None,
    ) -> Visit | Conflict:
        """The visit, or what is in its way."""
        day = self.days[self.location.calendar.local(starts_at).date()]
        return self._examined(day, day.bit(starts_at), starts_at, now, wishes, override)

    def offers(
        self, *, since: datetime, until: datetime, now: datetime, wishes: Wishes = NO_WISHES
    ) -> Iterator[Offer]:
        """Every half hour of the usual hours that is to come, by the clock on the wall."""
        for day in self.days.values():
            for bit in _half_hours(day):
                starts_at = day.instant(bit)
                if since <= starts_at < until and starts_at > now:
                    found = self._examined(day, bit, starts_at, now, wishes, None)
                    if isinstance(found, Conflict):
                        yield Offer(starts_at, conflict=found)
                    else:
                        yield Offer(starts_at, visit=found)

    def _examined(
        self,
        day: Day,
        bit: int,
        starts_at: datetime,
        now: datetime,
        wishes: Wishes,
        override: Override | None,
    ) -> Visit | Conflict:
        """The rules, in the order in which somebody at a front desk would name them."""
        notice = self.location.details.notice
        return (
            unfit(day, bit, starts_at, self.lasts, notice=notice, now=now, override=override)
            or self._unknown(wishes)
            or self._patient_is_elsewhere(day, bit)
            or self._seated(day, bit, starts_at, wishes, override)
        )

    def _unknown(self, wishes: Wishes) -> Conflict | None:
        if not wishes.of:
            return None
        known = {(ask.kind, one.name) for ask in self.asks for one in ask.candidates}
        if all(wish in known for wish in wishes):
            return None
        sentence = "The location has nobody and nothing of that name for this protocol."
        return Conflict(kind=UNKNOWN_RESOURCE, sentence=sentence)

    def _patient_is_elsewhere(self, day: Day, bit: int) -> Conflict | None:
        elsewhere = day.of(PATIENT, self.patient_id).alone
        if not elsewhere:
            return None
        there = elsewhere & day.between(bit, bit + grid.ceil(self.lasts))
        if not there:
            return None
        since = day.instant((there & -there).bit_length() - 1)
        until = day.instant(there.bit_length())
        return Conflict(
            kind=PATIENT,
            sentence=f"The patient has another visit {span(since, until, day.calendar.zone)}.",
            resource=PATIENT,
            since=since,
            until=until,
        )

    def _seated(
        self,
        day: Day,
        bit: int,
        starts_at: datetime,
        wishes: Wishes,
        override: Override | None,
    ) -> Visit | Conflict:
        asks = asks_under(override, self.asks)
        supplies = self._supplies_of(day, asks)
        chosen = self._chosen(day, supplies, bit, wishes, may_overbook=allows(override, OVERBOOK))
        if chosen is not None:
            return visit_of(self.protocol, self.patient_id, starts_at, chosen, override)
        for kind, name in wishes:
            if lacking := wish_lack(day, asks, kind, name, bit):
                return lacking
        return lack(day, supplies, bit)

    def _chosen(
        self,
        day: Day,
        supplies: Sequence[Supply],
        bit: int,
        wishes: Wishes,
        *,
        may_overbook: bool,
    ) -> list[tuple[Ask, str, bool]] | None:
        """As `visit_of` takes them. Mostly it is known at a glance that somebody is lacking."""
        if not may_overbook and not all(supply.serves(bit) for supply in supplies):
            return None
        asks = [supply.ask for supply in supplies]
        free = allowed = [supply.free_at(bit) for supply in supplies]
        if may_overbook:
            allowed = _with_wished(day, asks, free, wishes, bit)
        choice = assign(asks, allowed, wished=wishes.of, groups=self.groups)
        if choice is None:
            return None
        return [(ask, choice[n], choice[n] not in free[n]) for n, ask in enumerate(asks)]

    def _supplies_of(self, day: Day, asks: Sequence[Ask]) -> list[Supply]:
        """Of the asks under a permission they are needed once, of the others again and again."""
        if asks is not self.asks:
            return supplies_of(day, asks)
        if day.on not in self._supplies:
            self._supplies[day.on] = supplies_of(day, asks)
        return self._supplies[day.on]


def _with_wished(
    day: Day, asks: Sequence[Ask], free: Sequence[Sequence[str]], wishes: Wishes, bit: int
) -> list[list[str]]:
    """What is free; and what was wished by name, taken or not, as long as it is there."""
    return [
        [
            one.name
            for one in ask.candidates
            if one.name in names
            or (one.name in wishes.named(ask.kind) and day.is_there(ask, one, bit))
        ]
        for ask, names in zip(asks, free, strict=True)
    ]


def _half_hours(day: Day) -> range:
    hours = day.calendar.usual_hours_on(day.on)
    usual = 0 if hours is None else day.hours_bits(hours)
    if not usual:
        return range(0)
    step = OFFER_EVERY // grid.SLOT
    first = (usual & -usual).bit_length() - 1
    return range(first + (day.midnight - first) % step, usual.bit_length(), step)
