"""What this service does on the events of the others."""

from typing import TypeAlias

from clinic_events import (
    DosingStarted,
    LocationPublished,
    RiskClosed,
    RiskRaised,
    SessionAborted,
    SessionBooked,
    SessionCancelled,
    SessionCompleted,
    SessionMissed,
    SessionRescheduled,
    SessionVoided,
)
from clinic_intake.domain.place import Crisis, Place
from clinic_intake.domain.risk import Risk
from clinic_intake.domain.visit import State, Visit
from clinic_intake.handlers.tools import Tools

Planned: TypeAlias = SessionBooked | SessionRescheduled
Over: TypeAlias = (
    SessionCompleted | SessionCancelled | SessionMissed | SessionAborted | SessionVoided
)


class Reacting(Tools):
    async def note_location(self, published: LocationPublished) -> None:
        crisis = Crisis(text=published.crisis.text, phone=published.crisis.phone)
        await self.places.note(
            Place(
                location_id=published.location_id,
                version=published.location_version,
                zone=published.zone,
                crisis=crisis,
            )
        )

    async def note_risk_raised(self, raised: RiskRaised) -> None:
        await self.risks.note(
            Risk(
                alert_id=raised.alert_id,
                patient_id=raised.patient_id,
                is_open=True,
                version=raised.alert_version,
                since=raised.raised_at,
            )
        )

    async def note_risk_closed(self, closed: RiskClosed) -> None:
        await self.risks.note(
            Risk(
                alert_id=closed.alert_id,
                patient_id=closed.patient_id,
                is_open=False,
                version=closed.alert_version,
                since=closed.closed_at,
            )
        )

    async def note_visit_planned(self, planned: Planned) -> None:
        await self._note_visit(planned, State.PLANNED)

    async def note_visit_begun(self, begun: DosingStarted) -> None:
        await self._note_visit(begun, State.LIVE)

    async def note_visit_over(self, over: Over) -> None:
        await self._note_visit(over, State.OVER)

    async def _note_visit(self, event: Planned | DosingStarted | Over, state: State) -> None:
        await self.visits.note(
            Visit(
                session_id=event.session_id,
                patient_id=event.patient_id,
                state=state,
                version=event.session_version,
            )
        )
