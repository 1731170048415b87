"""Every night, wherever a controlled drug is kept or given: do sessions and ledger agree?"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from clinic_platform.promises import Due, Ending, Kept, Promise
from clinic_sessions.domain.drugs.reconciling import (
    Difference,
    Dose,
    Stretch,
    differences,
    dose_of,
    sessions_moved,
)
from clinic_sessions.domain.drugs.transfers import not_arrived, receivers
from clinic_sessions.domain.drugs.vial import Vial
from clinic_sessions.domain.errors import SessionNotFound
from clinic_sessions.domain.facts import DosingStarted, Fact
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers.drugs.incidents import HandlingIncidents
from clinic_sessions.handlers.drugs.parts import NOBODY
from clinic_sessions.handlers.watch.alarming import cause_or

RECONCILE: Final = "reconcile_drugs"
USEFUL_FOR: Final = timedelta(days=3)  # later than that, the next night sees the same
DRAWN_BEFORE: Final = timedelta(days=1)  # a dose is drawn up no longer than that before it is given


class Reconciling(HandlingIncidents):
    async def reconcile_drugs(self, due: Due) -> Ending:
        """Differences become incidents, and somebody is called. The next night is planned."""
        location = await self.locations.get(str(due.promise.facts["location_id"]))
        during = Stretch(due.now - self.drugs.rules.look_back, due.now)
        found = [
            *await self.differing(location, during),
            *await self._not_arrived(location, during),
        ]
        for difference in found:
            await self.open_difference(location, difference)
        await self.plan_reconciling(location, why=due.promise.key)
        return Kept()

    async def follow_giving(self, session: Session, fact: Fact) -> None:
        """A place that gives is asked for its ledger, whether or not it ever received a vial."""
        if isinstance(fact, DosingStarted):
            location = await self.locations.get(session.location_id)
            await self.plan_reconciling(location, why=cause_or(session.id))

    async def plan_next_night(self, due: Due, _: str) -> None:
        """A night that was missed is not made up for: the next one looks back far enough."""
        location = await self.locations.get(str(due.promise.facts["location_id"]))
        await self.plan_reconciling(location, why=due.promise.key)

    async def plan_reconciling(self, location: Location, *, why: str) -> None:
        """The next night of this place; once, however often it is asked for. The key has its
        instant: of a place that moves to another zone one date has two nights."""
        rules = self.drugs.rules
        now = location.calendar.local(self.clock())
        at = datetime.combine(now.date(), rules.reconcile_at, tzinfo=now.tzinfo)
        due_at = (at if at > now else at + timedelta(days=1)).astimezone(UTC)
        promise = Promise(
            key=f"{RECONCILE}/{location.id}/{due_at.isoformat()}",
            kind=RECONCILE,
            about=f"{RECONCILE}/{location.id}",
            person=NOBODY,
            rule=f"controlled-drugs@{rules.version}/reconcile",
            why=why,
            due_at=due_at,
            useful_until=due_at + USEFUL_FOR,
            facts={"location_id": location.id},
        )
        await self.promises.make(promise)

    async def differing(self, location: Location, during: Stretch) -> list[Difference]:
        """Of the doses that began in this time, and of those about which something moved in it,
        however long ago they were."""
        vials = await self.drugs.vials.of_location(location.id, since=during.since - DRAWN_BEFORE)
        began = await self.drugs.dosed.between(location.id, during.since, during.until)
        others = await self._others(location, vials, began, during)
        vials = await self._with_all_of(vials, others)
        return await self._compared([*began, *others], vials, during)

    async def differing_of(self, session: Session, during: Stretch) -> list[Difference]:
        vials = await self.drugs.vials.for_session(session.id)
        return await self._compared([session], vials, during)

    async def _not_arrived(self, location: Location, during: Stretch) -> list[Difference]:
        """Of what this place sent to others."""
        vials = await self.drugs.vials.of_location(location.id, since=during.since)
        there = {
            place: await self.drugs.vials.of_location(place, since=during.since)
            for place in sorted(receivers(vials))
        }
        sent_by = during.until - self.drugs.rules.arrives_within
        return list(not_arrived(vials, there, sent_by=sent_by))

    async def _compared(
        self, sessions: list[Session], vials: list[Vial], during: Stretch
    ) -> list[Difference]:
        return list(
            differences(
                [dose for session in sessions if (dose := await self._kept_dose(session))],
                vials,
                known={session.id for session in sessions if dose_of(session) is not None},
                rounding_ml=self.drugs.rules.rounding_ml,
                during=during,
            )
        )

    async def _with_all_of(self, vials: list[Vial], others: Iterable[Session]) -> list[Vial]:
        """And those that an earlier session was drawn from, used up as they may be."""
        found = {vial.id: vial for vial in vials}
        for session in others:
            found.update({v.id: v for v in await self.drugs.vials.for_session(session.id)})
        return [found[vial_id] for vial_id in sorted(found)]

    async def _kept_dose(self, session: Session) -> Dose | None:
        """None for a drug that is not controlled. A place that never had a vial is asked, too."""
        drug = await self.drug_of(session)
        return dose_of(session) if drug in self.data.opening.drugs else None

    async def _others(
        self, location: Location, vials: Iterable[Vial], seen: Iterable[Session], during: Stretch
    ) -> list[Session]:
        """Sessions about which something moved, and that did not begin in the time looked at."""
        wanted = sessions_moved(vials, during) - {session.id for session in seen}
        found = [await self.session_or_none(session_id) for session_id in sorted(wanted)]
        return [s for s in found if s is not None and s.location_id == location.id]

    async def session_or_none(self, session_id: str) -> Session | None:
        try:
            return await self.sessions.get(session_id)
        except SessionNotFound:
            return None
