"""An event loop without a machine under it: a dice chooses which step is next, time is a number.

Processes are tags: a task belongs to the process in whose context it was made. A process can be
killed, after which none of its steps reaches anything outside it, or stopped, as by SIGSTOP.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
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


class Step:
    """As asyncio's handle, without what only serves its debugging: a run makes thousands."""

    __slots__ = ("args", "callback", "context", "is_cancelled", "process")

    def __init__(
        self, callback: Callable[..., object], args: tuple[Any, ...], context: Context | None
    ) -> None:
        self.callback = callback
        self.args = args
        self.context = copy_context() if context is None else context
        self.process = self.context.get(_process)
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True

    def run(self) -> None:
        self.context.run(self.callback, *self.args)


class Process:
    """Tasks that die together."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_dead = False
        self.is_running = True
        self.tasks: list[asyncio.Task[Any]] = []
        self.roots: list[asyncio.Task[Any]] = []
        self.held: list[Step] = []


_process: ContextVar[Process | None] = ContextVar("simulated_process", default=None)


class SeededLoop(asyncio.BaseEventLoop):
    """Runs one coroutine and all that it starts. Whoever has the same dice has the same run."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self._chance = dice.random
        self._now = 0.0
        self._numbers = count()
        self._can_go_on: list[Step] = []
        self._of_the_dead: deque[Step] = deque()
        self._timers: list[tuple[float, int, Step | asyncio.Future[None]]] = []
        self.steps = 0
        self.disturbed_at: float = inf
        self.disturb: Callable[[], None] = lambda: None

    def run(self, work: Work[T]) -> T:
        """To the end of `work`; what it started and did not wait for is left where it stands."""
        asyncio._set_running_loop(self)
        try:
            main = self.create_task(work)
            while not main.done():
                # What fails in nobody's arms is of the dead, or the checkers will miss its work.
                with suppress(Exception, asyncio.CancelledError):
                    self._go_on_until(main)
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

    def sleep(self, seconds: float) -> asyncio.Future[None]:
        """To be awaited, as asyncio's. Whoever sleeps is ready when it is time, in one step."""
        woken: asyncio.Future[None] = asyncio.Future(loop=self)
        heappush(self._timers, (self._now + seconds, next(self._numbers), woken))
        return woken

    def time(self) -> float:
        return self._now

    def get_debug(self) -> bool:
        return False

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Step:
        step = Step(callback, args, context)
        self._enqueue(step)
        return step

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> Step:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> Step:
        step = Step(callback, args, context)
        heappush(self._timers, (when, next(self._numbers), step))
        return step

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

    def _go_on_until(self, main: asyncio.Task[T]) -> None:
        while not main.done():
            self._step()

    def _step(self) -> None:
        if self._of_the_dead:  # without the dice: how many there are must change nothing
            self._of_the_dead.popleft().run()
            return
        self.steps += 1
        if self.steps >= self.disturbed_at:
            self.disturb()
        ready = self._can_go_on
        if self._timers and (not ready or self._chance() < TIME_RUNS_AHEAD):
            self._let_time_pass()
        elif not ready:
            raise Stuck
        if ready:
            self._run_one(ready)

    def _run_one(self, ready: list[Step]) -> None:
        if len(ready) > 1:
            number = int(self._chance() * len(ready))
            ready[number], ready[-1] = ready[-1], ready[number]
        step = ready.pop()
        process = step.process
        if process is None or process.is_running:
            if not step.is_cancelled:
                step.run()
        else:
            (self._of_the_dead if process.is_dead else process.held).append(step)

    def _let_time_pass(self) -> None:
        """Until the next timer, and all that are due with it."""
        timers = self._timers
        self._now = max(self._now, timers[0][0])
        while timers and timers[0][0] <= self._now:
            _, _, due = heappop(timers)
            if isinstance(due, Step):
                if not due.is_cancelled:
                    self._enqueue(due)
            elif not due.done():
                due.set_result(None)

    def _enqueue(self, step: Step) -> None:
        process = step.process
        if process is not None and process.is_dead:
            self._of_the_dead.append(step)
        else:
            self._can_go_on.append(step)
