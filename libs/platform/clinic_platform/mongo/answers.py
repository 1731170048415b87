"""A call given to the driver is awaited to its end, also by a task that is cancelled meanwhile.

Motor runs each call in a thread that cannot be stopped. Were the transaction aborted first, what
the thread is about to write would be written outside of it; and a session serves one call at a
time. The driver's own time-outs bound the wait.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

T = TypeVar("T")


async def answer_to(call: Awaitable[T], session: Any) -> T:
    """The result of a write. Without a session it is atomic by itself, and not waited for."""
    if session is None or not isinstance(call, asyncio.Future):
        return await call
    try:
        return await asyncio.shield(call)
    except asyncio.CancelledError:
        await answered(call)
        raise


async def answered(call: asyncio.Future[Any]) -> None:
    """Return once the call has ended, whatever its result."""
    while not call.done():
        try:
            await asyncio.wait([call])
        except asyncio.CancelledError:
            continue
    call.exception()
