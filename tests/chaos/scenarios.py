"""The storms there are: each a stack, a load and its faults, by a seed."""

import random
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from clinic_ctl.stack import kafka
from clinic_ctl.stack.kafka import Kafka
from clinic_ctl.stack.ports import free
from clinic_ctl.stack.services import NAMES
from clinic_ctl.stack.stack import Stack
from clinic_ctl.stack.state import Running
from clinic_events.kafka.publisher import PUBLISH_WITHIN
from tests.chaos import clocks, witness
from tests.chaos.clocks import WallClock
from tests.chaos.evidence import Evidence
from tests.chaos.faults import (
    PAST_EVERY_LEASE,
    Conductor,
    Fault,
    asleep,
    cut_off,
    killed,
    random_kills,
    restarted,
    spread,
    terminated,
    twin_ended,
    witness_killed,
)
from tests.chaos.forger import Forger
from tests.chaos.members import Ground, Member
from tests.chaos.patients import COMMANDS_EACH
from tests.chaos.replicas import Replicas
from tests.chaos.run import A_DAY, Run, a_browser
from tests.support.eventually import eventually
from tests.support.proxy import Mode, Proxy
from tests.support.stack import ROOT

# Shorter, and a publish under way succeeds in the end: what its failure costs is never seen.
PAST_A_PUBLISH: Final = PUBLISH_WITHIN.total_seconds() + 5

MOST_PATIENTS: Final = 180  # as many as there are consultations in two weeks
# Consultations are in the week after, infusions on the Saturday of the next: the clocks change in
# the night after it, while letters wait for the morning and visits booked before are yet to come.
SPRING: Final = datetime(2027, 2, 24, tzinfo=UTC)
AUTUMN: Final = datetime(2027, 10, 20, tzinfo=UTC)
TO_SATURDAY: Final = timedelta(days=5)  # from the Monday of the clearance
WITNESS_DIES: Final = 3
STRIKES_BETWEEN: Final = 5  # one each time that time passes


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`share` of the commands asked for: the rarer a fault, the fewer commands tell about it."""

    name: str
    share: float
    play: Play = field(repr=False)


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
        between = faults.between
        run = Run(
            stack,
            seen_by,
            conductor,
            http,
            wish.patients,
            between=between,
            dice=dice,
            first_in=first_in,
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


async def with_twins(wish: Wish) -> Played:
    """Two workers of each service: two relays, two schedulers, two members of each group. One
    sleeps past every lease while its twin takes over, and wakes with old work; and while letters
    and surveys are due one of the two is killed, and one is told to end itself."""
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
        return await rage(stack, plan, wish)


async def behind_a_proxy(wish: Wish) -> Played:
    """The broker tells everybody to come through the proxy, so that nobody has another way."""
    jars = kafka.jars(ROOT / "deploy/local/kafka/pom.xml", ROOT / ".clinic")
    port = free()
    proxy = Proxy(port)
    broker = Kafka(jars, wish.folder / "kafka", port=port, seen_at=proxy.port)

    def plan(stack: Stack, dice: random.Random, wish: Wish) -> Faults:
        away = cut_off(proxy, Mode.BLACKHOLE, wish.seconds(180, 20), meets_work=True)
        others = [
            cut_off(proxy, mode, wish.seconds(10, 3))
            for mode in (Mode.RESET, Mode.DELAY, Mode.DEAF)
        ]
        others.append(cut_off(proxy, Mode.REFUSE, PAST_A_PUBLISH))
        dice.shuffle(others)
        # Most commands of the arrival are still to come then, and none of them needs the broker.
        first = (int(wish.all_commands * 0.03), away)
        return Faults([first, *spread(others, wish.all_commands, dice)])

    async with AsyncExitStack() as around:
        around.callback(broker.stop)
        broker.start()
        around.callback(proxy.stop)
        proxy.start()
        given = Running.given("kafka", bootstrap_servers=proxy.address, kind="Apache Kafka")
        stack = Stack(wish.folder, anywhere=True, given={"kafka": given})
        await around.enter_async_context(a_clinic(stack))
        return await rage(stack, plan, wish)


async def on_three_nodes(wish: Wish) -> Played:
    """A replica set whose primary steps down, is killed, and is stopped."""
    replicas = Replicas(wish.folder / "nodes")

    def plan(stack: Stack, dice: random.Random, wish: Wish) -> Faults:
        faults = [
            Fault("the primary steps down", replicas.step_down),
            Fault("the primary is killed", replicas.kill_primary),
            Fault("the primary is stopped", lambda: replicas.stop_primary(wish.seconds(15, 8))),
        ]
        dice.shuffle(faults)
        between = [Fault("the primary is killed", replicas.kill_primary)]
        return Faults(spread(faults, wish.all_commands, dice), between)

    async with AsyncExitStack() as around:
        around.callback(replicas.stop)
        replicas.start()
        given = Running.given("mongo", url=replicas.url)
        stack = Stack(wish.folder, anywhere=True, given={"mongo": given})
        await around.enter_async_context(a_clinic(stack))
        return await rage(stack, plan, wish)


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
            for name in NAMES:
                beside = None if wall is None else wall.environment
                around.enter_context(Ground(stack).member(name, "worker", beside=beside))
            return await rage(stack, plan, wish, begins=begins, first_in=TO_SATURDAY)

    return play


async def with_a_forger(wish: Wish) -> Played:
    """Events repeated, late, shuffled, spoiled and stale, among the services' own."""
    forgers: list[Forger] = []

    def plan(stack: Stack, dice: random.Random, wish: Wish) -> Faults:
        forger = Forger(stack.part("kafka").addresses["bootstrap_servers"], dice)
        forgers.append(forger)
        acts = [
            *(Fault("events again, out of order", forger.repeat) for _ in range(3)),
            *(Fault("events that cannot be read", forger.spoil) for _ in range(3)),
            *(Fault("bookings out of order", forger.shuffle) for _ in range(2)),
        ]
        dice.shuffle(acts)
        late = [Fault("what is no longer true", forger.tell_stale), acts.pop(), acts.pop()]
        return Faults(spread(acts, wish.all_commands, dice), late)

    run, evidence = await on_one_machine(plan)(wish)
    [forger] = forgers
    with_ours = replace(
        evidence, injected=forger.injected, poison=forger.poison, pending=forger.pending
    )
    return Played(run, with_ours)


def kills(stack: Stack, dice: random.Random, wish: Wish) -> Faults:
    """Any service, after about every fifty commands; and those that write when letters are due.
    Each is told to end itself, too, in the middle of its work."""
    count = max(6, wish.all_commands // 50)
    between = [
        killed(stack, dice.choice(("notifications", "outcomes"))) for _ in range(STRIKES_BETWEEN)
    ]
    during = random_kills(stack, dice, count - STRIKES_BETWEEN)
    during += [terminated(stack, name) for name in NAMES for _ in range(1 if wish.quick else 3)]
    dice.shuffle(during)
    return Faults(spread(during, wish.all_commands, dice), between)


def broker(stack: Stack, dice: random.Random, wish: Wish) -> Faults:
    """Stopped for a minute, restarted in order, killed."""
    away = asleep(stack, "kafka", wish.seconds(60, 15), work_goes_on=True)
    others = [restarted(stack, "kafka"), killed(stack, "kafka")]
    dice.shuffle(others)
    first = (int(wish.all_commands * 0.03), away)
    return Faults([first, *spread(others, wish.all_commands, dice)], [killed(stack, "kafka")])


def database(stack: Stack, dice: random.Random, wish: Wish) -> Faults:
    """Killed and restarted, and stopped for longer than a transaction may last."""
    faults = [killed(stack, "mongo"), killed(stack, "mongo"), restarted(stack, "mongo")]
    faults.append(asleep(stack, "mongo", wish.seconds(15, 5)))
    dice.shuffle(faults)
    return Faults(spread(faults, wish.all_commands, dice), [killed(stack, "mongo")])


SCENARIOS: Final[Mapping[str, Scenario]] = {
    scenario.name: scenario
    for scenario in (
        Scenario(name="kills", share=1.0, play=on_one_machine(kills)),
        Scenario(name="sleeps", share=0.2, play=with_twins),
        Scenario(name="broker", share=0.2, play=on_one_machine(broker)),
        Scenario(name="unreachable", share=0.2, play=behind_a_proxy),
        Scenario(name="database", share=0.2, play=on_one_machine(database)),
        Scenario(name="replicas", share=0.2, play=on_three_nodes),
        Scenario(name="spring", share=0.1, play=over_a_change_of_clocks(SPRING)),
        Scenario(name="autumn", share=0.1, play=over_a_change_of_clocks(AUTUMN)),
        Scenario(name="forger", share=0.2, play=with_a_forger),
    )
}
