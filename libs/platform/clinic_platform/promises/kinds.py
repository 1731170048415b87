"""How promises of one kind are kept: inside this service's database, or with an act outside."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from clinic_platform.promises.model import Due, Ending

T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S", covariant=True)
OnLapse: TypeAlias = Callable[[Due, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class NoAct(Generic[S]):
    """`decide` answers it where nothing is to happen outside: `settle` is given the `outcome`."""

    outcome: S


@dataclass(frozen=True, slots=True)
class Keeper:
    """How promises of one kind are kept. Made by `inside` or `outside`.

    `decide` answers an ending, what to do, or `NoAct`; `act` does it; `settle` answers the ending.
    No more than `a_second` are begun in a second by one worker, however many are due.
    """

    decide: Callable[[Due], Awaitable[Any]]
    act: Callable[[Due, Any], Awaitable[Any]] | None
    settle: Callable[[Due, Any], Awaitable[Ending]]
    on_lapse: OnLapse | None
    a_second: float | None = None


def inside(keep: Callable[[Due], Awaitable[Ending]], *, on_lapse: OnLapse | None = None) -> Keeper:
    """Everything happens in this service's database: `keep` runs in the transaction of the end."""

    async def settle(due: Due, _: object) -> Ending:
        return await keep(due)

    async def decide(due: Due) -> None:
        return None

    return Keeper(decide, None, settle, on_lapse)


def outside(
    decide: Callable[[Due], Awaitable[T | NoAct[R] | Ending]],
    act: Callable[[Due, T], Awaitable[R]],
    settle: Callable[[Due, R], Awaitable[Ending]],
    *,
    on_lapse: OnLapse | None = None,
    a_second: float | None = None,
) -> Keeper:
    """Something happens outside, where no transaction reaches.

    `decide` only reads: it answers what to send, an ending, or `NoAct` where something is to be
    written with the end and nothing sent. `act` sends it, at least once: after a crash it may do it
    again, and `due.uncertain` shows it. `settle` runs in the transaction of the end.
    `on_lapse` runs there too, when the promise's time has passed.
    """
    return Keeper(decide, act, settle, on_lapse, a_second)
