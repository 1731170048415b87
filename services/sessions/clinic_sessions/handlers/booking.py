"""Booking: slots, sessions, and every change of time."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from clinic_platform.auth import Caller
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.booking.visit import EPOCH, Offer, Visit, offers, plan_visit
from clinic_sessions.domain.errors import NotBookable
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers.tools import Tools

OFFER_EVERY: Final = timedelta(minutes=30)
OFFER_AT_MOST: Final = timedelta(days=14)


class Booking(Tools):
    async def list_slots(
        self, by: Caller, plan_id: str, *, since: datetime, until: datetime
    ) -> list[Offer]:
        """The starts in a stretch of time, free or with why not."""
        if not timedelta() < until - since <= OFFER_AT_MOST:
            raise NotBookable("range", "Ask for up to 14 days, the earlier time first.")
        plan = await self.reached_plan(by, plan_id)
        location = await self.locations.get(plan.location_id)
        protocol = self.protocol_of(plan)
        last = until + protocol.visit_lasts
        busy = await self.sessions.busy(location, plan.patient_id, since=since, until=last)
        return offers(
            protocol,
            location,
            busy,
            patient_id=plan.patient_id,
            starts=_half_hours(since, until),
            now=self.clock(),
        )

    async def book_session(
        self, by: Caller, plan_id: str, *, starts_at: datetime, chair: str, nurse: str
    ) -> Session:
        plan = await self.reached_plan(by, plan_id)
        visit = await self._visit(plan, starts_at, chair, nurse)
        session = Session(
            id=self.new_id("ses"),
            patient_id=plan.patient_id,
            location_id=plan.location_id,
            plan_id=plan.id,
            infusion_number=await self._number(plan, starts_at),
        )
        return await self.sessions.record(session, session.book(visit))

    async def reschedule_session(
        self, by: Caller, session_id: str, *, starts_at: datetime, chair: str, nurse: str
    ) -> Session:
        session = await self.reached_session(by, session_id)
        plan = await self.plans.get(session.plan_id)
        visit = await self._visit(plan, starts_at, chair, nurse)
        rescheduled = session.reschedule(visit)
        await self._number(plan, starts_at, without=session.id)
        return await self.sessions.record(session, rescheduled)

    async def cancel_session(self, by: Caller, session_id: str, reason: str) -> Session:
        session = await self.reached_session(by, session_id)
        return await self.sessions.record(session, session.cancel(reason, now=self.clock()))

    async def miss_session(self, by: Caller, session_id: str) -> Session:
        session = await self.reached_session(by, session_id)
        return await self.sessions.record(session, session.miss(now=self.clock()))

    async def _visit(self, plan: Plan, starts_at: datetime, chair: str, nurse: str) -> Visit:
        return plan_visit(
            self.protocol_of(plan),
            await self.locations.get(plan.location_id),
            patient_id=plan.patient_id,
            starts_at=starts_at,
            chair=chair,
            nurse=nurse,
            now=self.clock(),
        )

    async def _number(self, plan: Plan, starts_at: datetime, *, without: str | None = None) -> int:
        await self.plans.queue_for(plan)
        others = await self.sessions.times_of(plan.id, without=without)
        return plan.next_infusion(starts_at, others, spacing=self.protocol_of(plan).spacing.least)


def _half_hours(since: datetime, until: datetime) -> Iterator[datetime]:
    at = since + (EPOCH - since) % OFFER_EVERY
    while at < until:
        yield at
        at += OFFER_EVERY
