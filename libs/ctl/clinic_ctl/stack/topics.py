"""The topics, made as `clinic_events.topics` declares them."""

import asyncio
from collections.abc import Iterable, Mapping

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError

from clinic_events import topics
from clinic_events.topics import Topic

NO_ERROR = 0
TOLD_WITHIN = 30.0  # seconds
LOOK_EVERY = 0.05


async def provision(
    bootstrap_servers: str,
    wanted: Iterable[Topic] = topics.ALL,
    *,
    replication: int = 1,
    security: Mapping[str, object] | None = None,
) -> list[str]:
    """Create the topics that are missing; the names of those that were.

    A broker that makes a topic tells of it a little later: returns once it does.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, **(security or {}))
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in wanted if topic.name not in existing]
        answer = await admin.create_topics([_new(topic, replication) for topic in missing])
        for name, code, message in (error[:3] for error in answer.topic_errors):
            if code not in (NO_ERROR, TopicAlreadyExistsError.errno):
                raise RuntimeError(f"The broker did not make {name}: {message}")
        names = [topic.name for topic in missing]
        await asyncio.wait_for(_told_of(admin, names), TOLD_WITHIN)
        return names
    finally:
        await admin.close()


async def _told_of(admin: AIOKafkaAdminClient, names: Iterable[str]) -> None:
    while True:
        if set(names) <= set(await admin.list_topics()):
            return
        await asyncio.sleep(LOOK_EVERY)


def _new(topic: Topic, replication: int) -> NewTopic:
    return NewTopic(topic.name, topic.partitions, replication, topic_configs=topic.settings)
