"""Run until asked to stop, drain with a deadline, stop. A part that fails ends the process."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import structlog
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from clinic_platform.web.streaming import STOPPING

DRAIN_WITHIN: Final = timedelta(seconds=20)
ANSWER_WITHIN: Final = timedelta(seconds=10)  # requests under way, when asked to stop
KEEP_ALIVE: Final = timedelta(seconds=5)
MAX_HEADERS: Final = 16 * 1024
MAX_CONNECTIONS: Final = 1_000

log = structlog.get_logger()


class CannotListen(Exception):
    def __init__(self, port: int) -> None:
        super().__init__(f"The port {port} cannot be listened on.")


class Server(uvicorn.Server):
    """Signals are the process's own business, since there are several servers in it."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        host: str,
        port: int,
        keep_alive: timedelta = KEEP_ALIVE,
        proxies: str | None = None,
    ) -> None:
        """`proxies`: networks, with commas between, whose `X-Forwarded-For` is believed."""
        self._stopping = asyncio.Event()
        super().__init__(
            uvicorn.Config(
                self._notified_of_stopping(app),
                host=host,
                port=port,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=proxies is not None,
                forwarded_allow_ips=proxies or "",
                lifespan="off",
                log_config=None,
                http="httptools",
                limit_concurrency=MAX_CONNECTIONS,
                h11_max_incomplete_event_size=MAX_HEADERS,
                timeout_keep_alive=int(keep_alive.total_seconds()),
                timeout_graceful_shutdown=int(ANSWER_WITHIN.total_seconds()),
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        """Accept nothing more, and end when what is under way has been answered."""
        self.should_exit = True
        self._stopping.set()

    def _notified_of_stopping(self, app: ASGIApp) -> ASGIApp:
        """Requests under way are answered; a stream, which would go on for ever, ends by this."""

        async def notified(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, STOPPING: self._stopping}, receive, send)

        return notified


async def run(
    *,
    public: Sequence[Server],
    management: Server,
    tasks: Mapping[str, Coroutine[Any, Any, None]],
    on_stop: Callable[[], None],
) -> None:
    """Until SIGTERM or SIGINT; or until a part fails, whose error is raised.

    In order: `on_stop`; the public servers finish; the tasks are cancelled and finish; at last the
    management server, so that somebody watching sees it all.
    """
    stopping = _stop_signal()
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(_serve(management))
        serving = [group.create_task(_serve(server)) for server in public]
        working = [group.create_task(task, name=name) for name, task in tasks.items()]
        log.info("service_started")
        await stopping.wait()
        log.info("service_stopping")
        on_stop()
        deadline = asyncio.get_running_loop().time() + DRAIN_WITHIN.total_seconds()
        for server in public:
            server.stop()
        await _ended(serving, deadline)
        for task in working:
            task.cancel()
        await _ended(working, deadline)
        management.stop()
        await _ended([watching], deadline)
    log.info("service_stopped")


async def _serve(server: Server) -> None:
    try:
        await server.serve()
    except SystemExit:  # the library would end the process itself, past everybody else
        raise CannotListen(server.config.port) from None


async def _ended(tasks: Sequence[asyncio.Task[None]], deadline: float) -> None:
    if not tasks:
        return
    left = max(0.1, deadline - asyncio.get_running_loop().time())
    _, pending = await asyncio.wait(tasks, timeout=left)
    for task in pending:
        log.error("drain_deadline_passed", task=task.get_name())
        task.cancel()


def _stop_signal() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping
