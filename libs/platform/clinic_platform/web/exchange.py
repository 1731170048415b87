"""One request and its answer, from the outside: who caused it, its manners, its measure."""

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, cast

import structlog
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clinic_events import tracing
from clinic_events.failpoints import Failpoint, reach
from clinic_platform import metrics
from clinic_platform.ids import new_id
from clinic_platform.telemetry import request_span

SANE: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
TRACE_PARENT: Final = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
# As they are sent: every answer has them.
HEADERS: Final[Mapping[bytes, bytes]] = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
    b"strict-transport-security": b"max-age=31536000; includeSubDomains",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}

log = structlog.get_logger()


@dataclass(slots=True)
class Exchange:
    """`operation` and `status` are filled in on the way. A stream is measured until it is open."""

    id: str
    correlation_id: str
    trace_parent: str | None
    operation: str = "unmatched"
    status: int = 500
    is_stream: bool = False

    @property
    def cause(self) -> tracing.Cause:
        return tracing.Cause(self.id, self.correlation_id, self.trace_parent)


def exchange_of(request: Request) -> Exchange:
    return exchange_in(request.scope)


def exchange_in(scope: Scope) -> Exchange:
    return cast(Exchange, scope["clinic.exchange"])


class Manners:
    """Around everything else, so that every answer has them: also the one to an error of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = scope["clinic.exchange"] = _begun(Headers(scope=scope))

        async def send_politely(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                message["headers"] = _with_ours(message["headers"], exchange)
            await send(message)
            if message["type"] == "http.response.start":
                if exchange.is_stream:
                    _measure(exchange, time.monotonic() - started)
                reach(Failpoint.COMMAND_HALF_ANSWERED)

        started = time.monotonic()
        with (
            request_span(exchange.trace_parent) as span,
            tracing.caused_by(exchange.cause),
            structlog.contextvars.bound_contextvars(request_id=exchange.id),
        ):
            try:
                await self._app(scope, receive, send_politely)
            finally:
                span.update_name(exchange.operation)
                span.set_attribute("http.response.status_code", exchange.status)
                if not exchange.is_stream:
                    _measure(exchange, time.monotonic() - started)


def _begun(headers: Headers) -> Exchange:
    request_id = new_id("req")
    correlation_id = headers.get("x-correlation-id", "")
    trace_parent = headers.get("traceparent", "")
    return Exchange(
        id=request_id,
        correlation_id=correlation_id if SANE.fullmatch(correlation_id) else request_id,
        trace_parent=trace_parent if TRACE_PARENT.fullmatch(trace_parent) else None,
    )


def _with_ours(
    headers: Iterable[tuple[bytes, bytes]], exchange: Exchange
) -> list[tuple[bytes, bytes]]:
    """A route's own header stands."""
    added = {
        **HEADERS,
        b"x-request-id": exchange.id.encode(),
        b"x-correlation-id": exchange.correlation_id.encode(),
    }
    for name, _ in headers:
        added.pop(name, None)
    return [*headers, *added.items()]


def _measure(exchange: Exchange, seconds: float) -> None:
    metrics.REQUESTS.labels(exchange.operation, f"{exchange.status // 100}xx").observe(seconds)
    log.info(
        "request_answered",
        operation=exchange.operation,
        status=exchange.status,
        duration_ms=round(seconds * 1000, 1),
    )
