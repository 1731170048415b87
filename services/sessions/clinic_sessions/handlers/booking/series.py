"""A series: all visits a plan lacks, booked at once or not at all; or the best part of it."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from clinic_platform.auth import Caller
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.booking.search import Search, SeriesFound, SeriesWanted
from clinic_sessions.domain.booking.visit import Visit
from clinic_sessions.domain.errors import NotBookable, SeriesIncomplete
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers.booking.placing import Placing, Wanted, searched

# An engineering choice: what one search reads and looks through.
LOOK_AT_MOST: Final = timedelta(weeks=12)


class Serial(Placing):
    async def book_series(
        self, by: Caller, plan_id: str, asked: SeriesWanted
    ) -> tuple[list[Session], SeriesFound]:
        """Raises SeriesIncomplete unless all are found, or a part is accepted; NotBookable for a
        wish outside the protocol, when the series is full, and when the plan has ended."""
        plan = await self.reached_plan(by, plan_id)
        plan.only_running()
        await self.plans.queue_for(plan)
        wanted = await self.wanted(plan, self.clock(), wishes=asked.wishes)
        found = await self._found(wanted, asked)
        if found.missing and not (asked.accept_partial and found.visits):
            raise SeriesIncomplete(found.missing, found.details(wanted.zone))
        sessions = [await self._booked(by, plan, *visit) for visit in found.visits]
        return sessions, found

    async def _found(self, wanted: Wanted, asked: SeriesWanted) -> SeriesFound:
        plan, now = wanted.plan, self.clock()
        since, until = self._window(asked, plan)
        timetable, around = await self.surveyed(wanted, since, until)
        await self.free_expired(around)
        lacking = plan.infusions - len(around.row)
        how_many = lacking if asked.how_many is None else asked.how_many
        if not 0 < how_many <= lacking:
            sentence = f"Of this plan {max(lacking, 0)} infusions are not booked yet."
            raise NotBookable("series_full", sentence)
        search = Search(
            timetable=timetable,
            wanted=asked,
            times=around.row,
            broken_off=around.broken_off,
            how_many=how_many,
            since=since,
            until=until,
        )
        return await searched(partial(search.found, now=now))

    def _window(self, asked: SeriesWanted, plan: Plan) -> tuple[datetime, datetime]:
        since = max(asked.since or self.clock(), self.clock())
        within = min(self.protocol_of(plan).spacing.within, LOOK_AT_MOST)
        until = asked.until or since + within
        if not timedelta() < until - since <= LOOK_AT_MOST:
            raise NotBookable("range", "Ask for up to 12 weeks that are to come, in their order.")
        return since.astimezone(UTC), until.astimezone(UTC)

    async def _booked(self, by: Caller, plan: Plan, number: int, visit: Visit) -> Session:
        session = self.unbooked(plan, self.new_id("ses"), number)
        return await self.sessions.record(session, session.book(visit, noted=self.noting(by)))
