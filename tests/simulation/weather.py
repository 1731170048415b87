"""The way between a process and what it stands on: how long it takes, and what gets lost on it."""

import asyncio
import random
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from tests.simulation.loop import Process, SeededLoop

GRAVITY: Final = 6

T = TypeVar("T")


class Way(Protocol):
    """See `Link`."""

    @property
    def reaches(self) -> bool: ...

    def now(self) -> float: ...

    def later(self, seconds: float, what: Callable[[], None]) -> None: ...

    async def pause(self, seconds: float) -> None: ...

    async def there_and_back(self, work: Callable[[], T], *, is_grave: bool = False) -> T: ...


ELSEWHERE: Final = Context()  # of no process
QUICK, SLOW, VERY_SLOW = 0.003, 1.0, 12.0  # seconds at the most; the last is past every lease


class Lost(Exception):
    """No answer: it may have happened or not."""


@dataclass(slots=True)
class Weather:
    """Shares of calls. `lost_there`: nothing happened. `lost_back`: it happened, without an answer.
    `deadly`: it happened, and the caller died before it knew."""

    lost_there: float = 0.0
    lost_back: float = 0.0
    deadly: float = 0.0
    slow: float = 0.0
    very_slow: float = 0.0

    @classmethod
    def drawn(cls, dice: random.Random) -> "Weather":
        """From calm, where only the order is by chance, to such as no clinic has seen."""
        how_bad = dice.choice((0.0, 0.5, 1.0, 2.0))
        return cls(
            lost_there=0.008 * how_bad,
            lost_back=0.012 * how_bad,
            deadly=dice.choice((0.0, 0.002, 0.006)),
            slow=0.01 * how_bad,
            very_slow=0.001 * how_bad,
        )

    def clear_up(self) -> None:
        self.lost_there = self.lost_back = self.deadly = self.slow = self.very_slow = 0.0


class Link:
    """One process's. Whoever is dead waits there for ever, and nothing of theirs arrives."""

    def __init__(
        self,
        loop: SeededLoop,
        dice: random.Random,
        weather: Weather,
        process: Process,
        die: Callable[[], None],
    ) -> None:
        self._die = die
        self._loop = loop
        self._dice = dice
        self._weather = weather
        self._process = process

    @property
    def reaches(self) -> bool:
        return not self._process.is_dead

    def now(self) -> float:
        return self._loop.time()

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        """On the other side, whatever becomes of the process."""
        self._loop.call_later(seconds, what, context=ELSEWHERE)

    async def pause(self, seconds: float) -> None:
        await self._loop.sleep(seconds)

    async def there_and_back(self, work: Callable[[], T], *, is_grave: bool = False) -> T:
        """Raises Lost; CancelledError once the process is dead. What is grave (a commit, something
        published, a letter) meets more ill luck than the many looks that find nothing."""
        await self._loop.sleep(self._takes(self._dice.random()))
        if not self.reaches:
            raise asyncio.CancelledError
        luck = self._dice.random() / (GRAVITY if is_grave else 1)
        weather = self._weather
        if luck < weather.lost_there:
            raise Lost("there")
        result = work()
        luck -= weather.lost_there
        if luck < weather.lost_back:
            raise Lost("back")
        if is_grave and luck - weather.lost_back < weather.deadly:
            self._die()
        return result

    def _takes(self, luck: float) -> float:
        weather = self._weather
        if luck < weather.very_slow:
            return self._dice.uniform(0, VERY_SLOW)
        if luck < weather.very_slow + weather.slow:
            return self._dice.uniform(0, SLOW)
        return self._dice.uniform(0, QUICK)


class ShortWay:
    """To a server in the same process, with nothing lost on it; a moment each way."""

    reaches = True

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        """Nobody dies here, so nothing is left for the server to end."""

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def there_and_back(self, work: Callable[[], T], *, is_grave: bool = False) -> T:
        await asyncio.sleep(0)
        return work()
