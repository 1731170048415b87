"""One request and its answer, from the outside: who caused it, its manners, its measure."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clinic_events import tracing
from clinic_events.failpoints import Failpoint, reach
from clinic_platform import metrics
from clinic_platform.ids import new_id
from clinic_platform.telemetry import request_span

SANE: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
TRACE_PARENT: Final = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
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
                _add_headers(MutableHeaders(scope=message), exchange)
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


def _add_headers(headers: MutableHeaders, exchange: Exchange) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers["X-Request-ID"] = exchange.id
    headers["X-Correlation-ID"] = exchange.correlation_id


def _measure(exchange: Exchange, seconds: float) -> None:
    metrics.REQUESTS.labels(exchange.operation, f"{exchange.status // 100}xx").observe(seconds)
    log.info(
        "request_answered",
        operation=exchange.operation,
        status=exchange.status,
        duration_ms=round(seconds * 1000, 1),
    )
