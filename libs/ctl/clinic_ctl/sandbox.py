"""The sandbox's time: moved forward in all services together, from one due thing to the next.

Jumping at once would do things out of their order: a reminder after the visit it is for. So time
stops at each moment at which something is due, until every service has done what it had to.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

import httpx

POLL_EVERY: Final = 0.05  # seconds, at first
POLL_AT_LEAST_EVERY: Final = 0.5
QUIET_LOOKS: Final = 2  # an event may be between two services at the first
SETTLE_WITHIN: Final = timedelta(seconds=60)
ANSWER_WITHIN: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """What one service reports of itself."""

    now: datetime
    idle: bool
    overdue: int
    next_due_at: datetime | None
    outbox: int
    lag: int | None
    parked: int

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        promises, events = document["promises"], document["events"]
        due = promises["next_due_at"]
        return cls(
            now=datetime.fromisoformat(document["now"]),
            idle=document["idle"],
            overdue=promises["overdue"],
            next_due_at=None if due is None else datetime.fromisoformat(due),
            outbox=events["outbox"],
            lag=events["lag"],
            parked=events.get("parked", 0),
        )

    def __str__(self) -> str:
        lag = "unknown" if self.lag is None else self.lag
        return f"{self.overdue} overdue, outbox {self.outbox}, lag {lag}"


class NotSettled(Exception):
    """Some service still had something to do."""

    def __init__(self, states: Mapping[str, ServiceState | None], within: timedelta) -> None:
        busy = "; ".join(
            f"{name}: {'does not answer' if state is None else state}"
            for name, state in states.items()
            if state is None or not state.idle
        )
        super().__init__(f"Not all was quiet within {within.total_seconds():.0f} s ({busy}).")


class Sandbox:
    """The services by the addresses of their management ports.

    Its methods raise httpx.HTTPError when one does not answer. Settling is patient with that: a
    service that is being restarted is one that is not idle.
    """

    def __init__(
        self,
        management: Mapping[str, str],
        client: httpx.AsyncClient,
        *,
        on_step: Callable[[datetime], None] | None = None,
    ) -> None:
        self._management = dict(management)
        self._client = client
        self._on_step = on_step

    async def states(self) -> dict[str, ServiceState]:
        answers = await asyncio.gather(*map(self._state, self._management.values()))
        return dict(zip(self._management, answers, strict=True))

    async def now(self) -> datetime:
        """The latest of the services' times: none of them can be moved to before its own."""
        return max(state.now for state in (await self.states()).values())

    async def settle(self, *, within: timedelta = SETTLE_WITHIN) -> dict[str, ServiceState]:
        """Wait until all are idle twice in a row. Raises NotSettled."""
        began, looks = time.monotonic(), 0
        while True:
            states = await self._states_but_those_away()
            is_quiet = None not in states.values() and all(s.idle for s in _known(states).values())
            looks = looks + 1 if is_quiet else 0
            if looks == QUIET_LOOKS:
                return _known(states)
            waited = time.monotonic() - began
            if waited > within.total_seconds():
                raise NotSettled(states, within)
            await asyncio.sleep(POLL_EVERY if is_quiet else _pause(waited))

    async def advance(self, to: datetime) -> dict[str, ServiceState]:
        """Move time to `to`, stopping wherever something is due. Raises NotSettled.

        A `to` that has passed already only waits until all is quiet.
        """
        states = await self.settle()
        while (now := max(state.now for state in states.values())) < to:
            await self._move(max(now, _next_stop(states, to)))
            states = await self.settle()
        return states

    async def _states_but_those_away(self) -> dict[str, ServiceState | None]:
        asked = map(self._state, self._management.values())
        answers = await asyncio.gather(*asked, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, httpx.HTTPError):
                raise answer
        known = [answer if isinstance(answer, ServiceState) else None for answer in answers]
        return dict(zip(self._management, known, strict=True))

    async def _move(self, instant: datetime) -> None:
        if self._on_step is not None:
            self._on_step(instant)
        moves: list[Awaitable[None]] = [
            self._move_one(address, instant) for address in self._management.values()
        ]
        await asyncio.gather(*moves)

    async def _move_one(self, address: str, instant: datetime) -> None:
        """Time runs on by itself too, so a service may be there already: refused, and no matter."""
        moved = await self._client.put(
            f"{address}/sandbox/clock", json={"now": instant.isoformat()}, timeout=ANSWER_WITHIN
        )
        if moved.status_code == httpx.codes.CONFLICT and (await self._state(address)).now < instant:
            raise httpx.HTTPStatusError(moved.text, request=moved.request, response=moved)
        if moved.status_code != httpx.codes.CONFLICT:
            moved.raise_for_status()

    async def _state(self, address: str) -> ServiceState:
        answer = await self._client.get(f"{address}/sandbox/state", timeout=ANSWER_WITHIN)
        return ServiceState.read(answer.raise_for_status().json())


def _known(states: Mapping[str, ServiceState | None]) -> dict[str, ServiceState]:
    return {name: state for name, state in states.items() if state is not None}


def _pause(waited: float) -> float:
    """Looking costs those who are to come to rest: the longer it takes, the less often."""
    return min(max(POLL_EVERY, waited / 10), POLL_AT_LEAST_EVERY)


def _next_stop(states: Mapping[str, ServiceState], to: datetime) -> datetime:
    return min([to, *(s.next_due_at for s in states.values() if s.next_due_at is not None)])
