"""Closing the book of a day."""

from datetime import date

from clinic_platform.auth import Caller
from clinic_sessions.domain.drugs.day import Closing, Span, unsettled
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
        found = await self.differing(location, since=span.starts_at, until=span.ends_at)
        settled = await self.drugs.incidents.settled_sessions(location.id, since=span.starts_at)
        open_doses = [difference for difference in found if difference.session_id not in settled]
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
