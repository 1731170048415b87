"""The wiring: builds everything, in order. Nothing is built anywhere else."""

from collections.abc import Mapping
from importlib.resources import files
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
from clinic_sessions.domain.drugs.esketamine import FieldMap, read_field_map
from clinic_sessions.domain.drugs.rules import read_drug_rules
from clinic_sessions.domain.protocols.reading import read_protocol
from clinic_sessions.handlers import Handlers
from clinic_sessions.ports import DrugDesk, Protocols
from clinic_sessions.promises import keepers
from clinic_sessions.routes import PROBLEMS, ROUTERS
from clinic_sessions.settings import Settings
from clinic_sessions.store import (
    MongoCalls,
    MongoDays,
    MongoDosedSessions,
    MongoForms,
    MongoIncidents,
    MongoLocations,
    MongoPlans,
    MongoReadings,
    MongoReceipts,
    MongoSessions,
    MongoStandings,
    MongoVials,
)
from clinic_sessions.subscriptions import subscriptions
from clinic_sessions.views import Views

PACKAGE: Final = "clinic_sessions"
PROTOCOLS: Final = ("iv-ketamine-depression",)


class UnknownProgramme(ValueError):
    """A protocol's session would end without the form that its programme wants."""


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
        drugs=await drug_desk(database),
        promises=promises,
        protocols=protocols(),
        gates=RuleSet.parse(load(PACKAGE, "gates.yaml")),
        discharge_gates=RuleSet.parse(load(PACKAGE, "discharge.yaml")),
        clock=clock,
    )


async def drug_desk(database: Database) -> DrugDesk:
    vials, incidents, days = MongoVials(database), MongoIncidents(database), MongoDays(database)
    dosed = MongoDosedSessions(database)
    for part in (vials, incidents, days, dosed):
        await part.prepare()
    return DrugDesk(
        vials=vials,
        incidents=incidents,
        days=days,
        dosed=dosed,
        forms=MongoForms(database),
        rules=read_drug_rules(load(PACKAGE, "drugs.yaml")),
        maps=field_maps(protocols()),
    )


def field_maps(shelf: Protocols) -> Mapping[str, FieldMap]:
    """By id. Raises UnknownProgramme where a protocol's risk programme has no form."""
    names = sorted(file.name for file in files(PACKAGE).joinpath("data", "forms").iterdir())
    maps = [read_field_map(load(PACKAGE, f"forms/{name}")) for name in names]
    programmes = {field_map.programme for field_map in maps}
    for protocol in shelf.values():
        if protocol.risk_programme not in (None, *programmes):
            raise UnknownProgramme(f"{protocol.name} names a risk programme without a form.")
    return {field_map.id: field_map for field_map in maps}


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
