"""What every service is built from, in order, and closed in reverse."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal, TypeAlias, TypeVar, get_args

import structlog
import uvloop
from aiokafka.helpers import create_ssl_context
from fastapi import FastAPI

from clinic_events import failpoints
from clinic_events.dead_letters import MongoDeadLetters
from clinic_events.delivery import Delivery
from clinic_events.handling import Handling
from clinic_events.inbox import MongoInbox
from clinic_events.kafka import KafkaConsumer, KafkaPublisher
from clinic_events.leases import Leases
from clinic_events.outbox import BUCKETS as OUTBOX_BUCKETS
from clinic_events.outbox import MongoOutbox, Relay
from clinic_events.subscription import Subscription
from clinic_platform import lifecycle, logs
from clinic_platform.audit import Audit
from clinic_platform.auth import Authenticator
from clinic_platform.clock import Clock, SandboxClock, utc_now
from clinic_platform.health import Health, management_app
from clinic_platform.idempotency import Idempotency
from clinic_platform.ids import new_id
from clinic_platform.lifecycle import Server
from clinic_platform.mongo import Mongo
from clinic_platform.promises import Keeper, MongoPromises, PromiseKeeper
from clinic_platform.promises.store import BUCKETS as PROMISE_BUCKETS
from clinic_platform.sandbox import SharedClock, sandbox_routes
from clinic_platform.sealing import KeyRing
from clinic_platform.settings import BadSettings, ServiceSettings, load
from clinic_platform.watch import Watch

Role: TypeAlias = Literal["api", "worker", "all"]
S = TypeVar("S", bound=ServiceSettings)

TOKEN_LIVES: Final = timedelta(minutes=15)
TOKEN_LIVES_ELSEWHERE: Final = timedelta(hours=24)
REFUSED: Final = 2

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """What a service stands on."""

    name: str
    settings: ServiceSettings
    database: Mongo
    outbox: MongoOutbox
    promises: MongoPromises
    clock: Clock
    keys: KeyRing
    audit: Audit
    idempotency: Idempotency
    authenticator: Authenticator
    health: Health


@asynccontextmanager
async def backbone(name: str, settings: ServiceSettings) -> AsyncIterator[Kit]:
    """Connected, with its indexes made. `name` is also the database's and the group's."""
    async with AsyncExitStack() as stack:
        database = await Mongo.connect(
            settings.mongo_url,
            database=settings.mongo_database or name,
            driver=settings.mongo_driver,
        )
        stack.push_async_callback(database.close)
        clock = await _clock(settings, database)
        kit = Kit(
            name=name,
            settings=settings,
            database=database,
            outbox=MongoOutbox(database, source=name, clock=clock),
            promises=MongoPromises(database, clock),
            clock=clock,
            keys=KeyRing.parse(settings.sealing_keys.get_secret_value()),
            audit=Audit(database.collection("audit")),
            idempotency=Idempotency(database.collection("idempotency")),
            authenticator=_authenticator(settings),
            health=Health(),
        )
        for part in (kit.outbox, kit.promises, kit.audit, kit.idempotency):
            await part.prepare()
        kit.health.check("database", _answers(database))
        yield kit


async def serve(
    kit: Kit,
    role: Role,
    *,
    app: FastAPI,
    subscriptions: Sequence[Subscription],
    keepers: Mapping[str, Keeper],
) -> None:
    """Until SIGTERM or SIGINT; then drained. Raises the error of a part that failed."""
    async with AsyncExitStack() as stack:
        watch = Watch(kit.outbox, kit.promises, is_worker=role != "api")
        tasks: dict[str, Coroutine[Any, Any, None]] = {"heartbeat": kit.health.beat()}
        if role != "api":
            tasks |= await _workers(kit, stack, watch, subscriptions, keepers)
        if role == "worker":
            # One that serves HTTP, too, goes on without the broker: the outbox keeps what is said.
            kit.health.check("broker", watch.hears)
        routes = []
        if isinstance(kit.clock, SandboxClock):
            shared = SharedClock(kit.database, kit.clock)
            tasks["sandbox_clock"] = shared.follow(watch.time_moved)
            routes = sandbox_routes(kit.clock, shared, moved=watch.time_moved, state=watch.state)
        management = management_app(kit.health, before_metrics=watch.measure, more=routes)
        settings = kit.settings
        public = (
            []
            if role == "worker"
            else [Server(app, host=settings.http_host, port=settings.http_port)]
        )
        await lifecycle.run(
            public=public,
            management=Server(
                management, host=settings.management_host, port=settings.management_port
            ),
            tasks=tasks,
            on_stop=kit.health.begin_stopping,
        )


def main(name: str, settings: type[S], run: Callable[[S, Role], Awaitable[None]]) -> None:
    """`python -m clinic_<name> [api|worker|all] [--check-config]`. Ends the process."""
    arguments = argparse.ArgumentParser(prog=f"clinic_{name}")
    arguments.add_argument("role", nargs="?", choices=get_args(Role), default="all")
    arguments.add_argument("--check-config", action="store_true")
    chosen = arguments.parse_args()
    logs.configure(name, role=chosen.role)
    sys.excepthook = logs.tell_crash
    try:
        loaded = load(settings)
    except BadSettings as error:
        sys.stderr.write(f"{error}\n")
        log.error("settings_refused", count=len(error.lines))
        sys.exit(REFUSED)
    logs.configure(name, level=loaded.log_level, role=chosen.role)
    failpoints.arm(loaded.failpoint)
    if not chosen.check_config:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_awaited(run(loaded, chosen.role)))


async def _awaited(work: Awaitable[None]) -> None:
    await work


async def _clock(settings: ServiceSettings, database: Mongo) -> Clock:
    if not settings.sandbox:
        return utc_now
    clock = SandboxClock()
    await SharedClock(database, clock).read()
    return clock


def _authenticator(settings: ServiceSettings) -> Authenticator:
    is_production = settings.environment == "production"
    return Authenticator(
        issuer=settings.auth_issuer,
        audience=settings.auth_audience,
        jwks_url=settings.auth_jwks_url,
        max_lifetime=TOKEN_LIVES if is_production else TOKEN_LIVES_ELSEWHERE,
    )


def _answers(database: Mongo) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        await database.ping()
        return True

    return check


async def _workers(
    kit: Kit,
    stack: AsyncExitStack,
    watch: Watch,
    subscriptions: Sequence[Subscription],
    keepers: Mapping[str, Keeper],
) -> dict[str, Coroutine[Any, Any, None]]:
    """The outbox's relay, the promises' keeper and, if anything is listened to, the consumer."""
    security = kafka_security(kit.settings)
    publisher = KafkaPublisher(kit.settings.kafka_bootstrap_servers, security=security)
    stack.push_async_callback(publisher.close)
    relay = Relay(kit.database, publisher, _leases(kit, "outbox", OUTBOX_BUCKETS))
    kit.outbox.on_append = relay.wake
    promise_leases = _leases(kit, "promises", PROMISE_BUCKETS)
    keeper = PromiseKeeper(kit.database, kit.promises, keepers, promise_leases, kit.clock)
    kit.promises.on_due = keeper.wake
    watch.wakes(keeper.wake)
    tasks = {"relay": relay.run(), "promises": keeper.run()}
    if subscriptions:
        tasks |= await _listeners(kit, watch, subscriptions, security)
    return tasks


async def _listeners(
    kit: Kit,
    watch: Watch,
    subscriptions: Sequence[Subscription],
    security: Mapping[str, object],
) -> dict[str, Coroutine[Any, Any, None]]:
    inbox = MongoInbox(kit.database, group=kit.name, clock=utc_now)
    dead_letters = MongoDeadLetters(kit.database, group=kit.name, clock=utc_now)
    await inbox.prepare()
    await dead_letters.prepare()
    delivery = Delivery(Handling(kit.database, inbox, dead_letters, subscriptions), dead_letters)
    consumer = KafkaConsumer(
        delivery,
        bootstrap_servers=kit.settings.kafka_bootstrap_servers,
        group=kit.name,
        topics=delivery.topics,
        security=security,
        instance=kit.settings.kafka_instance,
    )
    watch.listens(consumer, dead_letters)
    return {"consumer": consumer.run(), "redrive": delivery.redrive()}


def _leases(kit: Kit, name: str, buckets: int) -> Leases:
    rows = kit.database.collection("leases")
    return Leases(rows, name=name, buckets=buckets, owner=new_id("own"))


def kafka_security(settings: ServiceSettings) -> dict[str, object]:
    """The settings of the broker's driver that say how to reach it safely."""
    security: dict[str, object] = {"security_protocol": settings.kafka_security_protocol}
    if settings.kafka_security_protocol.endswith("SSL"):
        security["ssl_context"] = create_ssl_context(cafile=settings.kafka_ca_file)
    password = settings.kafka_sasl_password
    if settings.kafka_security_protocol.startswith("SASL") and password is not None:
        security |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_sasl_username,
            "sasl_plain_password": password.get_secret_value(),
        }
    return security
