"""The sandbox's clock, moved for all services at once, stopping at whatever falls due."""

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, TypedDict

import httpx

ASK_EVERY: Final = 0.1
SETTLE_WITHIN: Final = 60.0


class _Promises(TypedDict):
    overdue: int
    next_due_at: str | None


class _Events(TypedDict):
    outbox: int
    lag: int | None
    parked: int


class State(TypedDict):
    now: str
    promises: _Promises
    events: _Events
    idle: bool


class NotSettled(Exception):
    """Something is still under way; the message says where."""


class Sandbox:
    """`services`: the management address of each, by name. One that is away is asked until it is
    back, so that time moves for all of them or for none."""

    def __init__(self, services: Mapping[str, str]) -> None:
        self._services = dict(services)
        self._client = httpx.AsyncClient(timeout=5)

    async def close(self) -> None:
        await self._client.aclose()

    async def states(self) -> dict[str, State]:
        """What each service says of itself. NotSettled when one does not answer in time."""
        answers = await asyncio.gather(*(self._ask(name) for name in self._services))
        return dict(zip(self._services, answers, strict=True))

    async def now(self) -> datetime:
        states = await self.states()
        return max(datetime.fromisoformat(state["now"]) for state in states.values())

    async def settle(self) -> dict[str, State]:
        """Return when nothing is under way: no event unsaid or unheard, no promise overdue.

        Seen twice in a row, because an event is for a moment neither in an outbox nor on a topic.
        """
        deadline = time.monotonic() + SETTLE_WITHIN
        seen = 0
        while True:
            states = await self.states()
            seen = seen + 1 if all(state["idle"] for state in states.values()) else 0
            if seen == 2:
                return states
            if time.monotonic() > deadline:
                raise NotSettled(f"Still under way after {SETTLE_WITHIN:.0f} s: {_busy(states)}.")
            await asyncio.sleep(ASK_EVERY)

    async def advance(self, to: datetime) -> None:
        """Move all clocks to `to`, stopping at each promise that falls due before."""
        while True:
            states = await self.settle()
            due = [
                datetime.fromisoformat(state["promises"]["next_due_at"])
                for state in states.values()
                if state["promises"]["next_due_at"] is not None
            ]
            stop = min([to, *due])
            now = max(datetime.fromisoformat(state["now"]) for state in states.values())
            if stop > now:
                await self._move(stop)
            if stop >= to:
                await self.settle()
                return

    async def _move(self, to: datetime) -> None:
        await asyncio.gather(*(self._tell(name, to) for name in self._services))

    async def _tell(self, name: str, to: datetime) -> None:
        # A service that moved already, or whose real time has passed it, has nothing to be told.
        while datetime.fromisoformat((await self._ask(name))["now"]) < to:
            try:
                await self._client.put(
                    f"{self._services[name]}/sandbox/clock", json={"now": to.isoformat()}
                )
            except httpx.HTTPError:
                await asyncio.sleep(ASK_EVERY)

    async def _ask(self, name: str) -> State:
        deadline = time.monotonic() + SETTLE_WITHIN
        while True:
            try:
                answer = await self._client.get(f"{self._services[name]}/sandbox/state")
                if answer.is_success:
                    state: State = answer.json()
                    return state
            except httpx.HTTPError:
                pass
            if time.monotonic() > deadline:
                raise NotSettled(f"{name} does not answer.")
            await asyncio.sleep(ASK_EVERY)


def parse_duration(text: str) -> timedelta:
    """`90s`, `30m`, `12h`, `30d` or `2w`. ValueError otherwise."""
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    number, unit = text[:-1], text[-1:]
    if not number.isascii() or not number.isdigit() or unit not in units:
        raise ValueError(f"{text!r} is not a duration like 90s, 30m, 12h, 30d or 2w.")
    return timedelta(**{units[unit]: int(number)})


def _busy(states: Mapping[str, State]) -> str:
    return "; ".join(
        f"{name}: {state['promises']} {state['events']}"
        for name, state in states.items()
        if not state["idle"]
    )
