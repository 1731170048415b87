"""Checks at start-up that the broker's topics are as the code declares them.

A consumer would wait for a missing topic in silence. One that keeps its messages longer than an
inbox remembers could have an event handled twice; one that keeps them for less time than declared,
or cleans up otherwise, would lose some; one with producers' timestamps would refuse messages of a
machine whose clock is ahead. In each case the service does not start. Acknowledged by one replica
alone, they are as safe as that one: then it starts, and logs so.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Final

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from clinic_events.errors import CannotStart
from clinic_events.inbox import KEPT_FOR, LATE
from clinic_events.kafka.driver import STOP_WITHIN, within
from clinic_events.topics import (
    DELETE_RETENTION,
    LOG_APPEND_TIME,
    TIMESTAMP_TYPE,
    TOMBSTONES_KEPT_FOR,
    UNLIMITED,
    Topic,
)

ASK_AGAIN_AFTER: Final = 5.0  # seconds
FOR_EVER: Final = "-1"
REPLICAS_IN_SYNC: Final = "min.insync.replicas"
FEWEST_SAFE: Final = 2

log = structlog.get_logger()


async def check_topics(
    bootstrap_servers: str, topics: Iterable[Topic], *, security: Mapping[str, object]
) -> None:
    """Return once the broker has answered and all is as declared. Raises CannotStart.

    While the broker is away it is asked again: a service that cannot publish still takes commands.
    """
    wanted = {topic.name: topic for topic in topics}
    if not wanted:
        return
    while True:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, **security)
        try:
            await within(STOP_WITHIN, admin.start())
            faults = await _faults(admin, wanted)
            break
        except (KafkaError, TimeoutError) as error:
            log.warning("topics_not_checked", error=type(error).__name__)
        finally:
            with suppress(KafkaError, TimeoutError):
                await within(STOP_WITHIN, admin.close())
        await asyncio.sleep(ASK_AGAIN_AFTER)
    if faults:
        raise CannotStart(" ".join(faults))


async def _faults(admin: AIOKafkaAdminClient, wanted: Mapping[str, Topic]) -> list[str]:
    there = set(await within(STOP_WITHIN, admin.list_topics()))
    missing = sorted(wanted.keys() - there)
    if missing:
        return [f"The broker has no topic {', '.join(missing)}: `clinicctl topics apply` makes it."]
    settings = await _settings(admin, wanted)
    if on_one := sum(is_on_one_replica(one) for one in settings.values()):
        # A local broker has no other, so it is no fault; in production it may be a mistake.
        log.warning("topics_acknowledged_by_one_replica", count=on_one)
    return [
        fault
        for name, topic in sorted(wanted.items())
        for fault in faults_of(topic, settings.get(name, {}))
    ]


def is_on_one_replica(settings: Mapping[str, str]) -> bool:
    """Whether what is acknowledged may be on one disk alone, and be gone with it."""
    return int(settings.get(REPLICAS_IN_SYNC, FEWEST_SAFE)) < FEWEST_SAFE


def faults_of(topic: Topic, settings: Mapping[str, str]) -> Iterator[str]:
    """Where the broker's settings of this topic break its declaration. None reported is no fault.

    A compacted topic keeps its last events for ever: its listeners compare versions.
    """
    policy, declared = settings.get("cleanup.policy"), topic.settings["cleanup.policy"]
    if policy is not None and policy != declared:
        yield f"The topic {topic.name} is cleaned up by {policy}, and is declared as {declared}."
    if settings.get(TIMESTAMP_TYPE, LOG_APPEND_TIME) != LOG_APPEND_TIME:
        yield (
            f"The topic {topic.name} carries producers' timestamps ({TIMESTAMP_TYPE}"
            f" {settings[TIMESTAMP_TYPE]}): `clinicctl topics apply` gives it the broker's."
        )
    if topic.is_compacted:
        yield from _tombstone_faults(topic, settings)
    else:
        yield from _retention_faults(topic, settings)


def _tombstone_faults(topic: Topic, settings: Mapping[str, str]) -> Iterator[str]:
    declared = topic.settings[DELETE_RETENTION]
    if int(settings.get(DELETE_RETENTION, declared)) < int(declared):
        yield (
            f"The topic {topic.name} keeps tombstones for less time ({DELETE_RETENTION}"
            f" {settings[DELETE_RETENTION]}) than is declared ({TOMBSTONES_KEPT_FOR.days} days):"
            " `clinicctl topics apply` mends that."
        )


def _retention_faults(topic: Topic, settings: Mapping[str, str]) -> Iterator[str]:
    if (most := settings.get("retention.bytes", UNLIMITED)) != UNLIMITED:
        yield (
            f"The topic {topic.name} deletes what is more than retention.bytes {most}, however new:"
            " `clinicctl topics apply` lets it keep all."
        )
    kept = settings.get("retention.ms")
    if topic.retention is None or kept is None:
        return
    longest, segment = KEPT_FOR - LATE, settings.get("segment.ms", "0")
    if _time(kept) > longest - _time(segment):
        yield (
            f"The topic {topic.name} keeps messages longer (retention.ms {kept}, and segment.ms"
            f" {segment} until a segment is closed) than the inbox can bear ({longest.days} days)."
            " `clinicctl topics apply` mends segment.ms."
        )
    if _time(kept) < _time(topic.settings["retention.ms"]):
        yield (
            f"The topic {topic.name} keeps messages for less time (retention.ms {kept}) than is"
            f" declared ({topic.retention.days} days)."
        )


def _time(milliseconds: str) -> timedelta:
    return timedelta.max if milliseconds == FOR_EVER else timedelta(milliseconds=int(milliseconds))


async def _settings(
    admin: AIOKafkaAdminClient, wanted: Mapping[str, Topic]
) -> Mapping[str, Mapping[str, str]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in sorted(wanted)]
    answers = await within(STOP_WITHIN, admin.describe_configs(resources))
    return {
        resource[3]: {entry[0]: entry[1] for entry in resource[4]}
        for answer in answers
        for resource in answer.resources
    }
