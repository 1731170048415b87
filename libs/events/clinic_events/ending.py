"""Work under way when its process is asked to stop is finished first, within a time limit.

A batch that is on the topic and not yet deleted would be published again, a letter that the mail
server has and nobody has noted would be sent again. A kill leaves such things behind; an ordered
stop, as in each deployment, does not have to.
"""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, Final, TypeVar

T = TypeVar("T")

# How long a stop waits for work under way; a process has four times as long in all.
ENDS_WITHIN: Final = timedelta(seconds=5)


async def to_its_end(work: Coroutine[Any, Any, T], *, within: timedelta = ENDS_WITHIN) -> T:
    """The result of `work`. A caller that is cancelled meanwhile waits for it first, and cancels it
    only when the time is over."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=within.total_seconds())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise
