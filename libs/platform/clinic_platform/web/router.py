"""Routes with manners: each request is admitted, done once, and noted, all in one place."""

from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from inspect import iscoroutinefunction, isfunction
from typing import Any, Final, cast

from fastapi import APIRouter, Depends
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from clinic_events.errors import Unavailable
from clinic_events.failpoints import Failpoint, reach
from clinic_platform.audit import AuditOutcome, Entry
from clinic_platform.auth import Caller, Forbidden, Principal
from clinic_platform.decisions import Receipt
from clinic_platform.idempotency import Key, Stored
from clinic_platform.ids import new_id
from clinic_platform.problems import IdempotencyKeyRequired, code_of
from clinic_platform.web.exchange import exchange_of
from clinic_platform.web.limits import read_body
from clinic_platform.web.platform_of import Reception, reception_of

READS: Final = frozenset({"GET", "HEAD"})
KEPT_HEADERS: Final = ("content-type", "etag", "location")
MAX_KEY: Final = 255

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]
Dependency = Callable[..., Awaitable[object]]


async def caller(request: Request) -> Caller:
    """`by: Annotated[Caller, Depends(caller)]`."""
    return cast(Caller, request.state.caller)


def login_ends_at(request: Request) -> datetime | None:
    """When the caller's token runs out, in real time: a stream opened with it ends then."""
    return cast("datetime | None", getattr(request.state, "login_ends_at", None))


def about(
    request: Request,
    *,
    object_id: str,
    location_id: str | None = None,
    reason: str | None = None,
) -> None:
    """Give the audit what this is about, where the path does not show it. `reason` is a code."""
    request.state.about = _About(object_id, location_id, reason)


def keep_no_answer(request: Request) -> None:
    """The answer holds a secret: it is not kept, and the same key asks for a new one."""
    request.state.is_secret = True


class Route(APIRoute):
    """See Router."""

    def get_route_handler(self) -> Endpoint:
        endpoint = super().get_route_handler()
        operation = self.operation_id or self.name

        async def receive(request: Request) -> Response:
            return await _Visit(reception_of(request), request, operation).received(endpoint)

        return receive

    @property
    def fault(self) -> str | None:
        """The fault that makes it unfit; None when it is fit."""
        if not self.operation_id:
            return f"{self.path} has no operation_id."
        if self.body_field is not None:
            return f"{self.operation_id} takes a body, but not by JsonBody."
        if not iscoroutinefunction(self.endpoint):
            return f"{self.operation_id} is not asynchronous."
        if blocking := next(_blocking_in(self.dependant), None):
            return f"{self.operation_id} depends on {blocking}, which is not asynchronous."
        return None


def _blocking_in(dependant: Dependant) -> Iterator[str]:
    """Functions that the framework would hand to a thread at each request."""
    for dependency in dependant.dependencies:
        if isfunction(dependency.call) and not iscoroutinefunction(dependency.call):
            yield dependency.call.__name__
        yield from _blocking_in(dependency)


class Router(APIRouter):
    """Its routes look up the policy, and put the caller on the request.

    A change runs in one database transaction with its audit row and, for POST, with the answer
    kept under its Idempotency-Key: the endpoint may run more than once, and must have no effect
    outside the database. A read is noted before it is answered.

    `before_changes` are asked, in the same transaction, before each change of something that is
    there already: of a path that names it. Last, so that what cannot be read is refused as such.
    """

    def __init__(self, *, prefix: str = "", before_changes: Sequence[Dependency] = ()) -> None:
        super().__init__(prefix=prefix, route_class=Route)
        self._before_changes = [Depends(one) for one in before_changes]

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        names_it = "{" in self.prefix + path
        is_change = not READS.intersection(options.get("methods") or READS)
        before = self._before_changes if names_it and is_change else []
        options["dependencies"] = [*before, *(options.get("dependencies") or ())]
        super().add_api_route(path, endpoint, **options)
        route: Any = self.routes[-1]
        asked = route.dependant.dependencies
        asked[:] = [*asked[len(before) :], *asked[: len(before)]]


@dataclass(frozen=True, slots=True)
class _About:
    object_id: str
    location_id: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class _Visit:
    """One request at one operation."""

    reception: Reception
    request: Request
    operation: str

    async def received(self, endpoint: Endpoint) -> Response:
        exchange_of(self.request).operation = self.operation
        headers = self._allowance()
        by = self.request.state.caller = await self._admitted()
        try:
            response = await self._served(endpoint, by)
        except self.reception.refusals as refusal:
            if by.roles:
                receipt = getattr(refusal, "receipt", None)
                await self._note(by, AuditOutcome.REFUSED, code_of(refusal), receipt)
            raise
        response.headers.update(headers)
        return response

    def _allowance(self) -> dict[str, str]:
        if not self.reception.policy.is_public(self.operation):
            return {}
        client = self.request.client
        return self.reception.rate_limit.take("unknown" if client is None else client.host)

    async def _admitted(self) -> Caller:
        policy = self.reception.policy
        if policy.is_public(self.operation):
            return policy.narrow(self.operation, None)
        authorization = self.request.headers.get("authorization")
        principal = await self.reception.platform.authenticator.principal(authorization)
        self.request.state.login_ends_at = principal.expires_at
        try:
            return policy.narrow(self.operation, principal)
        except Forbidden:
            await self._note(_in_full(principal), AuditOutcome.DENIED, "forbidden")
            raise

    async def _served(self, endpoint: Endpoint, by: Caller) -> Response:
        if self.request.method in READS:
            response = await endpoint(self.request)
            if by.roles:
                await self._note(by, AuditOutcome.READ)
            return response
        self.request.state.body = await read_body(self.request)
        if self.request.method == "POST":
            return await self._once(endpoint, by, self._key(by))
        return await self.reception.platform.database.transaction(lambda: self._done(endpoint, by))

    async def _once(self, endpoint: Endpoint, by: Caller, key: Key) -> Response:
        """A new answer, that is kept if and only if the work is; or the one given before."""
        platform = self.reception.platform

        async def work() -> Response:
            response = await self._done(endpoint, by)
            if not getattr(self.request.state, "is_secret", False):
                await platform.idempotency.keep(key, _kept(response))
            reach(Failpoint.COMMAND_BEFORE_COMMIT)
            return response

        reach(Failpoint.COMMAND_BEFORE_TRANSACTION)
        try:
            response = await platform.database.transaction(work)
        except Unavailable:
            raise
        # Refused now, it may have been done before. Any other error is answered as unknown: a 500.
        except self.reception.answers_no:
            before = await platform.idempotency.answered_before(key)
            if before is None:
                raise
            return _replayed(before)
        reach(Failpoint.COMMAND_AFTER_COMMIT)
        return response

    async def _done(self, endpoint: Endpoint, by: Caller) -> Response:
        response = await endpoint(self.request)
        await self._note(by, AuditOutcome.DONE)
        return response

    def _key(self, by: Caller) -> Key:
        """The caller's key, of no meaning to another caller, operation or path."""
        sent = self.request.headers.get("idempotency-key", "")
        if not (0 < len(sent) <= MAX_KEY and all("!" <= letter <= "~" for letter in sent)):
            raise IdempotencyKeyRequired
        # Those without a login are distinguished by what they carry instead, if anything.
        carried = "" if by.roles else self.request.headers.get("authorization", "")
        parts = [by.actor, carried, self.operation, self.request.scope["path"], sent]
        name = sha256("\x1f".join(parts).encode()).hexdigest()
        return Key(name, sha256(self.request.state.body).hexdigest())

    async def _note(
        self,
        by: Caller,
        outcome: AuditOutcome,
        reason: str | None = None,
        receipt: Receipt | None = None,
    ) -> None:
        subject = self._about()
        platform = self.reception.platform
        await platform.audit.record(
            Entry(
                id=new_id("aud"),
                at=platform.clock(),
                actor=by.actor,
                roles=tuple(sorted(by.roles)),
                action=self.operation,
                outcome=outcome,
                object_id=subject.object_id,
                location_id=subject.location_id,
                reason=reason or subject.reason,
                request_id=exchange_of(self.request).id,
                receipt=receipt,
            )
        )

    def _about(self) -> _About:
        """As given by the endpoint; else the first id in the path, or in the query."""
        given = getattr(self.request.state, "about", None)
        if given is not None:
            return cast(_About, given)
        path, query = self.request.path_params, self.request.query_params
        ids = [*path.values(), *(query[name] for name in query if name.endswith("_id"))]
        location_id = path.get("location_id", query.get("location_id"))
        return _About(
            object_id=str(ids[0])[:100] if ids else "",
            location_id=None if location_id is None else str(location_id)[:100],
            reason=None,
        )


def _in_full(principal: Principal) -> Caller:
    return Caller.by(principal.actor, principal.grants)


def _kept(response: Response) -> Stored:
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    return Stored(response.status_code, bytes(response.body), headers)


def _replayed(stored: Stored) -> Response:
    headers = {**stored.headers, "Idempotent-Replayed": "true"}
    return Response(stored.body, stored.status, headers)
