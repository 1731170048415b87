"""The topics, made as `clinic_events.topics` declares them."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from clinic_events import topics
from clinic_events.errors import Unavailable
from clinic_events.topics import DELETE_RETENTION, TIMESTAMP_TYPE, Topic

# Settings of a topic that is there already which may be changed: nothing that is kept is lost.
MENDED = frozenset({TIMESTAMP_TYPE, "segment.ms", "retention.bytes", DELETE_RETENTION})
NO_ERROR = 0
OF_THE_TOPIC = 1  # where a setting comes from, in the broker's answer
TAKES_EFFECT_WITHIN = 30.0  # seconds
LOOK_EVERY = 0.05


class TopicRefused(Exception):
    """The broker did not make or change a topic: its own words."""


async def provision(
    bootstrap_servers: str,
    wanted: Iterable[Topic] = topics.ALL,
    *,
    replication: int = 1,
    security: Mapping[str, object] | None = None,
) -> list[str]:
    """Create the topics that are missing; the names of those that were. Raises TopicRefused, and
    Unavailable where no broker answers, or none that takes us for who we are.

    One that is there is left as it is, but for the settings that can be mended while nothing is
    lost (`MENDED`). What it keeps and for how long is the operator's to change.

    A change of a topic takes effect a little later: returns once it has.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, **(security or {}))
    try:
        await admin.start()
    except KafkaError:  # the driver has logged why
        raise Unavailable(f"No broker lets us in at {bootstrap_servers}.") from None
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in wanted if topic.name not in existing]
        answer = await admin.create_topics([_new(topic, replication) for topic in missing])
        for name, code, message in (error[:3] for error in answer.topic_errors):
            if code not in (NO_ERROR, TopicAlreadyExistsError.errno):
                raise TopicRefused(f"The broker did not make {name}: {message}")
        names = [topic.name for topic in missing]
        await asyncio.wait_for(_are_listed(admin, names), TAKES_EFFECT_WITHIN)
        mended = _mend(admin, {one.name: one for one in wanted if one.name in existing})
        await asyncio.wait_for(mended, TAKES_EFFECT_WITHIN)
        return names
    finally:
        await admin.close()


async def _mend(admin: AIOKafkaAdminClient, topics: Mapping[str, Topic]) -> None:
    changes = await _changes(admin, topics)
    answers = await admin.alter_configs(changes) if changes else []
    for code, message, _, name in (one for answer in answers for one in answer.resources):
        if code != NO_ERROR:
            raise TopicRefused(f"The broker did not change {name}: {message}")
    while changes:
        await asyncio.sleep(LOOK_EVERY)
        changes = await _changes(admin, topics)


async def _changes(
    admin: AIOKafkaAdminClient, topics: Mapping[str, Topic]
) -> Sequence[ConfigResource]:
    """A broker takes the settings of a topic as a whole: its own others are sent again."""
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in topics]
    described = [one for answer in await admin.describe_configs(asked) for one in answer.resources]
    return [
        ConfigResource(ConfigResourceType.TOPIC, name, {**_own(entries), **wanted})
        for _, _, _, name, entries in described
        if not (wanted := _mendable(topics[name])).items()
        <= {entry[0]: entry[1] for entry in entries}.items()
    ]


def _mendable(topic: Topic) -> dict[str, str]:
    return {name: value for name, value in topic.settings.items() if name in MENDED}


def _own(entries: Iterable[Sequence[Any]]) -> dict[str, str]:
    return {name: value for name, value, _, source, *_ in entries if source == OF_THE_TOPIC}


async def _are_listed(admin: AIOKafkaAdminClient, names: Iterable[str]) -> None:
    while True:
        if set(names) <= set(await admin.list_topics()):
            return
        await asyncio.sleep(LOOK_EVERY)


def _new(topic: Topic, replication: int) -> NewTopic:
    return NewTopic(topic.name, topic.partitions, replication, topic_configs=topic.settings)
