"""Locations: one document each, and what a change of it would do."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from clinic_platform.auth import Caller
from clinic_platform.problems import StaleVersion
from clinic_sessions.domain.booking.hold import Hold
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.errors import LocationNotFound
from clinic_sessions.domain.places.changes import (
    PlannedChange,
    Touched,
    broken_bookings,
    plan_change,
)
from clinic_sessions.domain.places.checking import check
from clinic_sessions.domain.places.location import Details, Location
from clinic_sessions.domain.places.offering import Treatment, Treatments
from clinic_sessions.domain.places.promised import PromisedTime, promised_times
from clinic_sessions.domain.places.readiness import Finding, findings_of
from clinic_sessions.domain.places.repair import Repair
from clinic_sessions.domain.session import Session, Status
from clinic_sessions.handlers.tools import Tools


class Places(Tools):
    async def get_location(self, by: Caller, location_id: str) -> Location:
        if not by.reaches(location_id):
            raise LocationNotFound
        return await self.locations.get(location_id)

    async def describe_location(
        self, by: Caller, location_id: str, details: Details, *, expected: int | None
    ) -> Location:
        """Open a location (`expected` None) or replace the document of version `expected`."""
        location = await self._reached_or_new(by, location_id, details)
        if location.revision != (expected or 0):
            raise StaleVersion(location.revision)
        return await self.locations.record(location, location.describe(details))

    async def plan_location_change(
        self, by: Caller, location_id: str, details: Details
    ) -> PlannedChange:
        """What the document would change, and which bookings it touches. Nothing is stored."""
        location = await self._reached_or_new(by, location_id, details)
        bookings = await self.sessions.not_over_at(location_id, self.clock())
        return plan_change(location, details, bookings, await self._treatments_of(bookings))

    async def times_broken_by(self, planned: PlannedChange) -> Sequence[PromisedTime]:
        """What is held for somebody or offered to them, and could not be kept after the change. It
        comes and goes by the minute, so that it is in no fingerprint."""
        holds = await self.holds.pending_at(planned.before.id, now=self.clock())
        return promised_times(
            planned.before, planned.later, holds, await self._treatments_of(holds)
        )

    async def apply_location_change(
        self, by: Caller, location_id: str, details: Details, *, fingerprint: str
    ) -> tuple[Location, PlannedChange]:
        """Exactly what was planned under the fingerprint, or ChangeIsOutdated."""
        planned = await self.plan_location_change(by, location_id, details)
        planned.confirm(fingerprint)
        described = planned.before.describe(details)
        return await self.locations.record(planned.before, described), planned

    async def list_broken_bookings(
        self, by: Caller, location_id: str, *, after: str | None, limit: int
    ) -> tuple[Location, list[tuple[Touched, Sequence[Repair]]]]:
        """Those the location does not hold as it is now, by id, each with where it could go."""
        location, now = await self.get_location(by, location_id), self.clock()
        bookings = await self.sessions.not_over_at(location_id, now)
        broken = broken_bookings(location, bookings, await self._treatments_of(bookings))
        broken.sort(key=lambda one: one.session_id)
        following = [one for one in broken if after is None or one.session_id > after]
        of_id = {one.id: one for one in bookings}
        return location, [
            (one, await self._repairs_of(location, of_id[one.session_id], now))
            for one in following[:limit]
        ]

    async def _repairs_of(
        self, location: Location, session: Session, now: datetime
    ) -> Sequence[Repair]:
        """None for a patient who is there already: whoever is with them moves them by hand."""
        if session.status is not Status.BOOKED:
            return ()
        return await self.repairs.propose(location, session, now=now)

    async def _treatments_of(self, bookings: Iterable[Session | Hold]) -> Treatments:
        plans = await self.plans.many(booking.plan_id for booking in bookings)
        return {plan.id: self._treatment_of(plan) for plan in plans}

    def _treatment_of(self, plan: Plan) -> Treatment:
        protocol = self.data.protocols.get((plan.protocol, plan.protocol_version))
        schedule = None if protocol is None else self.data.opening.drugs.get(protocol.drug)
        return Treatment(plan.protocol, schedule)

    async def get_opening_readiness(
        self, by: Caller, location_id: str
    ) -> tuple[Location, list[Finding]]:
        location = await self.get_location(by, location_id)
        known = {name for name, _ in self.data.protocols}
        offered = [self.newest_protocol(n) for n in location.details.protocols if n in known]
        today = location.calendar.local(self.clock()).date()
        findings = findings_of(
            location.details, offered, self.data.opening, today, called=self.data.watch.called
        )
        return location, findings

    async def _reached_or_new(self, by: Caller, location_id: str, details: Details) -> Location:
        """Where the document is to go, once it was found to be in order."""
        if not by.reaches(location_id):
            raise LocationNotFound
        check(details, self.data.protocols.values())
        try:
            return await self.locations.get(location_id)
        except LocationNotFound:
            return Location(id=location_id, details=details)
