"""How a storm is played: a stack, a witness, a load, and the faults of a plan."""

import random
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from clinic_ctl.stack.stack import Stack
from tests.chaos import witness
from tests.chaos.evidence import Evidence
from tests.chaos.faults import Conductor, Fault, spread, witness_killed
from tests.chaos.members import Ground, Member
from tests.chaos.patients import COMMANDS_EACH
from tests.chaos.run import A_DAY, Run, a_browser
from tests.support.eventually import eventually

MOST_PATIENTS: Final = 180  # as many as there are consultations in two weeks
WITNESS_DIES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The options of a run."""

    seed: int
    commands: int
    quick: bool
    folder: Path

    @property
    def patients(self) -> int:
        return max(2, min(MOST_PATIENTS, round(self.commands / COMMANDS_EACH)))

    @property
    def all_commands(self) -> int:
        return self.patients * COMMANDS_EACH

    def seconds(self, full: float, quick: float) -> float:
        return quick if self.quick else full


class Played(NamedTuple):
    run: Run
    evidence: Evidence


Play: TypeAlias = Callable[[Wish], Coroutine[Any, Any, Played]]


class Faults(NamedTuple):
    """`during` the commands: after how many. `between`: one each time that time passes."""

    during: Sequence[tuple[int, Fault]]
    between: Sequence[Fault] = ()


Plan: TypeAlias = Callable[[Stack, random.Random, Wish], Faults]


@asynccontextmanager
async def a_clinic(stack: Stack) -> AsyncIterator[Stack]:
    try:
        stack.up()
        yield stack
    finally:
        stack.down()


async def rage(
    stack: Stack,
    plan: Plan,
    wish: Wish,
    *,
    begins: datetime | None = None,
    first_in: timedelta = A_DAY,
    twins: Sequence[Member] = (),
) -> Played:
    """With a witness, which dies now and then, too."""
    dice = random.Random(wish.seed)
    faults = plan(stack, dice, wish)
    seen = Ground(stack).member(witness.NAME, "worker", instance=True, module=witness.__name__)
    async with AsyncExitStack() as around:
        seen_by = around.enter_context(seen)
        await eventually(seen_by.is_ready, within=60)
        deaths = [witness_killed(seen_by, stack)] * WITNESS_DIES
        conductor = Conductor([*faults.during, *spread(deaths, wish.all_commands, dice)])
        http = await around.enter_async_context(a_browser())
        run = Run(
            stack,
            seen_by,
            conductor,
            http,
            wish.patients,
            between=faults.between,
            dice=dice,
            first_in=first_in,
            twins=twins,
        )
        await run.open(begins)
        await run.rage()
        return Played(run, await run.evidence())


def on_one_machine(plan: Plan) -> Play:
    """The whole stack in one folder."""

    async def play(wish: Wish) -> Played:
        async with AsyncExitStack() as around:
            stack = await around.enter_async_context(a_clinic(Stack(wish.folder, anywhere=True)))
            return await rage(stack, plan, wish)

    return play
