"""The wiring: builds everything, in order. Nothing is built anywhere else."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Final

from fastapi import FastAPI

from clinic_events.ports import Database, Outbox
from clinic_platform.auth import policy_of
from clinic_platform.backbone import backbone, serve
from clinic_platform.clock import Clock
from clinic_platform.command import Role
from clinic_platform.data import load, load_folder
from clinic_platform.decisions import RuleSet
from clinic_platform.kit import Kit
from clinic_platform.promises import Promises
from clinic_platform.sealing import KeyRing
from clinic_platform.web import StaticPage, create_app
from clinic_sessions.domain.bedside.adverse_event import read_catalogue
from clinic_sessions.domain.bedside.grading import read_grades
from clinic_sessions.domain.bedside.orders import read_orders
from clinic_sessions.domain.bedside.policy import WatchPolicy
from clinic_sessions.domain.bedside.rules import read_rules
from clinic_sessions.domain.drugs.esketamine import FieldMap, read_field_map
from clinic_sessions.domain.drugs.rules import DrugRules, read_drug_rules
from clinic_sessions.domain.places.opening import OpeningRules, read_opening_rules
from clinic_sessions.domain.protocols.rule_sets import RuleSets, by_name
from clinic_sessions.domain.protocols.shelf import shelve
from clinic_sessions.domain.waiting.rules import WaitRules, read_wait_rules
from clinic_sessions.handlers import Definitions, Handlers, NearestFree
from clinic_sessions.ports import DrugDesk, Protocols, WaitingRoom
from clinic_sessions.promises import keepers
from clinic_sessions.routes import PROBLEMS, ROUTERS
from clinic_sessions.settings import Settings
from clinic_sessions.store import (
    MongoAlarms,
    MongoCalls,
    MongoDays,
    MongoDosedSessions,
    MongoForms,
    MongoHolds,
    MongoIncidents,
    MongoLocations,
    MongoMoves,
    MongoNotes,
    MongoOffers,
    MongoPlans,
    MongoReadings,
    MongoReceipts,
    MongoSessions,
    MongoStandings,
    MongoVials,
    MongoWaitList,
    MongoWatches,
)
from clinic_sessions.subscriptions import subscriptions
from clinic_sessions.views import Boards, Past, PastBoard, Views

PACKAGE: Final = "clinic_sessions"
GATES: Final = ("gates", "discharge")  # the beginnings of the names of files with rule sets


class UnknownProgramme(ValueError):
    """A protocol's session would end without the form that its programme wants."""


@cache
def definitions() -> Definitions:
    """The data files, read once. One that cannot be read keeps the service from starting."""
    return Definitions(
        protocols=protocols(),
        rule_sets=rule_sets(),
        rules=read_rules(load(PACKAGE, "bedside.yaml")),
        catalogue=read_catalogue(load(PACKAGE, "adverse-events.yaml")),
        grades=read_grades(load(PACKAGE, "numeric-grades.yaml")),
        order_book=read_orders(load(PACKAGE, "orders.yaml")),
        watch=WatchPolicy.parse(load(PACKAGE, "watch.yaml")),
        opening=opening_rules(),
    )


async def build(
    database: Database, outbox: Outbox, promises: Promises, keys: KeyRing, clock: Clock
) -> Handlers:
    """The handlers over MongoDB, with their indexes made and the data files checked."""
    locations = MongoLocations(database, outbox, clock)
    plans = MongoPlans(database, outbox, clock)
    sessions, holds = MongoSessions(database, outbox, clock), MongoHolds(database)
    readings, receipts = MongoReadings(database), MongoReceipts(database)
    calls, moves = MongoCalls(database, outbox), MongoMoves(database)
    alarms = MongoAlarms(database, outbox)
    for part in (locations, plans, sessions, holds, readings, receipts, calls, moves, alarms):
        await part.prepare()
    data = definitions()
    handlers = Handlers(
        locations=locations,
        plans=plans,
        sessions=sessions,
        holds=holds,
        hold_for=hold_for(),
        waiting=await waiting_room(database, outbox),
        standings=MongoStandings(database),
        readings=readings,
        watches=MongoWatches(database),
        alarms=alarms,
        receipts=receipts,
        notes=MongoNotes(database, keys),
        calls=calls,
        drugs=await drug_desk(database, data.protocols, clock),
        moves=moves,
        promises=promises,
        data=data,
        repairs=NearestFree(plans=plans, sessions=sessions, protocols=data.protocols),
        clock=clock,
    )
    sessions.on_fact = handlers.follow_fact
    return handlers


async def waiting_room(database: Database, outbox: Outbox) -> WaitingRoom:
    entries, offers = MongoWaitList(database), MongoOffers(database, outbox)
    for part in (entries, offers):
        await part.prepare()
    return WaitingRoom(entries=entries, offers=offers, rules=wait_rules())


@cache
def wait_rules() -> WaitRules:
    return read_wait_rules(load(PACKAGE, "booking.yaml"))


async def drug_desk(database: Database, shelf: Protocols, clock: Clock) -> DrugDesk:
    vials, incidents = MongoVials(database, clock), MongoIncidents(database)
    days, dosed = MongoDays(database), MongoDosedSessions(database)
    for part in (vials, incidents, days, dosed):
        await part.prepare()
    return DrugDesk(
        vials=vials,
        incidents=incidents,
        days=days,
        dosed=dosed,
        forms=MongoForms(database),
        rules=drug_rules(),
        maps=field_maps(shelf),
    )


@cache
def drug_rules() -> DrugRules:
    return read_drug_rules(load(PACKAGE, "drugs.yaml"))


def field_maps(shelf: Protocols) -> Mapping[str, FieldMap]:
    """By id. Raises UnknownProgramme where a protocol's risk programme has no form."""
    maps = forms()
    programmes = {field_map.programme for field_map in maps}
    for protocol in shelf.values():
        if protocol.risk_programme not in (None, *programmes):
            raise UnknownProgramme(f"{protocol.name} names a risk programme without a form.")
    return {field_map.id: field_map for field_map in maps}


@cache
def forms() -> tuple[FieldMap, ...]:
    return tuple(read_field_map(document) for document in load_folder(PACKAGE, "forms").values())


@cache
def protocols() -> Protocols:
    """The shelf: every file there is. One that cannot be read keeps the service from starting."""
    return shelve(load_folder(PACKAGE, "protocols"), rule_sets(), opening_rules().drugs)


def opening_rules() -> OpeningRules:
    return read_opening_rules(load(PACKAGE, "opening.yaml"))


@cache
def rule_sets() -> RuleSets:
    """Every file of gates there is."""
    return by_name(RuleSet.parse(found) for found in load_folder(PACKAGE, "", GATES).values())


@cache
def hold_for() -> timedelta:
    return timedelta(minutes=load(PACKAGE, "booking.yaml")["hold_minutes"]["value"])


def application(kit: Kit, handlers: Handlers) -> FastAPI:
    past = Past(kit.database)
    return create_app(
        kit,
        title="Sessions",
        routers=ROUTERS,
        problems=PROBLEMS,
        policy=policy_of(PACKAGE),
        state={
            "handlers": handlers,
            "views": Views(kit.database),
            "past": past,
            "boards": Boards(kit.database, kit.clock),
            "past_board": PastBoard(kit.database, past, handlers.monitor_then),
            "board_page": StaticPage.load(PACKAGE, "board", "board"),
        },
    )


async def run(settings: Settings, role: Role) -> None:
    async with backbone("sessions", settings) as kit:
        handlers = await build(kit.database, kit.outbox, kit.promises, kit.keys, kit.clock)
        await serve(
            kit,
            role,
            app=application(kit, handlers),
            subscriptions=subscriptions(handlers),
            keepers=keepers(handlers),
        )
