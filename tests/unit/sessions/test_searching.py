"""A search for a place does not stop whoever else is served."""

import asyncio
from threading import Event

from clinic_sessions.handlers.booking.placing import searched


async def test_while_somebody_searches_others_go_on() -> None:
    somebody_else_came = Event()

    async def come() -> None:
        somebody_else_came.set()

    search = asyncio.create_task(searched(lambda: somebody_else_came.wait(10)))
    await asyncio.sleep(0)  # the search is under way
    await come()
    assert await search, "Nobody came until the search was at its end."
