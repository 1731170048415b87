"""An event loop without a machine under it: a dice says which step is next, time is a number.

Processes are tags: a task belongs to the process in whose context it was made. A process can be
killed, after which none of its steps reaches anything outside it, or stopped, as by SIGSTOP.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import Any, Final, TypeAlias, TypeVar, cast

T = TypeVar("T")
Work: TypeAlias = Coroutine[Any, Any, T]

# Rarely a timer is late for nobody: it comes although others are ready, as on a busy machine.
TIME_RUNS_AHEAD: Final = 0.02


class Stuck(Exception):
    """Nobody is ready, and nobody waits for a time."""


class Process:
    """Tasks that die together."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_dead = False
        self.is_running = True
        self.tasks: list[asyncio.Task[Any]] = []
        self.roots: list[asyncio.Task[Any]] = []
        self.held: list[asyncio.Handle] = []


_process: ContextVar[Process | None] = ContextVar("simulated_process", default=None)


class SeededLoop(asyncio.BaseEventLoop):
    """Runs one coroutine and all that it starts. Whoever has the same dice has the same run."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self._dice = dice
        self._now = 0.0
        self._numbers = count()
        self._can_go_on: list[asyncio.Handle] = []
        self._of_the_dead: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self.steps = 0
        self.disturbed_at: float = inf
        self.disturb: Callable[[], None] = lambda: None

    def run(self, work: Work[T]) -> T:
        """To the end of `work`; what it started and did not wait for is left where it stands."""
        asyncio._set_running_loop(self)
        try:
            main = self.create_task(work)
            while not main.done():
                self._step()
            return cast(T, main.result())
        finally:
            asyncio._set_running_loop(None)
            self.close()

    def start(self, process: Process, work: Work[T]) -> asyncio.Task[T]:
        """A task of that process."""
        context = copy_context()
        context.run(_process.set, process)
        return self.create_task(work, context=context)

    def kill(self, process: Process) -> None:
        """Wherever its tasks are waiting. What they still do, unwinding, reaches nobody."""
        process.is_dead = True
        self.go_on(process)
        for task in process.tasks:
            task.cancel()

    def suspend(self, process: Process) -> None:
        process.is_running = False

    def go_on(self, process: Process) -> None:
        """After it was stopped: with all that has come meanwhile."""
        process.is_running = not process.is_dead
        self._can_go_on.extend(process.held)
        process.held.clear()

    async def sleep(self, seconds: float) -> None:
        """As asyncio's, in half the steps of Python: a run does little else."""
        woken = self.create_future()
        self.call_at(self._now + seconds, _wake, woken)
        await woken

    def time(self) -> float:
        return self._now

    def get_debug(self) -> bool:
        return False

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._enqueue(handle)
        return handle

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heappush(self._timers, (when, next(self._numbers), handle))
        return handle

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]
        self, coro: Any, *, name: str | None = None, context: Context | None = None, **_: Any
    ) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=self, name=name, context=context)
        process = _process.get() if context is None else context.get(_process)
        if process is not None:
            process.tasks.append(task)
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """A task that nobody waits for: of a dead process, or the checkers will miss its work."""

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is passed over when its time comes."""

    def _step(self) -> None:
        if self._of_the_dead:  # without the dice: how many there are must change nothing
            self._of_the_dead.popleft()._run()
            return
        self.steps += 1
        if self.steps >= self.disturbed_at:
            self.disturb()
        timers = self._timers
        if timers and (not self._can_go_on or self._dice.random() < TIME_RUNS_AHEAD):
            self._let_time_pass()
        elif not self._can_go_on:
            raise Stuck
        if self._can_go_on:
            self._run_one()

    def _run_one(self) -> None:
        ready = self._can_go_on
        number = int(self._dice.random() * len(ready))
        ready[number], ready[-1] = ready[-1], ready[number]
        handle = ready.pop()
        process = _process_of(handle)
        if process is None or process.is_running:
            if not handle._cancelled:
                handle._run()
        else:
            (self._of_the_dead if process.is_dead else process.held).append(handle)

    def _let_time_pass(self) -> None:
        """Until the next timer, and all that are due with it."""
        timers = self._timers
        self._now = max(self._now, timers[0][0])
        while timers and timers[0][0] <= self._now:
            _, _, handle = heappop(timers)
            if not handle._cancelled:
                self._enqueue(handle)

    def _enqueue(self, handle: asyncio.Handle) -> None:
        process = _process_of(handle)
        if process is not None and process.is_dead:
            self._of_the_dead.append(handle)
        else:
            self._can_go_on.append(handle)


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)


def _process_of(handle: asyncio.Handle) -> Process | None:
    return handle._context.get(_process)  # type: ignore[attr-defined,no-any-return]
