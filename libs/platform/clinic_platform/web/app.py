"""An application: routes that fit their policy, and an answer to everything."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp

from clinic_platform.auth import Policy
from clinic_platform.problems import STATUSES, Fault, UnreadableRequest, answer, problem
from clinic_platform.web.exchange import Manners, exchange_of
from clinic_platform.web.faults import faults_in
from clinic_platform.web.limits import RateLimit
from clinic_platform.web.openapi import describe
from clinic_platform.web.platform_of import Platform, Reception
from clinic_platform.web.router import Route, Router

VERSION = "1"

log = structlog.get_logger()


class BadRoutes(ValueError):
    """The routes cannot be served; the message names the first that is unfit."""


class App(FastAPI):
    """The manners go around the framework's own handling of errors."""

    def __init__(self, title: str, *, is_described: bool, routes: Sequence[Route]) -> None:
        self._described = routes
        super().__init__(
            title=title,
            version=VERSION,
            openapi_url="/openapi.json" if is_described else None,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            # The framework's own spans hold paths and queries: whom a request is about.
            telemetry={"tracing": False, "metrics": False, "logs": False},
        )

    def build_middleware_stack(self) -> ASGIApp:
        return Manners(super().build_middleware_stack())

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = describe(self.title, VERSION, self._described)
        return self.openapi_schema


def create_app(
    kit: Platform,
    *,
    title: str,
    routers: Sequence[Router],
    problems: Mapping[type[Exception], int],
    policy: Policy,
    state: Mapping[str, object],
) -> FastAPI:
    """Raises BadRoutes or BadPolicy when routes, bodies and policy do not fit one another."""
    routes = [_fit(route) for router in routers for route in router.routes]
    policy.check([str(route.operation_id) for route in routes])
    is_described = kit.settings.environment != "production"
    app = App(title, is_described=is_described, routes=routes)
    # As they are: an included router is walked anew, route by route, at each request.
    app.router.routes.extend(routes)
    rate_limit = RateLimit(kit.settings.public_requests_per_minute)
    app.state.reception = Reception(kit, policy, problems, rate_limit)
    for name, thing in state.items():
        setattr(app.state, name, thing)
    _answer_everything(app, {**STATUSES, **problems})
    return app


def _fit(route: object) -> Route:
    if not isinstance(route, Route):
        raise BadRoutes("A route was not made by Router.")
    if route.fault is not None:
        raise BadRoutes(route.fault)
    return route


def _answer_everything(app: FastAPI, statuses: Mapping[type[Exception], int]) -> None:
    for error, status in statuses.items():
        app.add_exception_handler(error, _answering(status))
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _refused_by_framework)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _unforeseen)


def _answering(status: int) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        return answer(error, status, trace_id=exchange_of(request).id)

    return handle


async def _unreadable(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = faults_in(error.errors(), None)
    refusal = UnreadableRequest([Fault(f.pointer, f.rule, f.message) for f in faults])
    return answer(refusal, 422, trace_id=exchange_of(request).id)


async def _refused_by_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    return problem(
        error.status_code,
        phrase.lower().replace(" ", "_").replace("-", "_"),
        None,
        trace_id=exchange_of(request).id,
        headers=error.headers,
    )


async def _gone(request: Request, error: Exception) -> Response:
    return problem(400, "client_disconnected", None, trace_id=exchange_of(request).id)


async def _unforeseen(request: Request, error: Exception) -> Response:
    exchange = exchange_of(request)
    log.error("request_failed", operation=exchange.operation, exc_info=error)
    return problem(500, "internal_error", None, trace_id=exchange.id)
