"""Memory: two million events through one worker; twelve hours of looking and finding nothing."""

import asyncio
import json
import subprocess
import sys
from typing import Final

from benchmarks.measure import Bar, Ground

UNIT: Final = "MiB"
ROUNDS: Final = 1  # minutes each; what is asked is whether it grows, and it is its own peer

_late: dict[str, float] = {}


async def grown(*what: str) -> float:
    """MiB early on; what it was at the end is kept for the contender after this."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.growing", *what, stdout=subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    early, late = json.loads(out)
    _late[what[0]] = late / 1024
    return float(early) / 1024


async def events_early(_: Ground) -> float:
    return await grown("events")


async def events_late(_: Ground) -> float:
    return _late["events"]


async def idle_early(ground: Ground) -> float:
    return await grown("idle", ground.mongo)


async def idle_late(_: Ground) -> float:
    return _late["idle"]


CONTENDERS: Final = {
    "after 50 thousand events": events_early,
    "after 2 million events": events_late,
    "after 10 idle minutes": idle_early,
    "after 12 idle hours": idle_late,
}
BARS: Final = (
    Bar("after 2 million events", "after 50 thousand events", at_most=1.1),
    Bar("after 12 idle hours", "after 10 idle minutes", at_most=1.1),
)
