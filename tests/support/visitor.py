"""Somebody who knocks at every door of a running service, as its own description names them."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import httpx

from clinic_ctl.stack.stack import Stack
from clinic_platform.auth import Policy
from clinic_platform.data import load

CANARY: Final = "zwcanary"
JSON: Final = {"Content-Type": "application/json"}

Body = bytes | list[bytes]  # as it is, or in chunks of no declared length


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`fields` are the names of its body's, None where it takes no body; `role` may do it, None
    where anybody may."""

    service: str
    id: str
    method: str
    path: str
    fields: tuple[str, ...] | None
    role: str | None
    streams: bool = False

    def at(self, ids: Mapping[str, str]) -> str:
        """Its path with these ids in it, and a plausible unknown one for the others."""
        return re.sub(r"{(\w+)}", lambda name: ids.get(name[1], "1"), self.path)

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)


@cache
def operations_of(service: str, url: str) -> list[Operation]:
    described = httpx.get(f"{url}/openapi.json").raise_for_status().json()
    policy = Policy.parse(load(f"clinic_{service}", "policy.yaml"))
    return [
        Operation(
            service=service,
            id=operation["operationId"],
            method=method.upper(),
            path=path,
            fields=_fields(described, operation.get("requestBody")),
            role=min(policy.operations[operation["operationId"]] or (), default=None),
            streams="text/event-stream" in _content(operation),
        )
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


def _content(operation: Any) -> Mapping[str, object]:
    found: Mapping[str, object] = operation["responses"].get("200", {}).get("content", {})
    return found


def _fields(described: Any, body: Any) -> tuple[str, ...] | None:
    if body is None:
        return None
    schema = body["content"]["application/json"]["schema"]
    if "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return tuple(schema.get("properties", ()))


class Visitor:
    """Somebody who knocks at every operation of one service."""

    def __init__(self, clinic: Stack, service: str, client: httpx.AsyncClient) -> None:
        self.clinic = clinic
        self.operations = operations_of(service, clinic.url(service))
        self._url = clinic.url(service)
        self._client = client

    @property
    def changes(self) -> list[Operation]:
        """Those with a body. The public ones are few a minute: the first stands for them."""
        with_body = [operation for operation in self.operations if operation.fields is not None]
        public = [operation for operation in with_body if operation.role is None]
        return [operation for operation in with_body if operation not in public[1:]]

    async def send(
        self,
        operation: Operation,
        body: Body = b"{}",
        *,
        headers: Mapping[str, str] = JSON,
        token: str | None = None,
        ids: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """As somebody who may do it, unless there is another token. Of what goes on for ever it is
        the beginning that is read."""
        request = self._client.build_request(
            operation.method,
            f"{self._url}{operation.at(ids or {})}",
            content=body if isinstance(body, bytes) else _chunks(body),
            headers={
                "Idempotency-Key": "zwcanary-1",
                "If-Match": '"1"',
                **(self._authorization(operation) if token is None else {"Authorization": token}),
                **headers,
            },
        )
        answer = await self._client.send(request, stream=True)
        if answer.is_success and operation.streams:
            await answer.aclose()
        else:
            await answer.aread()
        return answer

    def token(self, operation: Operation, location: str) -> str:
        """Of somebody who may do it, at that location only."""
        assert operation.role is not None, "Anybody may."
        return f"Bearer {self.clinic.issuer.mint(operation.role, [location])}"

    def _authorization(self, operation: Operation) -> dict[str, str]:
        if operation.role is None:
            return {}
        return {"Authorization": self.token(operation, "loc_1")}


async def _chunks(body: list[bytes]) -> AsyncIterator[bytes]:
    for chunk in body:
        yield chunk


def fault_of(answer: httpx.Response, status: int) -> str:
    """The fault of a refusal, in words; empty if there is none."""
    if answer.status_code != status:
        return f"{answer.status_code}, not {status}: {answer.text[:200]}"
    if answer.headers["content-type"] != "application/problem+json":
        return answer.headers["content-type"]
    problem = answer.json()
    if not {"type", "title", "status", "code", "trace_id", "detail"} <= problem.keys():
        return f"it has only {sorted(problem)}"
    if CANARY in (answer.text + str(answer.headers)).lower():
        return "it repeats what was sent"
    return _fault_in_errors(problem) if status == httpx.codes.UNPROCESSABLE_ENTITY else ""


def _fault_in_errors(problem: Any) -> str:
    errors = problem.get("errors") or []
    is_clear = all(e["rule"] and e["message"] and "pointer" in e for e in errors)
    return "" if errors and is_clear else f"no field and rule in {problem}"
