"""Storms with two workers of each service: two relays, two schedulers, two members of a group."""

import random
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Final

from clinic_ctl.stack.services import NAMES
from clinic_ctl.stack.stack import Stack
from tests.chaos import clocks
from tests.chaos.clocks import WallClock
from tests.chaos.faults import PAST_EVERY_LEASE, asleep, spread, twin_ended
from tests.chaos.members import Ground, Member
from tests.chaos.playing import Faults, Play, Played, Wish, a_clinic, rage

TO_SATURDAY: Final = timedelta(days=5)  # from the Monday of the clearance


async def with_twins(wish: Wish) -> Played:
    """One worker sleeps past every lease while its twin takes over, and wakes with old work; and
    while letters and surveys are due one of the two is killed, and one is asked to end itself."""
    twins: dict[str, Member] = {}

    def plan(stack: Stack, dice: random.Random, wish: Wish) -> Faults:
        names = [dice.choice(NAMES)] if wish.quick else dice.sample(NAMES, len(NAMES))
        during = [asleep(stack, name, PAST_EVERY_LEASE) for name in names]
        writing = [asleep(stack, "notifications", PAST_EVERY_LEASE)]
        for name in ("notifications", "outcomes"):
            log, twin = stack.folder / f"{name}.log", twins[name]
            writing += [twin_ended(twin, log, kill=kill) for kill in (True, False)]
        dice.shuffle(writing)
        return Faults(spread(during, wish.all_commands, dice), writing)

    async with AsyncExitStack() as around:
        stack = await around.enter_async_context(a_clinic(Stack(wish.folder, anywhere=True)))
        for name in NAMES:
            twins[name] = around.enter_context(Ground(stack).member(name, "worker"))
        return await rage(stack, plan, wish, twins=list(twins.values()))


def over_a_change_of_clocks(begins: datetime) -> Play:
    """The clinic's own clocks change while patients wait; and of two workers of each service one
    has a wall clock that somebody moves, two hours to either side. Without libfaketime nobody
    moves it, and the faults are none."""

    async def play(wish: Wish) -> Played:
        library = clocks.library()
        wall = None if library is None else WallClock(library, wish.folder / "wall-clock")
        faults = [
            wall.moved(by, wish.seconds(12, 8)) for by in (+2, -2, +2, -2) if wall is not None
        ]

        def plan(stack: Stack, dice: random.Random, wish: Wish) -> Faults:
            dice.shuffle(faults)
            return Faults(spread(faults[2:], wish.all_commands, dice), faults[:2])

        async with AsyncExitStack() as around:
            stack = await around.enter_async_context(a_clinic(Stack(wish.folder, anywhere=True)))
            beside = None if wall is None else wall.environment
            twins = [
                around.enter_context(Ground(stack).member(name, "worker", beside=beside))
                for name in NAMES
            ]
            return await rage(stack, plan, wish, begins=begins, first_in=TO_SATURDAY, twins=twins)

    return play
