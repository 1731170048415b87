"""The wiring: builds everything, in order. Nothing is built anywhere else."""

from functools import cache
from typing import Final

from fastapi import FastAPI

from clinic_intake.domain.clearance import ClearancePolicy
from clinic_intake.domain.consent import ConsentDocuments
from clinic_intake.domain.place import CrisisPolicy
from clinic_intake.domain.questionnaire import Questionnaire
from clinic_intake.domain.timetable import Timetable
from clinic_intake.handlers import Definitions, Handlers
from clinic_intake.promises import keepers
from clinic_intake.routes import PROBLEMS, ROUTERS
from clinic_intake.settings import Settings
from clinic_intake.store import (
    MongoClearances,
    MongoConsents,
    MongoConsultations,
    MongoEnquiries,
    MongoPatients,
    MongoPlaces,
    MongoRisks,
    MongoScreenings,
    MongoVisits,
)
from clinic_intake.subscriptions import subscriptions
from clinic_intake.views import Views
from clinic_platform.auth import policy_of
from clinic_platform.backbone import backbone, serve
from clinic_platform.command import Role
from clinic_platform.data import load
from clinic_platform.decisions import RuleSet
from clinic_platform.kit import Kit
from clinic_platform.web import create_app

PACKAGE: Final = "clinic_intake"
# The last one is asked; all of them replay the receipts they made.
SCREENING_RULES: Final = ("screening.yaml",)


@cache
def definitions() -> Definitions:
    """The data files, read once. One that cannot be read keeps the service from starting."""
    shelf = [RuleSet.parse(load(PACKAGE, name)) for name in SCREENING_RULES]
    return Definitions(
        questionnaire=Questionnaire.parse(load(PACKAGE, "questionnaire.yaml")),
        screening=shelf[-1],
        shelf={(rules.name, rules.version): rules for rules in shelf},
        crisis=CrisisPolicy.parse(load(PACKAGE, "crisis.yaml")),
        consents=ConsentDocuments.parse(load(PACKAGE, "consents.yaml")),
        timetable=Timetable.parse(load(PACKAGE, "consultations.yaml")),
        gates=RuleSet.parse(load(PACKAGE, "clearance-gates.yaml")),
        clearance=ClearancePolicy.parse(load(PACKAGE, "clearance.yaml")),
    )


async def build(kit: Kit) -> Handlers:
    """The handlers on their stores, whose indexes are made."""
    database, outbox = kit.database, kit.outbox
    return Handlers(
        places=MongoPlaces(database),
        enquiries=await MongoEnquiries.open_in(database, outbox),
        patients=await MongoPatients.open_in(database, outbox, kit.keys),
        screenings=await MongoScreenings.open_in(database, outbox),
        consents=await MongoConsents.open_in(database, outbox),
        consultations=await MongoConsultations.open_in(database, outbox),
        clearances=await MongoClearances.open_in(database, outbox),
        risks=await MongoRisks.open_in(database),
        visits=await MongoVisits.open_in(database),
        promises=kit.promises,
        definitions=definitions(),
        clock=kit.clock,
    )


def application(kit: Kit, handlers: Handlers) -> FastAPI:
    return create_app(
        kit,
        title="Intake",
        routers=ROUTERS,
        problems=PROBLEMS,
        policy=policy_of(PACKAGE),
        state={"handlers": handlers, "views": Views(kit.database)},
    )


async def run(settings: Settings, role: Role) -> None:
    async with backbone("intake", settings) as kit:
        handlers = await build(kit)
        await serve(
            kit,
            role,
            app=application(kit, handlers),
            subscriptions=subscriptions(handlers),
            keepers=keepers(handlers),
        )
