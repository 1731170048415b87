"""A time that is free again is offered: to the first in order whom it suits, and then passed on."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from clinic_platform.ids import derived_id
from clinic_platform.promises import Due, Ending, Kept, Later, Promise, Withdrawn
from clinic_sessions.domain.booking.around import Around
from clinic_sessions.domain.booking.conflicts import Conflict
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.booking.visit import Visit
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.session import Session, Status
from clinic_sessions.domain.waiting.answering import answer_by, answerable_from
from clinic_sessions.domain.waiting.entry import Waiting
from clinic_sessions.domain.waiting.freed import Freed
from clinic_sessions.domain.waiting.offer import Offer
from clinic_sessions.handlers.booking.holds import Holding, as_kept
from clinic_sessions.handlers.booking.placing import Wanted
from clinic_sessions.handlers.waiting.passing import UNANSWERED, Passing, promised_for
from clinic_sessions.handlers.watch.alarming import cause_or

HELD_BY: Final = "wait_list"
# However late somebody looks, an offer ends.
PASSED_ON_WITHIN: Final = timedelta(days=366)


class Offering(Passing, Holding):
    async def offer_freed_time(self, due: Due) -> Ending:
        """Asked again what is free: somebody may have taken it, or it suits nobody who waits."""
        freed = Freed.told_by(due.promise.facts)
        location = await self.locations.get(freed.location_id)
        opens_at = answerable_from(location, due.now)
        if opens_at is not None and opens_at > due.now:
            return Later(opens_at, "nobody_can_answer")
        until = answer_by(location, due.now, self.waiting.rules.answer_within)
        if until is None or until > freed.starts_at - location.details.notice.book_at_least:
            return Withdrawn("too_soon")
        for waiting in await self.waiting.entries.at({location.id}, now=due.now):
            visit = await self._visit_for(waiting, freed, location)
            if visit is not None:
                await self._offer(waiting, freed, visit, as_kept(until))
                return Kept()
        return Withdrawn("suits_nobody")

    async def pass_offer_on(self, due: Due) -> Ending:
        offer = await self.waiting.offers.get(str(due.promise.facts["offer_id"]))
        passed_on = offer.pass_on(now=due.now)
        if passed_on is None:
            return Withdrawn(offer.state)
        await self.pass_on(offer, passed_on)
        return Kept()

    async def _visit_for(self, waiting: Waiting, freed: Freed, location: Location) -> Visit | None:
        """What they could have, if it suits them and they are not asked about another time."""
        moving = await self._booking_of(waiting)
        before = None if moving is None else moving.booked_visit.starts_at
        local = location.calendar.local(freed.starts_at)
        if waiting.plan_id == freed.plan_id:
            return None
        if not waiting.suits(freed.starts_at, local, before=before):
            return None
        if await self.waiting.offers.open_of(waiting.patient_id) is not None:
            return None
        plan = await self.plans.get(waiting.plan_id)
        if plan.orphaned_at is not None:  # joined in the moment in which their patient was erased
            return None
        return await self._visit_at(plan, freed.starts_at, location, before)

    async def _booking_of(self, waiting: Waiting) -> Session | None:
        if waiting.session_id is None:
            return None
        session = await self.sessions.get(waiting.session_id)
        return session if session.status is Status.BOOKED else None

    async def _visit_at(
        self, plan: Plan, at: datetime, location: Location, before: datetime | None
    ) -> Visit | None:
        """By all rules of a booking. What is to be moved keeps its seats until the offer is
        accepted; only its place in the series is free."""
        wanted = Wanted(plan=plan, location=location, starts_at=at)
        timetable, around = await self.surveyed(wanted, at, at)
        found = timetable.examine(at, now=self.clock())
        if isinstance(found, Conflict):
            return None
        if self.of_course(plan, at, _without(around, before)) is not None:
            return None
        await self.plans.queue_for(plan)
        await self.free_expired(around)
        return found

    async def _offer(self, waiting: Waiting, freed: Freed, visit: Visit, until: datetime) -> None:
        plan, now = await self.plans.get(waiting.plan_id), as_kept(self.clock())
        offer_id = derived_id("ofr", freed.key, str(freed.round))
        hold = self.unheld(plan, visit, HELD_BY, now, until)
        hold = replace(hold, offer_id=offer_id, instead_of=waiting.session_id)
        offer = Offer(
            id=offer_id,
            waiting_id=waiting.id,
            plan_id=plan.id,
            patient_id=plan.patient_id,
            location_id=plan.location_id,
            session_id=waiting.session_id,
            hold_id=hold.id,
            freed=freed,
            ends_at=visit.ends_at,
            made_at=now,
            answer_by=until,
        )
        await self.holds.record(hold, hold.take())
        await self.waiting.entries.record(waiting, waiting.ask(freed.starts_at))
        await self.waiting.offers.record(offer, offer.make())
        await self.promises.make(self._passing_on(offer))

    def _passing_on(self, offer: Offer) -> Promise:
        return Promise(
            key=promised_for(offer),
            kind=UNANSWERED,
            about=offer.id,
            person=offer.patient_id,
            rule=f"booking@{self.waiting.rules.version}/answer_minutes",
            why=cause_or(offer.id),
            due_at=offer.answer_by,
            useful_until=offer.answer_by + PASSED_ON_WITHIN,
            facts={"offer_id": offer.id},
        )


def _without(around: Around, moving: datetime | None) -> Around:
    return replace(around, times=tuple(at for at in around.times if at != moving))
