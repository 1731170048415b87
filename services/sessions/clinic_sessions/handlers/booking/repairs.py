"""Repairs: what becomes of a plan's visits after a cancellation, a closure or an illness."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from clinic_platform.auth import Caller
from clinic_sessions.domain.booking.around import Around
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.booking.proposal import Proposal, RepairWanted, propose
from clinic_sessions.domain.errors import NotBookable, RepairChanged, RepairLosesVisits
from clinic_sessions.domain.session import Session, Status
from clinic_sessions.handlers.booking.placing import Placing, searched

# An engineering choice: what one search reads and looks through.
LOOK_AT_MOST: Final = timedelta(weeks=6)
LOST_IN_REPAIR: Final = "lost_in_repair"


class Repairs(Placing):
    async def propose_repair(
        self, by: Caller, plan_id: str, wanted: RepairWanted
    ) -> tuple[Proposal, str]:
        """The cheapest repair, and the zone it is in. Changes nothing."""
        proposal, zone, _ = await self._proposed(await self.reached_plan(by, plan_id), wanted)
        return proposal, zone

    async def apply_repair(
        self,
        by: Caller,
        plan_id: str,
        wanted: RepairWanted,
        *,
        fingerprint: str,
        cancel_lost: bool,
    ) -> tuple[Proposal, str]:
        """All of it or nothing. Raises RepairChanged when it is not what it was when it was shown,
        RepairLosesVisits unless somebody has decided that lost visits are cancelled."""
        plan = await self.reached_plan(by, plan_id)
        await self.plans.queue_for(plan)
        proposal, zone, around = await self._proposed(plan, wanted)
        if proposal.fingerprint != fingerprint:
            raise RepairChanged(proposal.details(zone))
        if proposal.lost and not cancel_lost:
            raise RepairLosesVisits(len(proposal.lost), proposal.details(zone))
        await self.free_expired(around)
        for session in proposal.lost:
            await self._cancel(by, session)
        location = await self.locations.get(plan.location_id)
        good = location.details.notice.cancel_at_least
        row = [*around.row, *proposal.starts]
        for session, visit in proposal.moves:
            others = [at for at in row if at != visit.starts_at]
            gap = plan.gap_days(
                visit.starts_at,
                others,
                spacing=self.protocol_of(plan).spacing,
                broken_off=around.broken_off,
            )
            noted = self.noting(by)
            moved = session.reschedule(visit, noted=noted, gap_days=gap, in_good_time=good)
            await self.sessions.record(session, moved)
        return proposal, zone

    async def _proposed(self, plan: Plan, wanted: RepairWanted) -> tuple[Proposal, str, Around]:
        plan.only_running()
        now = self.clock()
        booked = await self.sessions.of_plan(plan.id)
        remaining = [
            one
            for one in booked
            if one.status is Status.BOOKED and one.booked_visit.starts_at > now
        ]
        before = [one.booked_visit.starts_at for one in booked if one not in remaining]
        until = self._until(plan, booked, wanted)
        ids = {one.id for one in remaining}
        place = await self.wanted(plan, now, wishes=wanted.wishes, without=ids)
        timetable, around = await self.surveyed(place, now, until)
        search = partial(
            propose,
            timetable,
            remaining,
            before,
            wanted,
            allows=lambda at: self.of_course(plan, at, around) is None,
            broken_off=around.broken_off,
            until=until,
            now=now,
        )
        return await searched(search), place.zone, around

    def _until(self, plan: Plan, booked: Sequence[Session], wanted: RepairWanted) -> datetime:
        spacing, now = self.protocol_of(plan).spacing, self.clock()
        starts = [one.booked_visit.starts_at for one in booked] or [now]
        last = max(starts[-1], now)
        until = wanted.until or max(last, starts[0] + spacing.within) + spacing.all_stages[-1].most
        if until <= now or (wanted.until is not None and until - now > LOOK_AT_MOST):
            raise NotBookable("range", "Ask for up to 6 weeks that are to come.")
        return max(until, last)

    async def _cancel(self, by: Caller, session: Session) -> None:
        location = await self.locations.get(session.location_id)
        cancelled = session.cancel(
            LOST_IN_REPAIR,
            noted=self.noting(by),
            in_good_time=location.details.notice.cancel_at_least,
        )
        await self.sessions.record(session, cancelled)
