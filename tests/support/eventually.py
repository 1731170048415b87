"""Waiting for what other processes do, by asking and never by sleeping for luck."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

ASK_EVERY = 0.05


async def eventually(ask: Callable[[], Awaitable[T]], *, within: float = 60) -> T:
    """The first answer that is true. AssertionError when there is none in time."""
    deadline = time.monotonic() + within
    while not (answer := await ask()):
        assert time.monotonic() < deadline, f"Not so within {within} s; the last answer: {answer}"
        await asyncio.sleep(ASK_EVERY)
    return answer
