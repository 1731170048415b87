"""The storms there are: each a stack, a load and its faults, by a seed."""

import random
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from clinic_ctl.stack import kafka
from clinic_ctl.stack.kafka import Kafka
from clinic_ctl.stack.ports import free
from clinic_ctl.stack.services import NAMES
from clinic_ctl.stack.stack import Stack
from clinic_ctl.stack.state import Running
from clinic_events.kafka.publisher import PUBLISH_WITHIN
from tests.chaos.faults import (
    Fault,
    asleep,
    cut_off,
    killed,
    random_kills,
    restarted,
    spread,
    terminated,
)
from tests.chaos.forger import Forger
from tests.chaos.playing import Faults, Play, Played, Wish, a_clinic, on_one_machine, rage
from tests.chaos.refusing import Mending
from tests.chaos.replicas import Replicas
from tests.chaos.twins import over_a_change_of_clocks, with_twins
from tests.support.proxy import Mode, Proxy
from tests.support.stack import ROOT

# Shorter, and a publish under way succeeds in the end: what its failure costs is never seen.
PAST_A_PUBLISH: Final = PUBLISH_WITHIN.total_seconds() + 5

# Consultations are in the week after, infusions on the Saturday of the next: the clocks change in
# the night after it, while letters wait for the morning and visits booked before are yet to come.
SPRING: Final = datetime(2027, 2, 24, tzinfo=UTC)
AUTUMN: Final = datetime(2027, 10, 20, tzinfo=UTC)
STRIKES_BETWEEN: Final = 5  # one each time that time passes
BENEATH: Final = ("kafka", "mongo")  # what every service stands on


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`share` of the commands asked for: the rarer a fault, the fewer commands show it."""

    name: str
    share: float
    play: Play = field(repr=False)


async def behind_a_proxy(wish: Wish) -> Played:
    """The broker's own address is the proxy's, so that nobody has another way."""
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
        late = [Fault("what is no longer true", forger.publish_stale), acts.pop(), acts.pop()]
        return Faults(spread(acts, wish.all_commands, dice), late)

    run, evidence = await on_one_machine(plan)(wish)
    [forger] = forgers
    with_ours = replace(
        evidence, injected=forger.injected, poison=forger.poison, pending=forger.pending
    )
    return Played(run, with_ours)


async def mended(wish: Wish) -> Played:
    """A listener fails: its events are parked, and asked for again. That is while patients arrive,
    and while they book, for at the end of both something is promised to each."""
    mendings: list[Mending] = []

    def plan(stack: Stack, dice: random.Random, wish: Wish) -> Faults:
        mending = Mending(stack)
        mendings.append(mending)
        faults = [
            (0, mending.refuses("notifications")),
            (dice.uniform(0.14, 0.18), mending.mended("notifications")),
            (0.2, mending.refuses("outcomes")),
            (dice.uniform(0.32, 0.36), mending.mended("outcomes")),
        ]
        return Faults([(int(wish.all_commands * at), fault) for at, fault in faults])

    run, evidence = await on_one_machine(plan)(wish)
    [mending] = mendings
    return Played(run, replace(evidence, deeds=mending.deeds))


def kills(stack: Stack, dice: random.Random, wish: Wish) -> Faults:
    """Any service, after about every fifty commands; and those that write when letters are due.
    Each is asked to end itself, too, in the middle of its work; and the broker and the database
    are killed among them."""
    count = max(6, wish.all_commands // 50)
    between = [
        killed(stack, dice.choice(("notifications", "outcomes"))) for _ in range(STRIKES_BETWEEN)
    ]
    during = random_kills(stack, dice, count - STRIKES_BETWEEN)
    during += [terminated(stack, name) for name in NAMES for _ in range(1 if wish.quick else 3)]
    during += [killed(stack, name) for name in BENEATH for _ in range(1 if wish.quick else 2)]
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
        Scenario(name="mended", share=0.2, play=mended),
    )
}
