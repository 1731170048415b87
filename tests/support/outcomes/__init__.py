"""Outcomes in memory: builders, and the whole service on stand-ins of its ports."""

from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Final

from clinic_events import SessionCompleted
from clinic_events.envelope import Event
from clinic_events.testing import example
from clinic_outcomes.app import USUAL_SURVEYS
from clinic_outcomes.domain.assignment import Assignment
from clinic_outcomes.domain.instrument import Instrument, Instruments
from clinic_outcomes.domain.place import Crisis
from clinic_outcomes.domain.risk_alert import RiskPolicy
from clinic_outcomes.domain.survey_plan import SurveyPlan
from clinic_outcomes.domain.treatment import Dose
from clinic_outcomes.handlers import Erasing, Handlers, Planning, Risk, Surveys
from clinic_platform.data import load
from clinic_platform.promises import Due
from clinic_platform.schedules import Schedules
from clinic_platform.sealing import KeyRing
from clinic_platform.testing import NOON, FixedClock, InMemoryOutbox, InMemoryPromises
from tests.support.outcomes.stores import (
    InMemoryAlerts,
    InMemoryAssignments,
    InMemoryPlaces,
    InMemoryScores,
    InMemorySheets,
    InMemoryTreatments,
)

PATIENT: Final = "pat_testa"
PLACE: Final = "loc_sample"
KEYS: Final = KeyRing({"2030a": b"k" * 32})
CRISIS: Final = Crisis(text="Call the sample line, day or night.", phone="555-0199")
CALM: Final = {str(n): 0 for n in range(1, 10)}
VECTOR: Final = dict(zip(map(str, range(1, 10)), [2, 2, 2, 2, 0, 0, 0, 0, 1], strict=True))


@cache
def instruments() -> Instruments:
    names = ("phq-9", "mood-nrs")
    files = (load("clinic_outcomes", f"instruments/{name}.yaml") for name in names)
    return Instruments(tuple(Instrument.parse(file) for file in files))


def a_survey_plan(**changes: object) -> SurveyPlan:
    """The shipped one, with something changed."""
    document = load("clinic_outcomes", "survey-plans/ketamine-outcomes.yaml")
    return SurveyPlan.parse({**document, **changes}, instruments())


def risk_policy() -> RiskPolicy:
    return RiskPolicy.parse(load("clinic_outcomes", "risk-policy.yaml"))


def phq9(*values: int | None) -> dict[str, int | None]:
    return {str(n): value for n, value in enumerate(values, 1)}


def an_assignment(number: int = 1, *, patient_id: str = PATIENT) -> Assignment:
    return Assignment(
        id=f"asg_{number}",
        patient_id=patient_id,
        location_id=PLACE,
        about="ses_1",
        survey="weekly",
        instrument="phq-9",
        instrument_version=1,
        is_baseline=False,
        due_at=NOON,
        expires_at=NOON + timedelta(days=3),
        secret=f"print-{number}",
    )


def a_dose(number: int = 1, *, at: datetime = NOON, version: int = 1) -> Dose:
    return Dose(
        session_id=f"ses_{number}",
        patient_id=PATIENT,
        location_id=PLACE,
        version=version,
        started_at=at,
        dose_mg=35.0,
        mg_per_kg=0.5,
        route="iv",
        plan_id="pln_1",
        infusion_number=number,
        completed_at=at + timedelta(hours=2),
    )


def a_completed_session(
    number: int = 1, *, at: datetime = NOON, version: int = 1
) -> SessionCompleted:
    return example(
        SessionCompleted,
        session_id=f"ses_{number}",
        patient_id=PATIENT,
        location_id=PLACE,
        plan_id="pln_1",
        infusion_number=number,
        dosing_started_at=at - timedelta(hours=2),
        dosing_ended_at=at - timedelta(hours=1),
        completed_at=at,
        session_version=version,
    )


class Outcomes:
    """The service in memory: its handlers, the clock, and all it has published and promised."""

    def __init__(self, *also: SurveyPlan) -> None:
        """`also`: survey plans beside the shipped one, which is the usual."""
        self.survey_plans = Schedules.of((a_survey_plan(), *also), usual=USUAL_SURVEYS)
        self.clock = FixedClock(NOON)
        self.outbox = InMemoryOutbox()
        self.promises = InMemoryPromises(self.clock)
        self.places, self.treatments = InMemoryPlaces(), InMemoryTreatments()
        self.assignments = InMemoryAssignments(self.outbox)
        self.scores, self.alerts = InMemoryScores(self.outbox), InMemoryAlerts(self.outbox)
        self.sheets = InMemorySheets()
        self.handlers = self._wired()

    @property
    def published(self) -> list[Event]:
        return self.outbox.published

    async def keep(self, *, until: datetime) -> None:
        """Let time pass, and keep what falls due meanwhile, in its order."""
        act = {
            "open_survey": self.handlers.surveys.open_survey,
            "expire_survey": self.handlers.surveys.expire_survey,
            "escalate_alert": self.handlers.risk.escalate_alert,
        }
        while rows := [row for row in self.promises.pending() if row.due_at <= until]:
            row = min(rows, key=lambda row: row.due_at)
            self.clock.move_to(max(self.clock(), row.due_at))
            await act[row.kind](Due(promise=row, now=self.clock(), attempt=1))
            await self.promises.withdraw(row.key, reason="kept")
        self.clock.move_to(until)

    def _wired(self) -> Handlers:
        secrets = (f"secret-{n:030}" for n in count(1))
        risk_handlers = Risk(
            self.alerts, self.places, self.promises, risk_policy(), CRISIS, self.clock
        )
        survey_handlers = Surveys(
            assignments=self.assignments,
            sheets=self.sheets,
            scores=self.scores,
            treatments=self.treatments,
            risk=risk_handlers,
            promises=self.promises,
            instruments=instruments(),
            baseline_window=a_survey_plan().baseline_window,
            keys=KEYS,
            secrets=lambda: next(secrets),
            clock=self.clock,
        )
        planning = Planning(
            self.places,
            self.treatments,
            survey_handlers,
            self.promises,
            self.survey_plans,
            self.clock,
        )
        erasing = Erasing(self.treatments, survey_handlers, self.promises)
        return Handlers(planning, survey_handlers, risk_handlers, erasing)
