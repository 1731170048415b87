"""Every night, at every place with a ledger: do the sessions and the ledger agree?"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from clinic_platform.promises import Due, Ending, Kept, Promise
from clinic_sessions.domain.drugs.reconciling import (
    Difference,
    Dose,
    differences,
    dose_of,
    sessions_given,
)
from clinic_sessions.domain.drugs.vial import Vial
from clinic_sessions.domain.errors import SessionNotFound
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers.drugs.incidents import NOBODY, HandlingIncidents

RECONCILE: Final = "reconcile_drugs"
USEFUL_FOR: Final = timedelta(days=3)  # later than that, the next night sees the same
DRAWN_BEFORE: Final = timedelta(days=1)  # a dose is drawn up no longer than that before it is given


class Reconciling(HandlingIncidents):
    async def reconcile_drugs(self, due: Due) -> Ending:
        """Differences become incidents, and somebody is called. The next night is planned."""
        location = await self.locations.get(str(due.promise.facts["location_id"]))
        since = due.now - self.drugs.rules.look_back
        for difference in await self.differing(location, since=since, until=due.now):
            await self.open_difference(location, difference)
        await self.plan_reconciling(location, why=due.promise.key)
        return Kept()

    async def plan_next_night(self, due: Due, _: str) -> None:
        """A night that was missed is not made up for: the next one looks back far enough."""
        location = await self.locations.get(str(due.promise.facts["location_id"]))
        await self.plan_reconciling(location, why=due.promise.key)

    async def plan_reconciling(self, location: Location, *, why: str) -> None:
        """The next night of this place; once, however often it is asked for."""
        rules = self.drugs.rules
        now = location.calendar.local(self.clock())
        at = datetime.combine(now.date(), rules.reconcile_at, tzinfo=now.tzinfo)
        due_at = at if at > now else at + timedelta(days=1)
        promise = Promise(
            key=f"{RECONCILE}/{location.id}/{due_at.date().isoformat()}",
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

    async def differing(
        self, location: Location, *, since: datetime, until: datetime
    ) -> list[Difference]:
        """Of the doses that began in this stretch of time, and of what was given since."""
        vials = await self.drugs.vials.of_location(location.id, since=since - DRAWN_BEFORE)
        sessions = await self.drugs.dosed.between(location.id, since, until)
        others = await self._others(location, vials, sessions, since)
        doses = [dose for session in sessions if (dose := await self._kept_dose(session))]
        known = {s.id for s in (*sessions, *others) if dose_of(s, "") is not None}
        return list(
            differences(
                doses,
                vials,
                known=known,
                rounding_ml=self.drugs.rules.rounding_ml,
                given_since=since,
            )
        )

    async def _kept_dose(self, session: Session) -> Dose | None:
        """None for a drug of which the place keeps no ledger."""
        drug = await self.drug_of(session)
        keeps = await self.drugs.vials.keeps(session.location_id, drug)
        return dose_of(session, drug) if keeps else None

    async def _others(
        self, location: Location, vials: Iterable[Vial], seen: Iterable[Session], since: datetime
    ) -> list[Session]:
        """Sessions that something was given to, and that did not begin in the time looked at."""
        wanted = sessions_given(vials, since=since) - {session.id for session in seen}
        found = [await self._session_or_none(session_id) for session_id in sorted(wanted)]
        return [s for s in found if s is not None and s.location_id == location.id]

    async def _session_or_none(self, session_id: str) -> Session | None:
        try:
            return await self.sessions.get(session_id)
        except SessionNotFound:
            return None
