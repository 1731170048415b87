"""The sessions service without its doors: a desk that clears, books and moves on a real MongoDB."""

from datetime import timedelta

from clinic_events import ConsentGiven, PatientCleared, PlanStarted
from clinic_events.testing import example
from clinic_platform.mongo import Mongo
from clinic_platform.testing import FixedClock, InMemoryOutbox, caller_of
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers import Handlers
from tests.support.sessions import CONSENTS, NOON, TOMORROW, wishing

NURSE = caller_of("nurse", "loc_sample", actor="usr_ada")
OTHER_NURSE = caller_of("nurse", "loc_sample", actor="usr_ben")
ELSEWHERE = caller_of("nurse", "loc_elsewhere")
HALF_HOUR = timedelta(minutes=30)


class Clinic:
    def __init__(
        self, database: Mongo, handlers: Handlers, outbox: InMemoryOutbox, clock: FixedClock
    ) -> None:
        self.database = database
        self.handlers = handlers
        self.outbox = outbox
        self.clock = clock

    async def cleared(self, patient: str) -> str:
        """A patient who may be treated; the id of their plan."""
        cleared = example(
            PatientCleared,
            patient_id=patient,
            clearance_id=f"clr_{patient}",
            location_id="loc_sample",
            protocol="iv-ketamine-depression",
            cleared_at=NOON,
            expires_at=NOON + timedelta(days=90),
        )
        await self.handlers.start_plan(cleared)
        for kind in CONSENTS:
            consent = example(
                ConsentGiven,
                patient_id=patient,
                kind=kind,
                given_at=NOON,
                expires_at=NOON + timedelta(days=365),
            )
            await self.handlers.note_consent_given(consent)
        return next(
            event.plan_id
            for event in self.outbox.published
            if isinstance(event, PlanStarted) and event.patient_id == patient
        )

    async def booked(
        self, plan_id: str, *, days: int = 0, chair: str = "chair_1", nurse: str = "nurse_ada"
    ) -> Session:
        starts_at = TOMORROW + timedelta(days=days)

        async def command() -> Session:  # one transaction, as every command over HTTP is
            return await self.handlers.book_session(
                NURSE, plan_id, starts_at=starts_at, wishes=wishing(chair=chair, nurse=nurse)
            )

        return await self.database.transaction(command)
