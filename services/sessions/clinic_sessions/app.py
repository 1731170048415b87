"""The wiring: builds everything, in order. Nothing is built anywhere else."""

from typing import Final

from fastapi import FastAPI

from clinic_events.ports import Database, Outbox
from clinic_platform.auth import Policy
from clinic_platform.backbone import backbone, serve
from clinic_platform.clock import Clock
from clinic_platform.command import Role
from clinic_platform.data import load, load_folder
from clinic_platform.decisions import RuleSet
from clinic_platform.kit import Kit
from clinic_platform.promises import Promises
from clinic_platform.web import create_app
from clinic_sessions.domain.protocols.shelf import RuleSets, shelve
from clinic_sessions.handlers import Handlers
from clinic_sessions.ports import Protocols
from clinic_sessions.promises import keepers
from clinic_sessions.routes import PROBLEMS, ROUTERS
from clinic_sessions.settings import Settings
from clinic_sessions.store import (
    MongoCalls,
    MongoLocations,
    MongoPlans,
    MongoReadings,
    MongoReceipts,
    MongoSessions,
    MongoStandings,
)
from clinic_sessions.subscriptions import subscriptions
from clinic_sessions.views import Views

PACKAGE: Final = "clinic_sessions"
GATES: Final = ("gates", "discharge")  # the beginnings of the names of files with rule sets


class RuleSetTwice(ValueError):
    """Two files give one name to their rules: nobody could say which decides."""


async def build(database: Database, outbox: Outbox, promises: Promises, clock: Clock) -> Handlers:
    """The handlers over MongoDB, with their indexes made and the data files checked."""
    locations, plans = MongoLocations(database, outbox), MongoPlans(database, outbox)
    sessions = MongoSessions(database, outbox)
    readings, receipts = MongoReadings(database), MongoReceipts(database)
    calls = MongoCalls(database, outbox)
    for part in (locations, plans, sessions, readings, receipts, calls):
        await part.prepare()
    return Handlers(
        locations=locations,
        plans=plans,
        sessions=sessions,
        standings=MongoStandings(database),
        readings=readings,
        receipts=receipts,
        calls=calls,
        promises=promises,
        protocols=protocols(),
        rule_sets=rule_sets(),
        gates=RuleSet.parse(load(PACKAGE, "gates.yaml")),
        discharge_gates=RuleSet.parse(load(PACKAGE, "discharge.yaml")),
        clock=clock,
    )


def protocols() -> Protocols:
    """The shelf: every file there is. One that cannot be read keeps the service from starting."""
    return shelve(load_folder(PACKAGE, "protocols"), rule_sets())


def rule_sets() -> RuleSets:
    """By name: every file of gates there is."""
    found = load_folder(PACKAGE, "")
    parsed = [RuleSet.parse(found[name]) for name in found if name.startswith(GATES)]
    by_name = {rules.name: rules for rules in parsed}
    if len(by_name) != len(parsed):
        raise RuleSetTwice("Two files have rule sets of one name.")
    return by_name


def application(kit: Kit, handlers: Handlers) -> FastAPI:
    return create_app(
        kit,
        title="Sessions",
        routers=ROUTERS,
        problems=PROBLEMS,
        policy=Policy.parse(load(PACKAGE, "policy.yaml")),
        state={"handlers": handlers, "views": Views(kit.database)},
    )


async def run(settings: Settings, role: Role) -> None:
    async with backbone("sessions", settings) as kit:
        handlers = await build(kit.database, kit.outbox, kit.promises, kit.clock)
        await serve(
            kit,
            role,
            app=application(kit, handlers),
            subscriptions=subscriptions(handlers),
            keepers=keepers(handlers),
        )
