"""The topics, made as `clinic_events.topics` declares them."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError

from clinic_events import topics
from clinic_events.topics import Topic

NO_ERROR: Final = 0
ASK_EVERY: Final = timedelta(milliseconds=50)
KNOWN_WITHIN: Final = timedelta(seconds=30)


async def provision(
    bootstrap_servers: str,
    wanted: Iterable[Topic] = topics.ALL,
    *,
    replication: int = 1,
    security: Mapping[str, object] | None = None,
) -> list[str]:
    """Create the topics that are missing; the names of those that were. They are known to the
    broker when this returns. Raises RuntimeError when they are not within half a minute."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, **(security or {}))
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in wanted if topic.name not in existing]
        answer = await admin.create_topics([_new(topic, replication) for topic in missing])
        for name, code, message in (error[:3] for error in answer.topic_errors):
            if code not in (NO_ERROR, TopicAlreadyExistsError.errno):
                raise RuntimeError(f"The broker did not make {name}: {message}")
        await _known(admin, {topic.name for topic in missing})
        return [topic.name for topic in missing]
    finally:
        await admin.close()


async def _known(admin: AIOKafkaAdminClient, names: set[str]) -> None:
    """The one who makes a topic answers before those have heard of it who are asked for it."""
    for _ in range(KNOWN_WITHIN // ASK_EVERY):
        if names <= set(await admin.list_topics()):
            return
        await asyncio.sleep(ASK_EVERY.total_seconds())
    raise RuntimeError(f"The broker has not heard of what it made within {KNOWN_WITHIN}.")


def _new(topic: Topic, replication: int) -> NewTopic:
    return NewTopic(topic.name, topic.partitions, replication, topic_configs=topic.settings)
