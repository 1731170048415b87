"""The end offsets of partitions, read on a connection of their own.

On the consumer's connection the answer would queue behind a fetch that waits for messages.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from clinic_events.kafka.driver import stop, within

ANSWER_WITHIN: Final = timedelta(seconds=5)
SETTINGS: Final[Mapping[str, object]] = {
    "group_id": None,
    "enable_auto_commit": False,
    "isolation_level": "read_committed",
    "request_timeout_ms": 5_000,
}


class EndOffsets:
    """Connects when first asked."""

    def __init__(self, bootstrap_servers: str, *, security: Mapping[str, object]) -> None:
        self._settings = {"bootstrap_servers": bootstrap_servers, **SETTINGS, **security}
        self._asker: AIOKafkaConsumer | None = None

    async def of(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The offset after the last message of each. Raises KafkaError, TimeoutError."""
        if self._asker is None:
            asker = AIOKafkaConsumer(**self._settings)
            try:
                await within(ANSWER_WITHIN, asker.start())
            except BaseException:
                await stop(asker)
                raise
            self._asker = asker
        ends: Mapping[TopicPartition, int] = await within(
            ANSWER_WITHIN, self._asker.end_offsets(list(partitions))
        )
        return ends

    async def close(self) -> None:
        asker, self._asker = self._asker, None
        if asker is not None:
            await stop(asker)
