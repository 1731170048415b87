"""The events a listener's handler fails on, how, and until when: drawn from a dice."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from typing import Final

from clinic_events.errors import Park

HANGS: Final = 0.03  # of the events, the first time a handler has them


class Failing:
    """`commands`: key → how many versions of it there will be."""

    def __init__(self, dice: random.Random, seed: int, commands: Mapping[str, int]) -> None:
        self._dice = dice
        every = [(key, v) for key, most in commands.items() for v in range(1, most + 1)]
        self._poison = {one for one in every if dice.random() < 0.06}
        self.hopeless = frozenset(one for one in every if dice.random() < 0.03)
        self._flaky = Counter({one: dice.randint(1, 3) for one in every if dice.random() < 0.08})
        # By a dice of its own, so that whatever else a seed draws stays the same.
        other = random.Random(seed + 1 / 3)
        self._hanging = Counter({one: 1 for one in every if other.random() < HANGS})
        self.is_mended = False

    async def at(self, key: str, version: int) -> None:
        """Raises, or never returns, where this event is not to be borne now."""
        event = key, version
        if self._hanging[event]:
            self._hanging[event] -= 1
            await asyncio.Event().wait()
        if event in self.hopeless or (event in self._poison and not self.is_mended):
            raise Park if self._dice.random() < 0.5 else ValueError
        if self._flaky[event]:
            self._flaky[event] -= 1
            raise ValueError
