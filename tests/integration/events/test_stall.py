"""A driver may stop fetching without an error: its consumer is replaced, and nothing is lost."""

import asyncio
from datetime import timedelta
from typing import Any

from ulid import ULID

from clinic_ctl.stack.topics import provision
from clinic_events import SessionCompleted, on
from clinic_events.kafka import KafkaConsumer, KafkaPublisher
from clinic_events.testing import example, message_of
from clinic_events.topics import Topic
from tests.support.events import Listener
from tests.support.eventually import eventually


async def test_a_consumer_that_fetches_no_longer_is_replaced(kafka_bootstrap: str) -> None:
    topic, listener = f"test.{ULID()}", Listener()
    await provision(kafka_bootstrap, [Topic(topic, partitions=1)])

    async def handle(event: SessionCompleted) -> None:
        listener.effects.done.append(event.session_id)

    async def handled(*session_ids: str) -> bool:
        return listener.effects.done == [*session_ids]

    async def publish(session_id: str) -> None:
        event = example(SessionCompleted, session_id=session_id)
        message = message_of(event, event_id=f"evt_{session_id}")._replace(topic=topic)
        await publisher.publish([message])

    consumer = KafkaConsumer(
        listener.delivery(on(SessionCompleted, handle)),
        bootstrap_servers=kafka_bootstrap,
        group=topic,
        topics=[topic],
        security={},
        stalled_after=timedelta(seconds=5),
    )
    publisher = KafkaPublisher(kafka_bootstrap, security={})
    running = asyncio.create_task(consumer.run())
    try:
        await publish("ses_1")
        await eventually(lambda: handled("ses_1"))

        driver: Any = consumer._consumer
        driver._fetcher._fetch_task.cancel()
        await asyncio.gather(*driver._fetcher._pending_tasks)  # what it had asked for still comes
        await publish("ses_2")

        await eventually(lambda: handled("ses_1", "ses_2"), within=60)
        assert consumer._consumer is not driver
    finally:
        running.cancel()
        await asyncio.wait([running])
        await publisher.close()
