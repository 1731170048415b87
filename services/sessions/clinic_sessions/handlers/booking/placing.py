"""Where a visit can be: asked for a stretch of time, or for one start that is about to be taken.

Everything here runs in the transaction of the command. What it reads is of one moment; if somebody
else takes meanwhile what was chosen, the transaction begins again, reads anew and chooses anew.
"""

import asyncio
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, NamedTuple, TypeAlias, TypeVar

from clinic_platform.auth import Caller
from clinic_platform.together import together
from clinic_sessions.domain.booking import conflicts
from clinic_sessions.domain.booking.around import Around
from clinic_sessions.domain.booking.conflicts import Conflict, wall
from clinic_sessions.domain.booking.history import Noted
from clinic_sessions.domain.booking.override import Override
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.booking.timetable import Start, Timetable
from clinic_sessions.domain.booking.visit import Visit
from clinic_sessions.domain.booking.wall import WallTime
from clinic_sessions.domain.booking.wishes import NO_WISHES, Wishes
from clinic_sessions.domain.errors import NotBookable, SlotTaken
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.session import Session
from clinic_sessions.domain.waiting.freed import Freed
from clinic_sessions.handlers.booking.freeing import Freeing

T = TypeVar("T")
When: TypeAlias = datetime | WallTime

# Engineering choices: enough to go on with, and near enough to be of use.
ALTERNATIVES: Final = 3
A_DAY: Final = timedelta(days=1)
NEAR: Final = timedelta(days=7)
# Another time does not help against these.
WITHOUT_ALTERNATIVES: Final = (
    conflicts.PLAN_ENDED,
    conflicts.SERIES_FULL,
    conflicts.UNKNOWN_RESOURCE,
    conflicts.NOT_OFFERED,
    conflicts.GRID,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A place for one visit of a plan. `without` are the sessions that are to be moved, or that a
    hold is to become: what they have themselves is not in their way."""

    plan: Plan
    location: Location
    starts_at: datetime
    wishes: Wishes = NO_WISHES
    override: Override | None = None
    without: Set[str] = frozenset()

    @property
    def zone(self) -> str:
        return self.location.details.zone


class Placement(NamedTuple):
    """A visit, its infusion's number in the plan, and the days it is above the most from others."""

    visit: Visit
    number: int
    gap_days: float


class Placing(Freeing):
    async def wanted(
        self,
        plan: Plan,
        when: When,
        *,
        wishes: Wishes = NO_WISHES,
        override: Override | None = None,
        without: Set[str] = frozenset(),
    ) -> Wanted:
        """Raises WallTimeDoesNotExist, WallTimeExistsTwice."""
        location = await self.locations.get(plan.location_id)
        zone = location.details.zone
        starts_at = when.instant(zone) if isinstance(when, WallTime) else when
        return Wanted(
            plan=plan,
            location=location,
            starts_at=starts_at.astimezone(UTC),
            wishes=wishes,
            override=override,
            without=without,
        )

    async def placed(
        self, plan: Plan, when: When, *, wishes: Wishes, override: Override | None
    ) -> Placement:
        """As `placement`, and raises what is wrong with a wall time. The place is read with all
        else, unless its zone has to be known before."""
        looked_for = self.wanted(plan, when, wishes=wishes, override=override)
        if isinstance(when, WallTime):
            return await self.placement(await looked_for)
        wanted, around = await together(looked_for, self._near(plan, when))
        return await self.placement(wanted, around)

    async def placement(self, wanted: Wanted, around: Around | None = None) -> Placement:
        """Nobody else books for that plan until the end of the transaction. `around` is read, where
        it is not given.

        Raises SlotHasPassed; SlotTaken and NotBookable with the nearest starts that are free.
        """
        now, plan, at = self.clock(), wanted.plan, wanted.starts_at
        await self.plans.queue_for(plan)
        around = around or await self._near(plan, at, wanted.without)
        around = await self._and_elsewhere(wanted, around, at, at)
        timetable = self.timetable(wanted, around, at, at)
        await self.free_expired(around)
        try:
            visit = timetable.visit(
                wanted.starts_at, now=now, wishes=wanted.wishes, override=wanted.override
            )
            number = self._number(plan, wanted.starts_at, around)
            return Placement(visit, number, self._gap_days(plan, wanted.starts_at, around))
        except (NotBookable, SlotTaken) as refused:
            if refused.conflicts[0]["kind"] not in WITHOUT_ALTERNATIVES:
                refused.alternatives = await self._alternatives(wanted, timetable, around)
            raise

    async def _near(self, plan: Plan, at: datetime, without: Set[str] = frozenset()) -> Around:
        around, _ = await together(
            self.sessions.around(plan, since=at, until=at, now=self.clock(), without=without),
            self.waiting.entries.of_plan(plan.id),  # what follows a booking asks: known then
        )
        return around

    async def surveyed(
        self, wanted: Wanted, since: datetime, until: datetime
    ) -> tuple[Timetable, Around]:
        around = await self.around(wanted, since, until)
        return self.timetable(wanted, around, since, until), around

    async def around(self, wanted: Wanted, since: datetime, until: datetime) -> Around:
        around = await self.sessions.around(
            wanted.plan, since=since, until=until, now=self.clock(), without=wanted.without
        )
        return await self._and_elsewhere(wanted, around, since, until)

    async def _and_elsewhere(
        self, wanted: Wanted, around: Around, since: datetime, until: datetime
    ) -> Around:
        """Who works at several places is busy here while they are at another."""
        elsewhere = await self.sessions.elsewhere(
            wanted.location, since=since, until=until, now=self.clock(), without=wanted.without
        )
        return around.and_elsewhere(elsewhere)

    def timetable(
        self, wanted: Wanted, around: Around, since: datetime, until: datetime
    ) -> Timetable:
        """Of what was read around it. For weeks it takes long: see `searched`."""
        return Timetable.of(
            self.protocol_of(wanted.plan),
            wanted.location,
            wanted.plan.patient_id,
            around.busy,
            since=since,
            until=until,
        )

    async def free_expired(self, around: Around) -> None:
        """In the transaction that needs the seats. Whoever waits is asked about what is left."""
        await self.holds.free_expired(around.expired, now=self.clock())
        for hold in [await self.holds.get(hold_id) for hold_id in around.expired]:
            if hold.offer_id is None:  # an offer is passed on by a promise of its own
                await self.note_freed(Freed.by_hold(hold))

    def unbooked(self, plan: Plan, session_id: str, number: int) -> Session:
        return Session(
            id=session_id,
            patient_id=plan.patient_id,
            location_id=plan.location_id,
            plan_id=plan.id,
            infusion_number=number,
        )

    def noting(self, by: Caller) -> Noted:
        return Noted(by.actor, self.clock())

    def starts_for(
        self,
        plan: Plan,
        timetable: Timetable,
        around: Around,
        *,
        since: datetime,
        until: datetime,
    ) -> Iterator[Start]:
        """What the timetable offers, as far as the plan allows it."""
        row, spacing = around.row, self.protocol_of(plan).spacing
        for start in timetable.starts(since=since, until=until, now=self.clock()):
            conflict = self.of_course(plan, start.starts_at, around) if start.seating else None
            if conflict is not None:
                yield Start(start.starts_at, None, conflict)
                continue
            gap_days = plan.gap_days(
                start.starts_at, row, spacing=spacing, broken_off=around.broken_off
            )
            yield start._replace(gap_days=gap_days) if gap_days else start

    async def _alternatives(
        self, wanted: Wanted, same_day: Timetable, around: Around
    ) -> list[dict[str, object]]:
        """The starts next to what was wanted, before and after it, with anybody and anything:
        mostly the day itself, which is read already, has enough."""
        free = self._free_on(wanted, same_day, around, wanted.starts_at)
        if len(free) < ALTERNATIVES:
            first, last = wanted.starts_at - NEAR, wanted.starts_at + NEAR
            week, _ = await self.surveyed(wanted, first, last)
            lacking = ALTERNATIVES - len(free)
            free += await searched(partial(self._outwards, wanted, week, around, lacking))
        free.sort(key=lambda start: (abs(start.starts_at - wanted.starts_at), start.starts_at))
        return [_shown(start, wanted.zone) for start in free[:ALTERNATIVES]]

    def _outwards(
        self, wanted: Wanted, week: Timetable, around: Around, enough: int
    ) -> list[Start]:
        """Day by day away from what was wanted, on both sides, until there are enough."""
        free: list[Start] = []
        for days in range(1, NEAR // A_DAY):
            for near in (wanted.starts_at - days * A_DAY, wanted.starts_at + days * A_DAY):
                free += self._free_on(wanted, week.only(near), around, near)
            if len(free) >= enough:
                break
        return free

    def _free_on(
        self, wanted: Wanted, day: Timetable, around: Around, near: datetime
    ) -> list[Start]:
        since, until = near - A_DAY, near + A_DAY
        starts = self.starts_for(wanted.plan, day, around, since=since, until=until)
        return [start for start in starts if start.seating is not None]

    def _number(self, plan: Plan, starts_at: datetime, around: Around) -> int:
        return plan.next_infusion(
            starts_at,
            around.times,
            spacing=self.protocol_of(plan).spacing,
            held=around.held,
            broken_off=around.broken_off,
        )

    def _gap_days(self, plan: Plan, starts_at: datetime, around: Around) -> float:
        return plan.gap_days(
            starts_at,
            around.row,
            spacing=self.protocol_of(plan).spacing,
            broken_off=around.broken_off,
        )

    def of_course(self, plan: Plan, starts_at: datetime, around: Around) -> Conflict | None:
        """What of the plan itself is in the way."""
        try:
            self._number(plan, starts_at, around)
        except NotBookable as refused:
            return Conflict(kind=refused.conflicts[0]["kind"], sentence=str(refused))
        return None


async def searched(search: Callable[[], T]) -> T:
    """What a pure search finds, in a thread of its own: it may take hundreds of milliseconds, and
    whoever else is served by this process, an alarm among them, does not wait for it."""
    return await asyncio.to_thread(search)


def _shown(start: Start, zone: str) -> dict[str, object]:
    assert start.seating is not None, "Only what is free is an alternative."
    return {
        "starts_at": start.starts_at.isoformat(),
        "starts_local": wall(start.starts_at, zone),
        "zone": zone,
        "chair": start.seating.chair,
        "nurse": start.seating.nurse,
        "gap_days": start.gap_days,
    }
