"""Messages to the broker, each acknowledged by all of its copies."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from clinic_events.errors import Unavailable
from clinic_events.kafka.driver import STOP_WITHIN, within
from clinic_events.ports import Message

PUBLISH_WITHIN: Final = timedelta(seconds=15)
SETTINGS: Final[Mapping[str, object]] = {
    "acks": "all",
    "enable_idempotence": True,
    "linger_ms": 2,
    "max_batch_size": 256 * 1024,
    "request_timeout_ms": 15_000,
}


class KafkaPublisher:
    """The port `Publisher`. Any failure costs the producer: the next publish makes a new one.

    An idempotent producer that has lost one batch refuses all later ones, and a send whose time ran
    out may still arrive: both are harmless, because the outbox keeps what is not known to be there.
    """

    def __init__(self, bootstrap_servers: str, *, security: Mapping[str, object]) -> None:
        self._settings = {"bootstrap_servers": bootstrap_servers, **SETTINGS, **security}
        self._producer: AIOKafkaProducer | None = None

    async def publish(self, messages: Sequence[Message]) -> None:
        try:
            await within(PUBLISH_WITHIN, self._publish(messages))
        except (KafkaError, TimeoutError) as error:
            await self.close()
            raise Unavailable(f"The broker did not take a batch: {type(error).__name__}.") from None

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            # While the broker is away stopping waits without end: given a while, then let go.
            with suppress(KafkaError, TimeoutError):
                await within(STOP_WITHIN, producer.stop())

    async def _publish(self, messages: Sequence[Message]) -> None:
        producer = await self._started()
        acknowledgements = [
            await producer.send(
                message.topic,
                key=message.key,
                value=message.value,
                headers=list(message.headers.items()),
            )
            for message in messages
        ]
        await asyncio.gather(*acknowledgements)

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            self._producer = AIOKafkaProducer(**self._settings)
            await self._producer.start()
        return self._producer
