"""Bookings: slots, sessions, and every change of time."""

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from clinic_platform.auth import Caller
from clinic_platform.together import together
from clinic_sessions.domain.booking import conflicts
from clinic_sessions.domain.booking.around import Around
from clinic_sessions.domain.booking.override import Override
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.booking.timetable import Start
from clinic_sessions.domain.booking.wishes import NO_WISHES, Wishes
from clinic_sessions.domain.errors import LocationNotFound, NotBookable, SessionNotFound
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers.booking.placing import Placing, Wanted, When, searched

LONGEST_SEARCH: Final = timedelta(days=28)


class Bookings(Placing):
    async def list_slots(
        self,
        by: Caller,
        plan_id: str,
        *,
        since: datetime,
        until: datetime,
        moving: str | None = None,
    ) -> tuple[list[Start], str]:
        """The starts in a stretch of time, free or with why not; and the zone they are in.

        `moving` is a session of the plan that is to be moved: neither what it takes up nor its
        place in the series is in its way.
        """
        _only_so_many(since, until)
        plan = await self.reached_plan(by, plan_id)
        if moving is not None and (await self.reached_session(by, moving)).plan_id != plan.id:
            raise SessionNotFound
        wanted = await self.wanted(plan, since, without={moving} if moving else frozenset())
        return await self._slots(wanted, since, until), wanted.zone

    async def list_slots_of_service(
        self, by: Caller, location_id: str, protocol: str, *, since: datetime, until: datetime
    ) -> tuple[list[Start], str]:
        """As `list_slots`, for somebody who has no plan yet: by the newest version of the protocol,
        and neither a patient's own time nor other visits in the way."""
        _only_so_many(since, until)
        if not by.reaches(location_id):
            raise LocationNotFound
        location = await self.locations.get(location_id)
        if not location.offers(protocol):
            raise NotBookable(conflicts.NOT_OFFERED, conflicts.NOT_OFFERED_HERE)
        newest, now = self.newest_protocol(protocol), self.clock()
        plan = Plan.of_nobody(location_id, newest.name, newest.version, newest.infusions, now=now)
        wanted = Wanted(plan=plan, location=location, starts_at=since)
        return await self._slots(wanted, since, until), wanted.zone

    async def _slots(self, wanted: Wanted, since: datetime, until: datetime) -> list[Start]:
        around = await self.around(wanted, since, until)
        return await searched(partial(self._starts, wanted, around, since, until))

    def _starts(
        self, wanted: Wanted, around: Around, since: datetime, until: datetime
    ) -> list[Start]:
        timetable = self.timetable(wanted, around, since, until)
        return list(self.starts_for(wanted.plan, timetable, around, since=since, until=until))

    async def book_session(
        self,
        by: Caller,
        plan_id: str,
        *,
        starts_at: When,
        wishes: Wishes = NO_WISHES,
        override: Override | None = None,
    ) -> Session:
        """Raises SlotTaken, NotBookable, SlotHasPassed, and what is wrong with a wall time."""
        plan = await self.reached_plan(by, plan_id)
        visit, number, gap_days = await self.placed(
            plan, starts_at, wishes=wishes, override=override
        )
        session = self.unbooked(plan, self.new_id("ses"), number)
        booked = session.book(visit, noted=self.noting(by), gap_days=gap_days)
        return await self.sessions.record(session, booked)

    async def reschedule_session(
        self, by: Caller, session_id: str, *, starts_at: When, wishes: Wishes = NO_WISHES
    ) -> Session:
        """By the rules for everybody: a permission to override was for the time before."""
        session = await self.reached_session(by, session_id)
        plan, _ = await together(
            self.plans.get(session.plan_id),
            self.locations.get(session.location_id),  # asked for next: known then
        )
        wanted = await self.wanted(plan, starts_at, wishes=wishes, without={session.id})
        session.reschedule(session.booked_visit)  # refuses before anything else is looked at
        visit, _, gap_days = await self.placement(wanted)
        moved = session.reschedule(
            visit,
            noted=self.noting(by),
            gap_days=gap_days,
            in_good_time=wanted.location.details.notice.cancel_at_least,
        )
        return await self.sessions.record(session, moved)

    async def cancel_session(self, by: Caller, session_id: str, reason: str) -> Session:
        session = await self.reached_session(by, session_id)
        location = await self.locations.get(session.location_id)
        cancelled = session.cancel(
            reason,
            noted=self.noting(by),
            in_good_time=location.details.notice.cancel_at_least,
        )
        return await self.sessions.record(session, cancelled)

    async def miss_session(self, by: Caller, session_id: str) -> Session:
        session = await self.reached_session(by, session_id)
        return await self.sessions.record(session, session.miss(now=self.clock()))


def _only_so_many(since: datetime, until: datetime) -> None:
    if not timedelta() < until - since <= LONGEST_SEARCH:
        raise NotBookable("range", "Ask for up to 28 days, the earlier time first.")
