"""The services' HTTP APIs, called as a clinic's front-end would: patiently, and never twice.

A service may be killed while it is being asked. Then the same request is sent again, under the same
Idempotency-Key, until it is answered.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import httpx

from clinic_ctl.demo.journal import JourneyBroken
from clinic_ctl.stack.issuer import Issuer
from clinic_platform.ids import new_id

ANSWER_WITHIN: Final = 90.0
ASK_EVERY: Final = 0.1
AGAIN: Final = 503


class Unexpected(JourneyBroken):
    """A service answered something else than the journey needs."""

    def __init__(self, method: str, path: str, answer: httpx.Response) -> None:
        super().__init__(f"{method} {path} answered {answer.status_code}: {answer.text[:500]}")


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody of the clinic, with one role at one location."""

    role: str
    actor: str


class Doors:
    def __init__(
        self,
        urls: Callable[[str], str],
        issuer: Issuer,
        location_id: str,
        client: httpx.AsyncClient,
    ) -> None:
        self._urls = urls
        self._issuer = issuer
        self._location = location_id
        self._client = client

    async def get(self, who: Who | None, service: str, path: str, **query: str) -> Any:
        answer = await self._patiently(
            "GET", self._at(service, path), self._headers(who), params=query
        )
        return _document(answer, "GET", path, {200})

    async def post(
        self,
        who: Who | None,
        service: str,
        path: str,
        body: dict[str, object] | None = None,
        *,
        expect: int | None = None,
        **headers: str,
    ) -> Any:
        """The answer's document. `expect` is its status, where that is not a success."""
        headers = {**self._headers(who), "Idempotency-Key": new_id("idk"), **headers}
        answer = await self._patiently("POST", self._at(service, path), headers, json=body or {})
        return _document(answer, "POST", path, {expect} if expect else {200, 201})

    async def put(
        self, who: Who | None, service: str, path: str, body: dict[str, object], **headers: str
    ) -> Any:
        headers = {**self._headers(who), **headers}
        answer = await self._patiently("PUT", self._at(service, path), headers, json=body)
        return _document(answer, "PUT", path, {200, 201})

    async def page(self, url: str) -> str:
        """A page as a browser gets it, without any login."""
        return (await self._patiently("GET", url, {})).raise_for_status().text

    def _at(self, service: str, path: str) -> str:
        return f"{self._urls(service)}{path}"

    def _headers(self, who: Who | None) -> dict[str, str]:
        if who is None:
            return {}
        token = self._issuer.mint(who.role, [self._location], subject=who.actor)
        return {"Authorization": f"Bearer {token}"}

    async def _patiently(
        self, method: str, url: str, headers: dict[str, str], **rest: Any
    ) -> httpx.Response:
        deadline = time.monotonic() + ANSWER_WITHIN
        while True:
            try:
                answer = await self._client.request(method, url, headers=headers, **rest)
                if answer.status_code != AGAIN:
                    return answer
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
            else:
                if time.monotonic() > deadline:
                    return answer
            await asyncio.sleep(ASK_EVERY)


def _document(answer: httpx.Response, method: str, path: str, expected: set[int]) -> Any:
    if answer.status_code not in expected:
        raise Unexpected(method, path, answer)
    return answer.json() if answer.content else None
