"""The wiring: builds everything, in order. Nothing is built anywhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from fastapi import FastAPI

from clinic_notifications.domain.plans import LetterPlan, Plans
from clinic_notifications.domain.preferences import Category
from clinic_notifications.handlers import (
    Choosing,
    Erasing,
    Handlers,
    Learning,
    Links,
    Planning,
    Writing,
)
from clinic_notifications.ports import Mailer
from clinic_notifications.promises import keepers
from clinic_notifications.routes import PROBLEMS, router
from clinic_notifications.settings import Settings
from clinic_notifications.store import (
    BadTemplates,
    DataTemplates,
    MongoConsents,
    MongoLocations,
    MongoMessages,
    MongoPeople,
    MongoPreferences,
    MongoSurveys,
    SmtpMailer,
)
from clinic_notifications.subscriptions import subscriptions
from clinic_notifications.views import Views
from clinic_platform.auth import policy_of
from clinic_platform.backbone import backbone, serve
from clinic_platform.command import Role
from clinic_platform.data import load, load_folder
from clinic_platform.kit import Kit
from clinic_platform.schedules import Schedules
from clinic_platform.web import create_app

PACKAGE: Final = "clinic_notifications"
LANGUAGES: Final = ("en",)
USUAL_INTEGRATION: Final = "integration-plan"  # of sessions that name none


@dataclass(frozen=True, slots=True)
class Definitions:
    """The data files, checked against one another: a service with a bad one does not start."""

    plans: Plans
    integrations: Schedules[LetterPlan]
    categories: Mapping[str, Category]
    templates: DataTemplates

    @classmethod
    def load(cls) -> Self:
        plans = Plans(
            reminders=_plan("reminders.yaml"),
            surveys=_plan("survey-letters.yaml"),
            risk=_plan("risk-letters.yaml"),
            staff=_plan("staff-letters.yaml"),
            offers=_plan("offer-letters.yaml"),
        )
        integrations = Schedules.of(
            map(LetterPlan.parse, load_folder(PACKAGE, "integration-plans").values()),
            usual=USUAL_INTEGRATION,
        )
        rows = load(PACKAGE, "categories.yaml")["categories"]
        categories = {name: Category.parse(name, row) for name, row in rows.items()}
        files = [load(PACKAGE, f"templates/{language}.yaml") for language in LANGUAGES]
        templates = DataTemplates.parse(*files)
        for line in (*plans.lines(), *(line for plan in integrations for line in plan.lines)):
            if line.category not in categories or not templates.has(line.template):
                raise BadTemplates(f"{line.id} names a template or category that is not there.")
        return cls(plans, integrations, categories, templates)


def _plan(file: str) -> LetterPlan:
    return LetterPlan.parse(load(PACKAGE, file))


async def build(kit: Kit, definitions: Definitions, *, mailer: Mailer, links: Links) -> Handlers:
    database, categories = kit.database, definitions.categories
    people, locations = MongoPeople(database), MongoLocations(database)
    consents, surveys = await MongoConsents.open_in(database), MongoSurveys(database)
    book = MongoPreferences(database)
    return Handlers(
        learning=Learning(people, locations, consents),
        planning=Planning(kit.promises, surveys, definitions.plans, definitions.integrations),
        writing=Writing(
            people=people,
            locations=locations,
            consents=consents,
            book=book,
            surveys=surveys,
            messages=await MongoMessages.open_in(database, kit.outbox),
            templates=definitions.templates,
            mailer=mailer,
            keys=kit.keys,
            links=links,
            categories=categories,
        ),
        choosing=Choosing(people, consents, book, categories, kit.clock),
        erasing=Erasing(people, book, kit.promises),
    )


def application(kit: Kit, handlers: Handlers) -> FastAPI:
    learning, messages = handlers.learning, kit.database.collection("messages")
    return create_app(
        kit,
        title="Notifications",
        routers=[router],
        problems=PROBLEMS,
        policy=policy_of(PACKAGE),
        state={
            "handlers": handlers,
            "views": Views(learning.people, learning.locations, kit.promises, messages),
        },
    )


def mailer_of(settings: Settings) -> SmtpMailer:
    password = settings.smtp_password
    return SmtpMailer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        starttls=settings.smtp_starttls,
        username=settings.smtp_username,
        password=None if password is None else password.get_secret_value(),
    )


async def run(settings: Settings, role: Role) -> None:
    definitions = Definitions.load()
    links = Links(settings.survey_base_url, settings.alerts_base_url)
    async with backbone("notifications", settings) as kit:
        handlers = await build(kit, definitions, mailer=mailer_of(settings), links=links)
        await serve(
            kit,
            role,
            app=application(kit, handlers),
            subscriptions=subscriptions(handlers),
            keepers=keepers(handlers, letters_a_second=settings.letters_a_second),
        )
