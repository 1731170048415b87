"""The event machinery of one service: the relay publishes, the consumer receives, the keeper keeps
promises."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, TypeAlias

import structlog

from clinic_events.catalog import CATALOG
from clinic_events.dead_letters import MongoDeadLetters
from clinic_events.delivery import Delivery, Outcome
from clinic_events.handling import Handling
from clinic_events.inbox import MongoInbox
from clinic_events.kafka import KafkaConsumer, KafkaPublisher
from clinic_events.kafka.history import replay_range
from clinic_events.kafka.topic_check import check_topics
from clinic_events.leases import Leases
from clinic_events.metrics import ended
from clinic_events.outbox import BUCKETS as OUTBOX_BUCKETS
from clinic_events.outbox import Relay
from clinic_events.replay import Replay
from clinic_events.subscription import Subscription
from clinic_events.topics import Topic
from clinic_platform.broker import kafka_security
from clinic_platform.clock import utc_now
from clinic_platform.ids import new_id
from clinic_platform.kit import Kit
from clinic_platform.promises import Keeper, PromiseKeeper
from clinic_platform.promises.store import BUCKETS as PROMISE_BUCKETS
from clinic_platform.watch import Watch

Part: TypeAlias = Callable[[], Coroutine[Any, Any, None]]

log = structlog.get_logger()


async def machinery(
    kit: Kit,
    stack: AsyncExitStack,
    watch: Watch,
    subscriptions: Sequence[Subscription],
    keepers: Mapping[str, Keeper],
) -> dict[str, Coroutine[Any, Any, None]]:
    """The outbox's relay, the promises' keeper and, if anything is listened to, the consumer."""
    security = kafka_security(kit.settings)
    publisher = KafkaPublisher(kit.settings.kafka_bootstrap_servers, security=security)
    stack.push_async_callback(publisher.close)
    relay = Relay(kit.database, publisher, _leases(kit, "outbox", OUTBOX_BUCKETS))
    kit.outbox.on_append = relay.wake
    promise_leases = _leases(kit, "promises", PROMISE_BUCKETS)
    keeper = PromiseKeeper(kit.database, kit.promises, keepers, promise_leases, kit.clock)
    kit.promises.on_due = keeper.wake
    watch.wakes(keeper.wake)
    listening = await _listeners(kit, watch, subscriptions, security) if subscriptions else {}
    return {
        "promises": keeper.run(),
        **on_sound_ground(ground(kit, subscriptions), {"relay": relay.run, **listening}),
    }


async def _listeners(
    kit: Kit,
    watch: Watch,
    subscriptions: Sequence[Subscription],
    security: Mapping[str, object],
) -> dict[str, Part]:
    inbox = MongoInbox(kit.database, group=kit.name, clock=utc_now)
    dead_letters = MongoDeadLetters(kit.database, group=kit.name, clock=utc_now)
    await inbox.prepare()
    await dead_letters.prepare()
    handling = Handling(kit.database, inbox, dead_letters, subscriptions, clock=kit.clock)
    delivery = Delivery(handling, dead_letters)
    consumer = KafkaConsumer(
        delivery,
        bootstrap_servers=kit.settings.kafka_bootstrap_servers,
        group=kit.name,
        topics=delivery.topics,
        security=security,
        instance=kit.settings.kafka_instance,
    )
    watch.listens(consumer, dead_letters)
    return {"consumer": consumer.run, "redrive": delivery.redrive}


def ground(kit: Kit, subscriptions: Iterable[Subscription]) -> Coroutine[Any, Any, None]:
    """Ends once the broker has shown that the topics are as declared. Raises CannotStart."""
    return check_topics(
        kit.settings.kafka_bootstrap_servers,
        topics_of(kit.name, subscriptions),
        security=kafka_security(kit.settings),
    )


def on_sound_ground(
    check: Coroutine[Any, Any, None], parts: Mapping[str, Part]
) -> dict[str, Coroutine[Any, Any, None]]:
    """Nothing is published or received before the topics are known to be as declared. Checked
    beside the servers: while the broker is away, commands go on."""
    is_sound = asyncio.Event()

    async def checked() -> None:
        await check
        is_sound.set()

    async def then(part: Part) -> None:
        await is_sound.wait()
        await part()

    return {"topics": checked(), **{name: then(part) for name, part in parts.items()}}


def topics_of(name: str, subscriptions: Iterable[Subscription]) -> set[Topic]:
    """The topics a service publishes to and those it listens to."""
    published = {event.topic for event in CATALOG if event.name.startswith(f"{name}.")}
    return published | {subscription.event.topic for subscription in subscriptions}


async def run_replay(kit: Kit, replay: Replay, subscriptions: Sequence[Subscription]) -> None:
    """To its end; how many messages ended how is logged. The relay publishes what follows.

    With `again` the inbox is a fresh one; what is parked stays the running service's, and is left.
    """
    listeners = replay.listeners(subscriptions)
    group = f"{kit.name}/again/{new_id('rpl')}" if replay.again else kit.name
    inbox = MongoInbox(kit.database, group=group, clock=utc_now)
    dead_letters = MongoDeadLetters(kit.database, group=kit.name, clock=utc_now)
    for part in (inbox, dead_letters):
        await part.prepare()
    handling = Handling(
        kit.database, inbox, dead_letters, listeners, clock=kit.clock, is_again=replay.again
    )
    broker, security = kit.settings.kafka_bootstrap_servers, kafka_security(kit.settings)
    await check_topics(broker, {one.event.topic for one in listeners}, security=security)
    received = await replay_range(
        Delivery(handling, dead_letters),
        bootstrap_servers=broker,
        security=security,
        topic=replay.topic,
        since=replay.since,
    )
    log.info("replay_ended", count=received, **{str(end): ended(end) for end in Outcome})


def _leases(kit: Kit, name: str, buckets: int) -> Leases:
    rows = kit.database.collection("leases")
    return Leases(rows, name=name, buckets=buckets, owner=new_id("own"))
