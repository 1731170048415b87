"""The wiring: builds everything, in order. Nothing is built anywhere else."""

from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Final, Self

from fastapi import FastAPI

from clinic_outcomes.domain.instrument import Instrument, Instruments
from clinic_outcomes.domain.place import Crisis
from clinic_outcomes.domain.risk_alert import RiskPolicy
from clinic_outcomes.domain.survey_plan import SurveyPlan, check_together
from clinic_outcomes.handlers import Erasing, Handlers, Planning, Risk, Surveys
from clinic_outcomes.promises import keepers
from clinic_outcomes.routes import PROBLEMS, ROUTERS
from clinic_outcomes.settings import Settings
from clinic_outcomes.store import (
    MongoAlerts,
    MongoAssignments,
    MongoPlaces,
    MongoScores,
    MongoSheets,
    MongoTreatments,
)
from clinic_outcomes.subscriptions import subscriptions
from clinic_outcomes.views import Views
from clinic_platform.auth import policy_of
from clinic_platform.backbone import backbone, serve
from clinic_platform.command import Role
from clinic_platform.data import load, load_folder
from clinic_platform.kit import Kit
from clinic_platform.schedules import Schedules
from clinic_platform.web import StaticPage, create_app

PACKAGE: Final = "clinic_outcomes"
INSTRUMENTS: Final = ("phq-9", "mood-nrs")
SECRET_BYTES: Final = 32
USUAL_SURVEYS: Final = "ketamine-outcomes"  # of plans and sessions that name none


@dataclass(frozen=True, slots=True)
class Definitions:
    """The data files, checked: a service with a bad one does not start."""

    instruments: Instruments
    plans: Schedules[SurveyPlan]
    risk: RiskPolicy
    crisis: Crisis

    @classmethod
    def load(cls) -> Self:
        files = (load(PACKAGE, f"instruments/{name}.yaml") for name in INSTRUMENTS)
        instruments = Instruments(tuple(Instrument.parse(file) for file in files))
        risk = load(PACKAGE, "risk-policy.yaml")
        return cls(
            instruments, survey_plans(instruments), RiskPolicy.parse(risk), Crisis.parse(risk)
        )


def survey_plans(instruments: Instruments) -> Schedules[SurveyPlan]:
    """Every file of the folder."""
    documents = load_folder(PACKAGE, "survey-plans").values()
    plans = [SurveyPlan.parse(document, instruments) for document in documents]
    check_together(plans)
    return Schedules.of(plans, usual=USUAL_SURVEYS)


async def build(kit: Kit, definitions: Definitions) -> Handlers:
    """The handlers on their stores, whose indexes are made."""
    database, outbox, promises, clock = kit.database, kit.outbox, kit.promises, kit.clock
    places, treatments = MongoPlaces(database), await MongoTreatments.open_in(database)
    risk = Risk(
        alerts=await MongoAlerts.open_in(database, outbox),
        places=places,
        promises=promises,
        policy=definitions.risk,
        general_crisis=definitions.crisis,
        clock=clock,
    )
    surveys = Surveys(
        assignments=await MongoAssignments.open_in(database, outbox),
        sheets=await MongoSheets.open_in(database),
        scores=await MongoScores.open_in(database, outbox),
        treatments=treatments,
        risk=risk,
        promises=promises,
        instruments=definitions.instruments,
        baseline_window=definitions.plans.named(None).baseline_window,
        keys=kit.keys,
        secrets=lambda: token_urlsafe(SECRET_BYTES),
        clock=clock,
    )
    planning = Planning(
        places=places,
        treatments=treatments,
        surveys=surveys,
        promises=promises,
        plans=definitions.plans,
        clock=clock,
    )
    return Handlers(planning, surveys, risk, Erasing(treatments, surveys, promises))


def application(kit: Kit, definitions: Definitions, handlers: Handlers) -> FastAPI:
    return create_app(
        kit,
        title="Outcomes",
        routers=ROUTERS,
        problems=PROBLEMS,
        policy=policy_of(PACKAGE),
        state={
            "handlers": handlers,
            "views": Views(kit.database),
            "instruments": definitions.instruments,
            "page": StaticPage.load(PACKAGE, "page", "survey"),
        },
    )


async def run(settings: Settings, role: Role) -> None:
    definitions = Definitions.load()
    async with backbone("outcomes", settings) as kit:
        handlers = await build(kit, definitions)
        await serve(
            kit,
            role,
            app=application(kit, definitions, handlers),
            subscriptions=subscriptions(handlers),
            keepers=keepers(handlers),
        )
