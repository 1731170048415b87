"""Events that the broker deleted before this group received them: found, logged and counted.

A group whose committed offset lies before the first one that is still there would go on at that
first one in silence. A partition without a committed offset has lost nothing: the group is new to
it, and begins at its first message.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from clinic_events import metrics
from clinic_events.kafka.driver import within
from clinic_events.lanes import Assignment

ANSWER_WITHIN: Final = timedelta(seconds=5)

log = structlog.get_logger()


class Gone:
    """Asks the broker once for each assignment; what was logged is not logged again."""

    def __init__(self) -> None:
        self._asked_of: Assignment[TopicPartition] | None = None
        self._logged_up_to: dict[TopicPartition, int] = {}

    async def look(
        self, consumer: AIOKafkaConsumer, assignment: Assignment[TopicPartition]
    ) -> None:
        """Called before anything of the assignment is committed. A broker that does not answer in
        time is not asked again: the consumer goes on."""
        if assignment is self._asked_of or not assignment.partitions:
            return
        self._asked_of = assignment
        try:
            gaps = await within(ANSWER_WITHIN, _gaps(consumer, assignment.partitions))
        except (KafkaError, IllegalStateError, TimeoutError) as error:
            log.warning("gone_not_checked", error=type(error).__name__)
            return
        for partition, gap in gaps.items():
            self._found(partition, gap)

    def _found(self, partition: TopicPartition, gap: range) -> None:
        """A gap stays, and is found by each assignment, until something came of the partition."""
        count = gap.stop - max(gap.start, self._logged_up_to.get(partition, 0))
        if count > 0:
            self._logged_up_to[partition] = gap.stop
            metrics.GONE.inc(count)
            log.error(
                "events_gone", topic=partition.topic, partition=partition.partition, count=count
            )


async def _gaps(
    consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]
) -> Mapping[TopicPartition, range]:
    """The offsets of each partition from the committed one up to the first that is there."""
    committed = {p: await consumer.committed(p) for p in partitions}
    begins = await consumer.beginning_offsets(partitions)
    return {p: range(at, begins[p]) for p, at in committed.items() if at is not None}
