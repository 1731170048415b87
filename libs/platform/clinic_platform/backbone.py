"""The parts every service is built from: made in order, and closed in reverse."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, Final, NoReturn, TypeVar

import structlog
import uvloop
from fastapi import FastAPI
from starlette.routing import Route

from clinic_events import failpoints
from clinic_events.catalog import CATALOG
from clinic_events.errors import CannotStart
from clinic_events.outbox import MongoOutbox
from clinic_events.replay import Replay
from clinic_events.subscription import Subscription
from clinic_platform import lifecycle, logs
from clinic_platform.audit import Audit
from clinic_platform.auth import Authenticator
from clinic_platform.clock import Clock, SandboxClock, utc_now
from clinic_platform.command import Role, parse
from clinic_platform.engine import ground, machinery, run_replay
from clinic_platform.environment import BadSettings, load, unknown
from clinic_platform.health import Health, management_app
from clinic_platform.idempotency import Idempotency
from clinic_platform.ids import draw_ahead
from clinic_platform.kit import Kit
from clinic_platform.lifecycle import Server
from clinic_platform.mongo import Mongo
from clinic_platform.promises import Keeper, MongoPromises
from clinic_platform.sandbox import SharedClock, sandbox_routes
from clinic_platform.sealing import KeyRing
from clinic_platform.settings import ServiceSettings
from clinic_platform.telemetry import collected
from clinic_platform.wall_clock import WallClock
from clinic_platform.watch import Watch

S = TypeVar("S", bound=ServiceSettings)

TOKEN_LIVES: Final = timedelta(minutes=15)
TOKEN_LIVES_ELSEWHERE: Final = timedelta(hours=24)
REFUSED: Final = 2

log = structlog.get_logger()


@asynccontextmanager
async def backbone(name: str, settings: ServiceSettings) -> AsyncIterator[Kit]:
    """Connected, with its indexes made. `name` is also the database's and the group's."""
    async with AsyncExitStack() as stack:
        stack.enter_context(
            collected(name, endpoint=settings.otlp_traces_endpoint, share=settings.traced_share)
        )
        database = await Mongo.connect(
            settings.mongo_url,
            database=settings.mongo_database or name,
            driver=settings.mongo_driver,
        )
        stack.push_async_callback(database.close)
        wall_clock = WallClock(database.now)
        await wall_clock.check()
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
            idempotency=Idempotency(database),
            authenticator=_authenticator(settings),
            health=Health(),
        )
        for part in (kit.outbox, kit.promises, kit.audit, kit.idempotency):
            await part.prepare()
        kit.health.check("database", _answers(database))
        kit.health.check("wall_clock", wall_clock.agrees)
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
    if isinstance(role, Replay):
        await run_replay(kit, role, subscriptions)
        return
    async with AsyncExitStack() as stack:
        watch = Watch(
            kit.outbox, kit.promises, stamped_now=kit.database.now, is_worker=role != "api"
        )
        tasks: dict[str, Coroutine[Any, Any, None]] = {"heartbeat": kit.health.beat()}
        if role == "api":  # its events go to topics too, though a worker publishes them
            tasks["topics"] = ground(kit, ())
        else:
            tasks |= await machinery(kit, stack, watch, subscriptions, keepers)
        if role == "worker":
            # One that serves HTTP, too, goes on without the broker: the outbox keeps its events.
            kit.health.check("broker", watch.receives)
        routes: list[Route] = []
        if isinstance(kit.clock, SandboxClock):
            shared = SharedClock(kit.database, kit.clock)
            tasks["sandbox_clock"] = shared.follow(watch.time_moved)
            routes = sandbox_routes(kit.clock, shared, moved=watch.time_moved, state=watch.state)
        _set_apart()
        await lifecycle.run(
            public=[] if role == "worker" else [public_server(app, kit.settings)],
            management=_management(kit, watch, routes),
            tasks=tasks,
            on_stop=kit.health.begin_stopping,
        )


def public_server(app: FastAPI, settings: ServiceSettings) -> Server:
    return Server(
        app,
        host=settings.http_host,
        port=settings.http_port,
        keep_alive=timedelta(seconds=settings.http_keep_alive_seconds),
        proxies=settings.trusted_proxies,
    )


def _management(kit: Kit, watch: Watch, routes: Sequence[Route]) -> Server:
    app = management_app(kit.health, before_metrics=watch.measure, more=routes)
    settings = kit.settings
    return Server(app, host=settings.management_host, port=settings.management_port)


def _set_apart() -> None:
    """Objects made at the start stay until the end. The collector of garbage would go through all
    of them now and then, and everything stands still meanwhile."""
    gc.collect()
    gc.freeze()


def main(name: str, settings: type[S], run: Callable[[S, Role], Awaitable[None]]) -> None:
    """`python -m clinic_<name> [api|worker|all|replay …] [--check-config]`. Ends the process."""
    chosen = parse(name)
    logs.configure(name, role=chosen.role_name)
    sys.excepthook = logs.log_crash
    try:
        loaded = load(settings)
    except BadSettings as error:
        sys.stderr.write(f"{error}\n")
        log.error("settings_refused", count=len(error.lines))
        sys.exit(REFUSED)
    logs.configure(name, level=loaded.log_level, role=chosen.role_name)
    for variable in unknown(settings):
        log.warning("setting_unknown", setting=variable)
    failpoints.arm(loaded.failpoint)
    draw_ahead()
    try:
        CATALOG.check()
    except CannotStart as refused:
        _refuse([refused])
    if not chosen.only_checks:
        _run_to_its_end(run(loaded, chosen.role))


def _run_to_its_end(work: Awaitable[None]) -> None:
    """A start that is refused is one line on stderr and one in the log, and no trace."""

    async def awaited() -> None:
        await work

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(awaited())
    except* CannotStart as refused:
        _refuse(refused.exceptions)


def _refuse(errors: Sequence[BaseException]) -> NoReturn:
    sys.stderr.write("".join(f"{error}\n" for error in errors))
    log.error("start_refused", count=len(errors))
    sys.exit(REFUSED)


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
