"""Faults, and the conductor who lets each strike after so many commands. A fault heals itself."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple

from clinic_ctl.stack.services import NAMES
from clinic_ctl.stack.stack import Stack
from tests.chaos.members import Member
from tests.support.eventually import eventually
from tests.support.proxy import Mode, Proxy

# Past a lease (10 s), a claim of what is not begun (15 s), and an act's claim, a command's marker
# and the group's session (30 s each).
PAST_EVERY_LEASE: Final = 36.0
# As long as a service may take to end itself: `lifecycle.DRAIN_WITHIN`, and a look.
ENDS_WITHIN: Final = 22.0
LOOK_EVERY: Final = 0.02
# Clients may be so many commands ahead of a fault that is due: it is to strike in mid-work.
AHEAD: Final = 24


@dataclass(frozen=True, slots=True)
class Fault:
    """`strike` blocks until the fault has healed. `work_goes_on` where commands must be answered
    all the same, while it lasts; `meets_work` where some surely come then. `clock_off_by` is how
    wrong a worker's wall clock is then. `terminates` is the service that was asked to end."""

    name: str
    strike: Callable[[], None]
    work_goes_on: bool = False
    meets_work: bool = False
    clock_off_by: timedelta = timedelta()
    terminates: str = ""


def killed(stack: Stack, *services: str) -> Fault:
    """`kill -9`, and started again at once."""

    def strike() -> None:
        for service in services:
            stack.kill(service)
        stack.up(services)

    return Fault(f"kill {' and '.join(services)}", strike)


def witness_killed(witness: Member, stack: Stack) -> Fault:
    """As `killed`, of the one process that the stack does not know."""

    def strike() -> None:
        witness.kill()
        witness.start(stack.folder / f"{witness.name}.log")
        asyncio.run(eventually(witness.is_ready, within=60))

    return Fault("kill the witness", strike)


def asleep(stack: Stack, part: str, seconds: float, *, work_goes_on: bool = False) -> Fault:
    """Stopped in the middle of whatever it does, for so long, and then let go on."""

    def strike() -> None:
        pid = stack.part(part).pid
        assert pid is not None, f"{part} is not ours."
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            os.kill(pid, signal.SIGCONT)

    name = f"stop {part} for {seconds:.0f} s"
    return Fault(name, strike, work_goes_on=work_goes_on, meets_work=work_goes_on)


class DidNotEnd(Exception):
    """A process that was asked to end itself was still there when its time was over."""

    def __init__(self, part: str) -> None:
        super().__init__(f"{part} did not end within {ENDS_WITHIN:.0f} s of being asked to.")


def terminated(stack: Stack, service: str) -> Fault:
    """SIGTERM in the middle of its work, and started again once it is gone. Raises DidNotEnd."""

    def strike() -> None:
        part = stack.part(service)
        assert part.pid is not None, f"{service} is not ours."
        os.kill(part.pid, signal.SIGTERM)
        deadline = time.monotonic() + ENDS_WITHIN
        while part.is_alive:
            if time.monotonic() > deadline:
                raise DidNotEnd(service)
            time.sleep(LOOK_EVERY)
        stack.up([service])

    return Fault(f"SIGTERM to {service}", strike, terminates=service)


def twin_ended(twin: Member, log: Path, *, kill: bool) -> Fault:
    """Of the second process of one service: `kill -9` or SIGTERM, and started again at once."""

    def strike() -> None:
        if kill:
            twin.kill()
        else:
            twin.end(within=ENDS_WITHIN)
        twin.start(log)
        asyncio.run(eventually(twin.is_ready, within=60))

    return Fault(f"{'kill' if kill else 'SIGTERM to'} the second {twin.name}", strike)


def restarted(stack: Stack, part: str) -> Fault:
    """Ended in order, and started again."""

    def strike() -> None:
        stack.restart(part)

    return Fault(f"restart {part}", strike)


def cut_off(proxy: Proxy, mode: Mode, seconds: float, *, meets_work: bool = False) -> Fault:
    """The part behind the proxy cannot be reached, in one way or another, for so long."""

    def strike() -> None:
        proxy.mode = mode
        try:
            time.sleep(seconds)
        finally:
            proxy.mode = Mode.PASS

    name = f"{mode} for {seconds:.0f} s"
    return Fault(name, strike, work_goes_on=True, meets_work=meets_work)


def random_kills(stack: Stack, dice: random.Random, count: int) -> list[Fault]:
    """One service, or now and then two together."""
    return [
        killed(stack, *dice.sample(NAMES, 2 if dice.random() < 0.1 else 1)) for _ in range(count)
    ]


def spread(faults: Sequence[Fault], commands: int, dice: random.Random) -> list[tuple[int, Fault]]:
    """After which command each: one in each stretch of equal length, anywhere in it."""
    stretch = commands / max(1, len(faults))
    return [(int((n + dice.random()) * stretch), fault) for n, fault in enumerate(faults)]


class Struck(NamedTuple):
    """A fault, from when until when by the monotonic clock."""

    fault: Fault
    began_at: float
    healed_at: float


class Conductor:
    """Counts the commands and lets the faults strike, one after another. Nobody runs ahead."""

    def __init__(self, faults: Sequence[tuple[int, Fault]]) -> None:
        self._waiting = sorted(faults, key=lambda fault: fault[0])
        self._commands = 0
        self._is_striking = False
        self._moved = asyncio.Condition()
        self.struck: list[Struck] = []
        self.healed_at = time.monotonic()

    async def pace(self) -> None:
        """Before each command: waits while a fault that was due long ago has not struck yet."""
        async with self._moved:
            self._commands += 1
            self._moved.notify_all()
            mine = self._commands
            await self._moved.wait_for(
                lambda: not self._waiting or mine <= self._waiting[0][0] + AHEAD
            )

    async def run(self) -> None:
        """Until the last fault has healed."""
        while self._waiting:
            async with self._moved:
                await self._moved.wait_for(lambda: self._commands >= self._waiting[0][0])
                self._is_striking = True
                _, fault = self._waiting.pop(0)
                self._moved.notify_all()
            await self.strike(fault)
            async with self._moved:
                self._is_striking = False
                self._moved.notify_all()

    async def strike(self, fault: Fault) -> None:
        """Now, whatever the count."""
        began_at = time.monotonic()
        await asyncio.to_thread(fault.strike)
        self.healed_at = time.monotonic()
        self.struck.append(Struck(fault, began_at, self.healed_at))

    async def calm(self) -> None:
        """Until every fault that is due has healed."""
        async with self._moved:
            await self._moved.wait_for(lambda: not self._is_striking and not self._is_due())

    def _is_due(self) -> bool:
        return bool(self._waiting) and self._commands >= self._waiting[0][0]
