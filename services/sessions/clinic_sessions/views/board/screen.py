"""One screen that follows a board: what waits for it, and never more than so much."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Final

# What may wait for one screen. One that is further behind is let go: it comes again with the id of
# what it saw last, and catches up.
WAITING: Final = 16


class Screen:
    """Until `begin` it only remembers what has moved meanwhile; from then on it has events."""

    def __init__(self, leave: "Callable[[Screen], None]") -> None:
        self._leave = leave
        self._opening: bytes | None = None
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING + 1)
        self.meanwhile: set[str] | None = set()  # None: everything

    def begin(self, opening: bytes) -> None:
        self._opening = opening

    def offer(self, event: bytes, moved: set[str] | None) -> bool:
        """False when it cannot take any more."""
        if self._opening is None:
            is_all = moved is None or self.meanwhile is None
            self.meanwhile = None if is_all else {*(self.meanwhile or ()), *(moved or ())}
            return True
        if self._waiting.qsize() >= WAITING:
            return False
        self._waiting.put_nowait(event)
        return True

    def end(self) -> None:
        """Nothing more is coming, and what waits is not sent either."""
        while not self._waiting.empty():
            self._waiting.get_nowait()
        self._waiting.put_nowait(None)

    async def events(self) -> AsyncGenerator[bytes, None]:
        """As bytes, until it is let go."""
        assert self._opening is not None, "It has begun."
        try:
            yield self._opening
            while (event := await self._waiting.get()) is not None:
                yield event
        finally:
            self._leave(self)
