"""Reads that need not wait for one another: asked for at the same time.

Inside a transaction they become one statement to the database. A transaction belongs to one task,
and stays with it: what runs here may only read, and the task that has opened the transaction sends
for all of them whatever they are waiting for, whenever none of them can go on.
"""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias, TypeVar, overload

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")

Reading: TypeAlias = Coroutine[Any, Any, A]
Question: TypeAlias = Any  # what the reader of the open transaction takes and answers: its own
Answer: TypeAlias = Any


class Reader(Protocol):
    """An open transaction, as far as it can be read from."""

    async def answers(self, questions: Sequence[Question]) -> Sequence[Answer]:
        """One answer for each, in their order. Only for the task whose transaction it is."""
        ...


@dataclass(slots=True)
class Gathering:
    """The tasks that read together, and what they are waiting for."""

    waiting: list[tuple[Question, asyncio.Future[Answer]]] = field(default_factory=list)
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False

    async def ask(self, question: Question) -> Answer:
        if self.is_over:
            raise RuntimeError("Reading together is over: nobody reads for this task.")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.waiting.append((question, answer))
        self.moved.set()
        return await answer

    async def settled(self) -> None:
        """Once somebody has asked or come to an end, and nobody is about to ask more."""
        await self.moved.wait()
        while self.moved.is_set():
            self.moved.clear()
            await asyncio.sleep(0)  # whoever can go on does: one turn of the loop, no time

    async def answered(self, reader: Reader) -> None:
        """All that is asked so far. Whoever was cancelled meanwhile is asked for no more."""
        waiting = [one for one in self.waiting if not one[1].done()]
        self.waiting.clear()
        if not waiting:
            return
        answers = await reader.answers([question for question, _ in waiting])
        for (_, future), answer in zip(waiting, answers, strict=True):
            if not future.done():
                future.set_result(answer)


_reader: Final[ContextVar[Reader | None]] = ContextVar("clinic_reader", default=None)
_gathering: Final[ContextVar[Gathering | None]] = ContextVar("clinic_gathering", default=None)


@contextmanager
def reads_by(reader: Reader) -> Iterator[None]:
    """Reads made together in here are sent by this one."""
    token = _reader.set(reader)
    try:
        yield
    finally:
        _reader.reset(token)


def gathering() -> Gathering | None:
    """Of which this task is a part, if it is of any."""
    return _gathering.get()


@overload
async def together(a: Reading[A], b: Reading[B], /) -> tuple[A, B]: ...
@overload
async def together(a: Reading[A], b: Reading[B], c: Reading[C], /) -> tuple[A, B, C]: ...
@overload
async def together(
    a: Reading[A], b: Reading[B], c: Reading[C], d: Reading[D], /
) -> tuple[A, B, C, D]: ...
@overload
async def together(
    a: Reading[A], b: Reading[B], c: Reading[C], d: Reading[D], e: Reading[E], /
) -> tuple[A, B, C, D, E]: ...


async def together(*reads: Reading[Any]) -> tuple[Any, ...]:
    """The result of each, in their order.

    The first that fails ends all: the others are cancelled, and have ended when its error is
    raised. In a transaction none of them may write: RuntimeError. What they find is to fit into one
    answer of the database, 16 MB in all.
    """
    reader, around = _reader.get(), _gathering.get()
    own = Gathering() if reader is not None and around is None else None
    tasks = _begun(reads, own or around)
    try:
        if reader is not None and own is not None:
            await _read(reader, own, tasks)
        return tuple(await asyncio.gather(*tasks))
    finally:
        await _ended(tasks)
        if own is not None:
            own.is_over = True


def _begun(reads: Sequence[Reading[Any]], within: Gathering | None) -> list[asyncio.Task[Any]]:
    token = _gathering.set(within)
    try:
        return [asyncio.create_task(read) for read in reads]
    finally:
        _gathering.reset(token)


async def _read(reader: Reader, own: Gathering, tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Until all have ended, or one has failed."""
    for task in tasks:
        task.add_done_callback(lambda _: own.moved.set())
    while not all(task.done() for task in tasks):
        await own.settled()
        if any(_has_failed(task) for task in tasks):
            return
        await own.answered(reader)


def _has_failed(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


async def _ended(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
