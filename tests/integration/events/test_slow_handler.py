"""A handler slower than the group's session: its member stays, and it runs once per event."""

import asyncio

from ulid import ULID

from clinic_ctl.stack.topics import provision
from clinic_events import SessionCompleted, on
from clinic_events.kafka import KafkaConsumer, KafkaPublisher
from clinic_events.testing import example, message_of
from clinic_events.topics import Topic
from tests.support.events import Listener
from tests.support.eventually import eventually

SESSION_MS = 6_000  # the shortest that a broker lets a group have
HANDLING = 9.0  # seconds
# Over the consumer's own, which are five times as long.
SETTINGS = {"session_timeout_ms": SESSION_MS, "heartbeat_interval_ms": 1_000}


async def test_a_handler_slower_than_the_session_keeps_its_membership_and_runs_once(
    kafka_bootstrap: str,
) -> None:
    topic, listener, begun = f"test.{ULID()}", Listener(), list[str]()
    await provision(kafka_bootstrap, [Topic(topic, partitions=1)])

    async def handle(event: SessionCompleted) -> None:
        begun.append(event.session_id)
        if event.session_id == "ses_slow":
            await asyncio.sleep(HANDLING)
        listener.effects.done.append(event.session_id)

    async def publish(name: str) -> None:
        event = example(SessionCompleted, session_id=f"ses_{name}", patient_id=f"pat_{name}")
        message = message_of(event, event_id=f"evt_{name}")._replace(topic=topic)
        await publisher.publish([message])

    async def has_ended() -> bool:
        return await consumer.lag() == 0

    async def has_begun() -> bool:
        return begun == ["ses_slow"]

    consumer = KafkaConsumer(
        listener.delivery(on(SessionCompleted, handle)),
        bootstrap_servers=kafka_bootstrap,
        group=topic,
        topics=[topic],
        security=SETTINGS,
    )
    publisher = KafkaPublisher(kafka_bootstrap, security={})
    running = asyncio.create_task(consumer.run())
    try:
        await publish("slow")
        await eventually(has_begun, within=30)
        assignment = consumer._assignment
        await publish("quick")
        await eventually(has_ended, within=30)
        assert consumer._assignment is assignment  # given once, never taken away
    finally:
        running.cancel()
        await asyncio.wait([running])
        await publisher.close()

    assert begun == ["ses_slow", "ses_quick"]
    assert sorted(listener.effects.done) == ["ses_quick", "ses_slow"]
