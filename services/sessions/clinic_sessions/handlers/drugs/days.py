"""Closing the book of a day, and calling somebody about one that nobody has closed."""

from datetime import date

from clinic_platform.auth import Caller
from clinic_platform.ids import derived_id
from clinic_platform.promises import Due, Ending, Kept, Later
from clinic_sessions.domain.calls import Call
from clinic_sessions.domain.drugs.day import Closing, Span, unsettled
from clinic_sessions.domain.drugs.reconciling import Stretch
from clinic_sessions.domain.errors.drugs import DayClosed, DayNotBegun, DayNotSettled
from clinic_sessions.handlers.drugs.reconciling import Reconciling


class ClosingDays(Reconciling):
    async def close_day(self, by: Caller, location_id: str, day: date) -> Closing:
        """Raises DayNotSettled with all that is open. Nothing is posted into a closed day."""
        location = await self.reached_place(by, location_id)
        now = self.clock()
        if day > location.calendar.local(now).date():
            raise DayNotBegun
        if await self.drugs.days.queue_for(location.id, day) is not None:
            raise DayClosed(day)
        span = Span.of(day, location.details.zone)
        vials = await self.drugs.vials.of_location(location.id, since=span.starts_at)
        found = await self.differing(location, Stretch(span.starts_at, span.ends_at))
        open_doses = [d for d in found if not await self.is_settled(location, d)]
        if conflicts := unsettled(vials, open_doses, span):
            raise DayNotSettled(conflicts)
        closing = Closing(
            location_id=location.id,
            day=day,
            closed_by=by.actor,
            closed_at=now,
            vials=len([vial for vial in vials if vial.ledger.remaining > 0]),
        )
        await self.drugs.days.close(closing)
        return closing

    async def call_about_day(self, due: Due) -> Ending:
        """Something moved on it, and nobody has closed it: called each day until somebody has."""
        facts = due.promise.facts
        location_id, day = str(facts["location_id"]), date.fromisoformat(str(facts["day"]))
        if await self.drugs.days.find(location_id, day) is not None:
            return Kept()
        call = Call(
            id=derived_id("cal", due.promise.key, due.promise.due_at.isoformat()),
            location_id=location_id,
            reason="day_not_closed",
            about_id=day.isoformat(),
            level="caution",
            called_at=due.now,
        )
        await self.calls.make(call)
        return Later(due.now + self.drugs.rules.call_again_every, "called")
