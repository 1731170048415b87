"""Whether a visit can be at a time, with whom and what; and if not, why not.

Pure. It knows what was busy when it was asked: whether that is still so only the database knows,
which refuses what meanwhile is taken.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeAlias

from clinic_sessions.domain.booking import grid
from clinic_sessions.domain.booking.asks import Ask, asks_of
from clinic_sessions.domain.booking.assignment import assign, groups_of
from clinic_sessions.domain.booking.conflicts import (
    NOT_OFFERED,
    NOT_OFFERED_HERE,
    UNKNOWN_RESOURCE,
    Conflict,
    span,
)
from clinic_sessions.domain.booking.days import AsBusy, Day, days_of, runs
from clinic_sessions.domain.booking.lacking import lack, wish_lack
from clinic_sessions.domain.booking.opening import fit, half_hours, unfit
from clinic_sessions.domain.booking.override import OVERBOOK, Override, allows
from clinic_sessions.domain.booking.seating import Seating, asks_under, visit_of
from clinic_sessions.domain.booking.supply import Supply, serve, supplies_of
from clinic_sessions.domain.booking.visit import PATIENT, Visit
from clinic_sessions.domain.booking.wishes import NO_WISHES, Wishes
from clinic_sessions.domain.errors import SlotHasPassed
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.protocols.protocol import Protocol

Names: TypeAlias = Sequence[Sequence[str]]  # of each ask


class Start(NamedTuple):
    """A start with who and what would serve it, or with the conflict that is in the way. What it
    would mean for the series, in `gap_days`, the plan knows."""

    starts_at: datetime
    seating: Seating | None = None
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
    _seatings: dict[object, Seating | None] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        protocol: Protocol,
        location: Location,
        patient_id: str,
        busy: Iterable[AsBusy],
        *,
        since: datetime,
        until: datetime,
    ) -> "Timetable":
        """For every day on the location's clock from `since` until `until`, that one included."""
        location = location.giving(protocol.name)
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
        found = self._examined(day, day.bit(starts_at), starts_at, now, wishes, override)
        return found if isinstance(found, Conflict) else self.at(starts_at, found, override)

    def at(self, starts_at: datetime, seating: Seating, override: Override | None = None) -> Visit:
        """The visit that is had from a start that is free, and who and what would serve it."""
        return visit_of(self.protocol, self.patient_id, starts_at, seating.chosen, override)

    def starts(
        self, *, since: datetime, until: datetime, now: datetime, wishes: Wishes = NO_WISHES
    ) -> Iterator[Start]:
        """Every half hour of the usual hours that is to come, by the clock on the wall."""
        first = max(grid.ceil(since - grid.EPOCH), grid.slot_of(now) + 1)
        end = grid.ceil(until - grid.EPOCH)
        may_be_clear = self._impossible(wishes) is None
        for day in self.days.values():
            clear = self._clear(day, now) if may_be_clear else 0
            for bit in half_hours(day):
                if first <= day.first + bit < end:
                    yield self._start(day, bit, now, wishes, is_clear=bool(clear >> bit & 1))

    def _start(self, day: Day, bit: int, now: datetime, wishes: Wishes, *, is_clear: bool) -> Start:
        starts_at = day.instant(bit)
        found = (
            self._seated(day, bit, wishes, None)
            if is_clear
            else self._examined(day, bit, starts_at, now, wishes, None)
        )
        if isinstance(found, Conflict):
            return Start(starts_at, None, found)
        return Start(starts_at, found)

    def _clear(self, day: Day, now: datetime) -> int:
        """The bits at which only somebody or something could be lacking."""
        elsewhere = day.of(PATIENT, self.patient_id).alone
        at_hand = runs(day.everything & ~elsewhere, grid.ceil(self.lasts))
        return at_hand & fit(day, self.lasts, notice=self.location.details.notice, now=now)

    def _examined(
        self,
        day: Day,
        bit: int,
        starts_at: datetime,
        now: datetime,
        wishes: Wishes,
        override: Override | None,
    ) -> Seating | Conflict:
        """The rules, in the order in which somebody at a front desk would name them."""
        notice = self.location.details.notice
        return (
            self._not_offered()
            or unfit(day, bit, starts_at, self.lasts, notice=notice, now=now, override=override)
            or self._unknown(wishes)
            or self._patient_is_elsewhere(day, bit)
            or self._seated(day, bit, wishes, override)
        )

    def _impossible(self, wishes: Wishes) -> Conflict | None:
        """What is in the way of every start there is."""
        return self._not_offered() or self._unknown(wishes)

    def _not_offered(self) -> Conflict | None:
        if self.location.offers(self.protocol.name):
            return None
        return Conflict(kind=NOT_OFFERED, sentence=NOT_OFFERED_HERE)

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
        if not elsewhere:  # as on most days
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
        self, day: Day, bit: int, wishes: Wishes, override: Override | None
    ) -> Seating | Conflict:
        asks = asks_under(override, self.asks)
        supplies = self._supplies_of(day, asks)
        if allows(override, OVERBOOK):
            free = tuple([supply.free_at(bit) for supply in supplies])
            allowed = _with_wished(day, asks, free, wishes, bit)
            seating = self._chosen(asks, free, allowed, wishes)
        else:
            seating = self._served(asks, supplies, bit, wishes)
        return seating or self._lacking(day, asks, supplies, bit, wishes)

    def _served(
        self, asks: Sequence[Ask], supplies: Sequence[Supply], bit: int, wishes: Wishes
    ) -> Seating | None:
        """Mostly it is known at a glance that somebody is lacking; or the same are free as were
        half an hour before."""
        if not serve(supplies, bit):
            return None
        free = tuple([supply.free_at(bit) for supply in supplies])
        if asks is not self.asks:
            return self._chosen(asks, free, free, wishes)
        key = (tuple(wishes) if wishes.of else (), free)
        if key not in self._seatings:
            self._seatings[key] = self._chosen(asks, free, free, wishes)
        return self._seatings[key]

    def _chosen(
        self, asks: Sequence[Ask], free: Names, allowed: Names, wishes: Wishes
    ) -> Seating | None:
        choice = assign(asks, allowed, wished=wishes.of, groups=self.groups)
        if choice is None:
            return None
        return Seating.of(
            [(ask, choice[n], choice[n] not in free[n]) for n, ask in enumerate(asks)]
        )

    def _lacking(
        self,
        day: Day,
        asks: Sequence[Ask],
        supplies: Sequence[Supply],
        bit: int,
        wishes: Wishes,
    ) -> Conflict:
        if wishes.of:
            for kind, name in wishes:
                if lacking := wish_lack(day, asks, kind, name, bit):
                    return lacking
        return lack(day, supplies, bit)

    def _supplies_of(self, day: Day, asks: Sequence[Ask]) -> list[Supply]:
        """Of the asks under a permission they are needed once, of the others again and again."""
        if asks is not self.asks:
            return supplies_of(day, asks)
        if day.on not in self._supplies:
            self._supplies[day.on] = supplies_of(day, asks)
        return self._supplies[day.on]


def _with_wished(
    day: Day, asks: Sequence[Ask], free: Names, wishes: Wishes, bit: int
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
