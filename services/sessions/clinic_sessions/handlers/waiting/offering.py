"""A stretch that is free again is offered: to the first in order whom a start in it suits.

Which start: `Freed.in_turn` gives their order; the first that suits is offered. If it
is not accepted, the next in order is asked, about whichever start suits them.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from clinic_platform.ids import derived_id
from clinic_platform.promises import Due, Ending, Kept, Later, Promise, Withdrawn
from clinic_sessions.domain.booking.hold import EXPIRED
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
        """Asked again what is free: somebody may have taken it, or it suits nobody who waits. What
        could not be booked any more at the last moment of answering is not offered."""
        freed = Freed.from_facts(due.promise.facts)
        if (otherwise := await self._ended_otherwise(due)) is not None:
            return Withdrawn(otherwise)
        location = await self.locations.get(freed.location_id)
        opens_at = answerable_from(location, due.now)
        if opens_at is not None and opens_at > due.now:
            return Later(opens_at, "nobody_can_answer")
        until = answer_by(location, due.now, self.waiting.rules.answer_within)
        notice = location.details.notice.book_at_least
        if until is None or (first := until + notice) >= freed.ends_at:
            return Withdrawn("too_soon")
        for waiting in await self.waiting.entries.at({location.id}, now=due.now):
            at = await self._start_for(waiting, freed, location, first)
            if at is not None:
                await self._offer(waiting, freed, at, as_kept(until))
                return Kept()
        return Withdrawn("suits_nobody")

    async def _ended_otherwise(self, due: Due) -> str | None:
        """What has become of the hold that was to run out; None where it did, or was none."""
        hold_id = due.promise.facts.get("hold_id")
        if hold_id is None:
            return None
        status = (await self.holds.get(str(hold_id))).status(due.now)
        return None if status == EXPIRED else status

    async def pass_offer_on(self, due: Due) -> Ending:
        offer = await self.waiting.offers.get(str(due.promise.facts["offer_id"]))
        passed_on = offer.pass_on(now=due.now)
        if passed_on is None:
            return Withdrawn(offer.state)
        await self.pass_on(offer, passed_on)
        return Kept()

    async def _start_for(
        self, waiting: Waiting, freed: Freed, location: Location, first: datetime
    ) -> datetime | None:
        """The first in turn that suits them, and is not before `first`; None where they are asked
        about another time, or were about this one."""
        if waiting.plan_id == freed.plan_id or await self._is_asked(waiting.patient_id):
            return None
        plan, moving = await self.plans.get(waiting.plan_id), await self._booking_of(waiting)
        if plan.orphaned_at is not None:  # joined in the moment in which their patient was erased
            return None
        if waiting.was_asked_about(freed, lasts=self.protocol_of(plan).visit_lasts):
            return None
        before = None if moving is None else moving.booked_visit.starts_at
        for visit in freed.in_turn(await self._free(plan, freed, location, moving)):
            at = visit.starts_at
            if at >= first and waiting.suits(at, location.calendar.local(at), before=before):
                return at
        return None

    async def _is_asked(self, patient_id: str) -> bool:
        return await self.waiting.offers.open_of(patient_id) is not None

    async def _booking_of(self, waiting: Waiting) -> Session | None:
        if waiting.session_id is None:
            return None
        session = await self.sessions.get(waiting.session_id)
        return session if session.status is Status.BOOKED else None

    async def _free(
        self, plan: Plan, freed: Freed, location: Location, moving: Session | None
    ) -> list[Visit]:
        """By all rules of a booking: where the freed one began, and every half hour around it. What
        is to be moved is not in its own way: accepting moves it in one transaction."""
        at, without = freed.starts_at, frozenset[str]() if moving is None else {moving.id}
        wanted = Wanted(plan=plan, location=location, starts_at=at, without=without)
        timetable, around = await self.surveyed(wanted, at, at)
        since, until = at - timetable.lasts, freed.ends_at
        starts = self.starts_for(plan, timetable, around, since=since, until=until)
        free = {begins: timetable.at(begins, seating) for begins, seating, *_ in starts if seating}
        here = timetable.examine(at, now=self.clock())
        if isinstance(here, Visit) and self.of_course(plan, at, around) is None:
            free[at] = here
        return list(free.values())

    async def _offer(self, waiting: Waiting, freed: Freed, at: datetime, until: datetime) -> None:
        plan, now = await self.plans.get(waiting.plan_id), as_kept(self.clock())
        without = frozenset[str]() if waiting.session_id is None else {waiting.session_id}
        visit, _, _ = await self.placement(await self.wanted(plan, at, without=without))
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
            starts_at=at,
            ends_at=visit.ends_at,
            made_at=now,
            answer_by=until,
        )
        await self.holds.record(hold, hold.take())
        await self.waiting.entries.record(waiting, waiting.ask(at))
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
