"""A call handed to the driver is waited for, also by a task that is cancelled meanwhile.

Motor hands each call to a thread that nobody can stop. Were the transaction undone first, what such
a thread is about to write would be written by itself, outside of it; and a session is no place for
two. The driver's own time-outs bound the wait.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

T = TypeVar("T")


async def answer_to(call: Awaitable[T], session: Any) -> T:
    """Of a write. Without a session it is whole by itself, and nobody waits for it."""
    if session is None or not isinstance(call, asyncio.Future):
        return await call
    try:
        return await asyncio.shield(call)
    except asyncio.CancelledError:
        await answered(call)
        raise


async def answered(call: asyncio.Future[Any]) -> None:
    """Once there is an answer, whatever it is."""
    while not call.done():
        try:
            await asyncio.wait([call])
        except asyncio.CancelledError:
            continue
    call.exception()
