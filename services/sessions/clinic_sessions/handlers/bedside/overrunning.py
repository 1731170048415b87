"""Visits that last longer than they were booked for: somebody is called, and nothing is moved."""

from typing import Final

from clinic_platform.promises import Due, Ending, Later, Promise, Withdrawn
from clinic_sessions.domain.booking.visit import PLACE
from clinic_sessions.domain.calls import CALLED_FOR
from clinic_sessions.domain.facts import Aborted, Arrived, Cancelled, Completed, Fact
from clinic_sessions.domain.session import Session
from clinic_sessions.domain.status import AT_THE_CLINIC
from clinic_sessions.handlers.calling import call_about
from clinic_sessions.handlers.tools import Tools
from clinic_sessions.handlers.watch.alarming import cause_or

VISIT_OVERRUNS: Final = "visit_overruns"
HAS_LEFT: Final = "patient_has_left"


class Overrunning(Tools):
    async def follow_stay(self, session: Session, fact: Fact) -> None:
        """From the arrival on nobody reschedules a visit: its end is known."""
        match fact:
            case Arrived():
                await self.promises.make(self._to_have_left(session))
            case Completed() | Aborted() | Cancelled():
                await self.promises.withdraw(_key(session), reason=HAS_LEFT)

    async def call_about_overrun(self, due: Due) -> Ending:
        """The patient is still there, and what their visit had taken may be somebody else's by
        now. Called again until they have left: only a person ends a visit."""
        session = await self.sessions.get(str(due.promise.facts["session_id"]))
        if session.status not in AT_THE_CLINIC:
            return Withdrawn(HAS_LEFT)
        await self.calls.make(call_about(session, due, VISIT_OVERRUNS))
        await self.moves.note(session.location_id, session.id, "session")
        return Later(due.now + self.data.rules.overrun_again_every, "called")

    async def still_there(self, session: Session) -> list[Session]:
        """The visits that overrun in a place that this one has, the longest first. It is shown and
        nothing is refused for it: where else somebody can be seated, a person sees."""
        places = session.booked_visit.names(PLACE)
        overrunning = await self.sessions.overrunning_at(session.location_id, self.clock())
        others = (one for one in overrunning if one.id != session.id)
        return [one for one in others if places & one.booked_visit.names(PLACE)]

    def _to_have_left(self, session: Session) -> Promise:
        rules = self.data.rules
        due_at = session.booked_visit.ends_at + rules.overrun_grace
        return Promise(
            key=_key(session),
            kind=VISIT_OVERRUNS,
            about=_key(session),
            person=session.patient_id,
            rule=f"bedside@{rules.version}/{VISIT_OVERRUNS}",
            why=cause_or(session.id),
            due_at=due_at,
            useful_until=due_at + CALLED_FOR,
            facts={"session_id": session.id},
        )


def _key(session: Session) -> str:
    return f"{VISIT_OVERRUNS}/{session.id}"
