"""A thread that the driver has begun is waited for, where it writes in a transaction."""

import asyncio
from threading import Event

import pytest

from clinic_platform.mongo.answers import answer_to

SESSION = object()


async def cancelled_while_a_thread_writes(session: object | None, may_go_on: Event) -> bool:
    """Whether the one who waits has ended before the thread has."""
    written = asyncio.get_running_loop().run_in_executor(None, may_go_on.wait)
    waiting = asyncio.create_task(answer_to(written, session))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting], timeout=0.1)
    has_ended = waiting.done()
    may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    return has_ended


async def test_a_task_cancelled_in_a_transaction_waits_for_its_write() -> None:
    assert not await cancelled_while_a_thread_writes(SESSION, Event())


async def test_outside_of_a_transaction_nobody_waits() -> None:
    assert await cancelled_while_a_thread_writes(None, Event())


async def test_a_write_is_answered() -> None:
    loop = asyncio.get_running_loop()
    assert await answer_to(loop.run_in_executor(None, lambda: 7), SESSION) == 7
    with pytest.raises(ZeroDivisionError):
        await answer_to(loop.run_in_executor(None, lambda: 1 // 0), SESSION)
