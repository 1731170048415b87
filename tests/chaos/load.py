"""Clients in numbers: each one of a patient's commands after the other, through the doors.

A client does what a front-end does: sends a command under an Idempotency-Key, and again under the
same one until it is answered. What it sent and what came back is in the history.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import httpx

from clinic_ctl.demo.doors import AGAIN, Who
from clinic_ctl.stack.issuer import Issuer
from clinic_platform.auth.callers import ANYBODY
from clinic_platform.ids import new_id
from tests.chaos.history import Call, History
from tests.chaos.operations import OPERATIONS, PATH, Operation

ANSWER_WITHIN: Final = 420.0  # the broker is away for three minutes in one of the scenarios
ASK_EVERY: Final = 0.1
TOKEN_MINUTES: Final = 600

Pace = Callable[[], Awaitable[None]]


class Refused(Exception):
    """A service answered what no front-end should see. The storm has found something."""

    def __init__(self, call: Call, answer: httpx.Response) -> None:
        super().__init__(f"{call.operation} answered {answer.status_code}: {answer.text[:300]}")


class Unanswered(Exception):
    def __init__(self, call: Call) -> None:
        super().__init__(f"{call.operation} was not answered within {ANSWER_WITHIN:.0f} s.")


class Client:
    """Sends commands, and asks questions, until they are answered. `pace` is awaited before each
    new command: it may hold it up until a fault has come."""

    def __init__(
        self,
        urls: Mapping[str, str],
        issuer: Issuer,
        history: History,
        http: httpx.AsyncClient,
        pace: Pace,
    ) -> None:
        self._urls = urls
        self._issuer = issuer
        self._history = history
        self._http = http
        self._pace = pace
        self._tokens: dict[str, str] = {}

    async def command(
        self, name: str, body: Mapping[str, object], *, on: str = ""
    ) -> Mapping[str, Any]:
        """The answer's document. Raises Refused, Unanswered. `on` is the id in the path."""
        await self._pace()
        operation = OPERATIONS[name]
        call = Call(
            key=new_id("idk"),
            service=operation.service,
            operation=name,
            path=operation.path.format(id=on),
            actor=ANYBODY.actor if operation.who is None else operation.who.actor,
        )
        answer = await self._until_answered(call, operation.who, body)
        document: Mapping[str, Any] = answer.json()
        _note_effects(call, operation, on, document)
        return document

    async def ask(self, who: Who, service: str, path: str, **query: str) -> Mapping[str, Any]:
        """A read. Asked again until it is answered."""
        url, deadline = f"{self._urls[service]}{path}", time.monotonic() + ANSWER_WITHIN
        while time.monotonic() < deadline:
            answer = await self._attempt("GET", url, self._headers(who), params=query)
            if answer is not None and answer.is_success:
                found: Mapping[str, Any] = answer.json()
                return found
            await asyncio.sleep(ASK_EVERY)
        raise TimeoutError(f"GET {path} was not answered.")

    async def _until_answered(
        self, call: Call, who: Who | None, body: Mapping[str, object]
    ) -> httpx.Response:
        url = f"{self._urls[call.service]}{call.path}"
        headers = {
            **self._headers(who),
            "Idempotency-Key": call.key,
            "X-Correlation-ID": call.correlation,
        }
        deadline = time.monotonic() + ANSWER_WITHIN
        while time.monotonic() < deadline:
            self._history.invoke(call)
            sent_at = time.monotonic()
            answer = await self._attempt("POST", url, headers, json=body)
            if answer is None:
                self._history.lose(call, sent_at)
            elif answer.status_code != AGAIN:
                self._history.end(call, "ok" if answer.is_success else "fail", answer.status_code)
                if not answer.is_success:
                    raise Refused(call, answer)
                return answer
            else:
                self._history.refuse(call, politely="Retry-After" in answer.headers)
            await asyncio.sleep(ASK_EVERY)
        raise Unanswered(call)

    async def _attempt(
        self, method: str, url: str, headers: Mapping[str, str], **rest: Any
    ) -> httpx.Response | None:
        try:
            return await self._http.request(method, url, headers=dict(headers), **rest)
        except httpx.TransportError:
            return None

    def _headers(self, who: Who | None) -> dict[str, str]:
        if who is None:
            return {}
        if who.actor not in self._tokens:
            token = self._issuer.mint(who.role, minutes=TOKEN_MINUTES, subject=who.actor)
            self._tokens[who.actor] = token
        return {"Authorization": f"Bearer {self._tokens[who.actor]}"}


def _note_effects(
    call: Call, operation: Operation, on: str, document: Mapping[str, object]
) -> None:
    def found(where: str) -> str:
        return on if where == PATH else str(document[where])

    call.about = found(operation.about)
    call.touches = tuple((collection, found(where)) for collection, where in operation.touches)
    call.answer = document
