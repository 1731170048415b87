"""The wiring: builds everything, in order. Nothing is built anywhere else."""

from datetime import timedelta
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
from clinic_platform.web import StaticPage, create_app
from clinic_sessions.domain.places.opening import read_opening_rules
from clinic_sessions.domain.protocols.reading import read_protocol
from clinic_sessions.handlers import Handlers, NearestFree
from clinic_sessions.ports import Protocols
from clinic_sessions.promises import keepers
from clinic_sessions.routes import PROBLEMS, ROUTERS
from clinic_sessions.settings import Settings
from clinic_sessions.store import (
    MongoCalls,
    MongoHolds,
    MongoLocations,
    MongoMoves,
    MongoPlans,
    MongoReadings,
    MongoReceipts,
    MongoSessions,
    MongoStandings,
)
from clinic_sessions.subscriptions import subscriptions
from clinic_sessions.views import Boards, Past, Views

PACKAGE: Final = "clinic_sessions"
PROTOCOLS: Final = ("iv-ketamine-depression",)


async def build(database: Database, outbox: Outbox, promises: Promises, clock: Clock) -> Handlers:
    """The handlers over MongoDB, with their indexes made and the data files checked."""
    locations, plans = MongoLocations(database, outbox), MongoPlans(database, outbox)
    sessions, holds = MongoSessions(database, outbox, clock), MongoHolds(database)
    readings, receipts = MongoReadings(database), MongoReceipts(database)
    calls, moves = MongoCalls(database, outbox), MongoMoves(database)
    for part in (locations, plans, sessions, holds, readings, receipts, calls, moves):
        await part.prepare()
    shelf = protocols()
    return Handlers(
        locations=locations,
        plans=plans,
        sessions=sessions,
        holds=holds,
        hold_for=hold_for(),
        standings=MongoStandings(database),
        readings=readings,
        receipts=receipts,
        calls=calls,
        moves=moves,
        promises=promises,
        protocols=shelf,
        repairs=NearestFree(plans=plans, sessions=sessions, protocols=shelf),
        opening_rules=read_opening_rules(load(PACKAGE, "opening.yaml")),
        gates=RuleSet.parse(load(PACKAGE, "gates.yaml")),
        discharge_gates=RuleSet.parse(load(PACKAGE, "discharge.yaml")),
        clock=clock,
    )


def protocols() -> Protocols:
    """The shelf. A protocol that cannot be read keeps the service from starting."""
    shelf = [read_protocol(load(PACKAGE, f"protocols/{name}.yaml")) for name in PROTOCOLS]
    return {(protocol.name, protocol.version): protocol for protocol in shelf}


def hold_for() -> timedelta:
    return timedelta(minutes=load(PACKAGE, "booking.yaml")["hold_minutes"]["value"])


def application(kit: Kit, handlers: Handlers) -> FastAPI:
    return create_app(
        kit,
        title="Sessions",
        routers=ROUTERS,
        problems=PROBLEMS,
        policy=Policy.parse(load(PACKAGE, "policy.yaml")),
        state={
            "handlers": handlers,
            "views": Views(kit.database),
            "past": Past(kit.database),
            "boards": Boards(kit.database, kit.clock),
            "board_page": StaticPage.load(PACKAGE, "board", "board"),
        },
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
