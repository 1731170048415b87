"""The wiring: builds everything, in order. Nothing is built anywhere else."""

from typing import Final

from fastapi import FastAPI

from clinic_events.ports import Database, Outbox
from clinic_platform.auth import Policy
from clinic_platform.backbone import backbone, serve
from clinic_platform.clock import Clock
from clinic_platform.command import Role
from clinic_platform.data import load
from clinic_platform.decisions import RuleSet
from clinic_platform.kit import Kit
from clinic_platform.promises import Promises
from clinic_platform.web import create_app
from clinic_sessions.domain.bedside.policy import WatchPolicy
from clinic_sessions.domain.protocols.reading import read_protocol
from clinic_sessions.handlers import Handlers
from clinic_sessions.ports import Protocols
from clinic_sessions.promises import keepers
from clinic_sessions.routes import PROBLEMS, ROUTERS
from clinic_sessions.settings import Settings
from clinic_sessions.store import (
    MongoAlarms,
    MongoCalls,
    MongoLocations,
    MongoPlans,
    MongoReadings,
    MongoReceipts,
    MongoSessions,
    MongoStandings,
    MongoWatches,
)
from clinic_sessions.subscriptions import subscriptions
from clinic_sessions.views import Views

PACKAGE: Final = "clinic_sessions"
PROTOCOLS: Final = ("iv-ketamine-depression",)


async def build(database: Database, outbox: Outbox, promises: Promises, clock: Clock) -> Handlers:
    """The handlers over MongoDB, with their indexes made and the data files checked."""
    locations, plans = MongoLocations(database, outbox), MongoPlans(database, outbox)
    sessions = MongoSessions(database, outbox)
    readings, receipts = MongoReadings(database), MongoReceipts(database)
    calls, alarms = MongoCalls(database, outbox), MongoAlarms(database, outbox)
    for part in (locations, plans, sessions, readings, receipts, calls, alarms):
        await part.prepare()
    handlers = Handlers(
        locations=locations,
        plans=plans,
        sessions=sessions,
        standings=MongoStandings(database),
        readings=readings,
        watches=MongoWatches(database),
        alarms=alarms,
        receipts=receipts,
        calls=calls,
        promises=promises,
        protocols=protocols(),
        gates=RuleSet.parse(load(PACKAGE, "gates.yaml")),
        discharge_gates=RuleSet.parse(load(PACKAGE, "discharge.yaml")),
        watch_policy=WatchPolicy.parse(load(PACKAGE, "watch.yaml")),
        clock=clock,
    )
    sessions.on_fact = handlers.follow
    return handlers


def protocols() -> Protocols:
    """The shelf. A protocol that cannot be read keeps the service from starting."""
    shelf = [read_protocol(load(PACKAGE, f"protocols/{name}.yaml")) for name in PROTOCOLS]
    return {(protocol.name, protocol.version): protocol for protocol in shelf}


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
