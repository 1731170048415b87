"""The Kafka consumer: one poll loop, workers that handle, and commits of what has ended."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import IllegalStateError, KafkaError

from clinic_events import metrics
from clinic_events.delivery import Delivery
from clinic_events.failpoints import Failpoint, reach
from clinic_events.kafka.driver import LEAVE_WITHIN, message_in, stop, within
from clinic_events.kafka.ends import EndOffsets
from clinic_events.kafka.gone import Gone
from clinic_events.kafka.polling import Fetched, Polls
from clinic_events.kafka.pulse import STALLED_AFTER, Pulse
from clinic_events.lanes import Assignment
from clinic_events.workers import Workers

# Longer than all attempts at one event take: one that is under way for longer cannot be parked.
ENDS_WITHIN: Final = timedelta(minutes=2)
COMMIT_WITHIN: Final = timedelta(seconds=3)
COMMIT_EVERY: Final = timedelta(milliseconds=500)
# At a stop, in this order: a poll may end, unless a rebalance holds it; then what is being handled;
# then a commit, and leaving the group.
POLL_ENDS_WITHIN: Final = timedelta(seconds=1)
DRAIN_WITHIN: Final = timedelta(seconds=3)
END_WITHIN: Final = POLL_ENDS_WITHIN + DRAIN_WITHIN + COMMIT_WITHIN + LEAVE_WITHIN
# How long messages being handled may take when partitions are revoked.
REVOKE_WITHIN: Final = timedelta(seconds=5)
WATCH_EVERY: Final = timedelta(seconds=5)
# How long a consumer with no room for more waits for a message to end.
FULL_WAIT: Final = 0.1

SETTINGS: Final[Mapping[str, object]] = {
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",
    "session_timeout_ms": 30_000,
    "heartbeat_interval_ms": 3_000,
    # The default is the session timeout: a drain longer than that would lose the membership.
    "rebalance_timeout_ms": 60_000,
    # Handlers do not run in the poll loop, which `Pulse` watches.
    "max_poll_interval_ms": 3_600_000,
    "fetch_max_bytes": 8 * 1024 * 1024,
    "fetch_max_wait_ms": 250,
    "request_timeout_ms": 15_000,
    "metadata_max_age_ms": 60_000,
    "isolation_level": "read_committed",
    # Exactly one: with several the driver joins once for each. Its sticky one is not sticky.
    "partition_assignment_strategy": (RoundRobinPartitionAssignor,),
}

log = structlog.get_logger()


class KafkaConsumer(ConsumerRebalanceListener):  # type: ignore[misc]  # the driver has no types
    """One member of a group: a task polls, workers handle, offsets of what ended are committed."""

    def __init__(
        self,
        delivery: Delivery,
        *,
        bootstrap_servers: str,
        group: str,
        topics: Iterable[str],
        security: Mapping[str, object],
        instance: str | None = None,
        stalled_after: timedelta = STALLED_AFTER,
    ) -> None:
        self._settings = {
            "bootstrap_servers": bootstrap_servers,
            "group_id": group,
            "group_instance_id": instance,
            **SETTINGS,
            **security,
        }
        self._topics = sorted(topics)
        self._ends = EndOffsets(bootstrap_servers, security=security)
        self._workers: Workers[TopicPartition] = Workers(delivery)
        self._assignment: Assignment[TopicPartition] = Assignment()
        self._consumer: AIOKafkaConsumer | None = None
        self._is_stopping = False
        self._polling: asyncio.Task[None] | None = None
        self._commit_at = 0.0
        self._pulse = Pulse(time.monotonic, after=stalled_after)
        self._watch_every = min(WATCH_EVERY, stalled_after).total_seconds()
        self._polls = Polls(lambda: self._assignment, self._feed)
        self._behind: set[TopicPartition] = set()
        self._gone = Gone()

    async def run(self) -> None:
        """Consume until cancelled; then finish what is under way, commit, and leave the group."""
        supervising = asyncio.create_task(self._supervise())
        try:
            # Shielded: a cancelled poll would break the driver's own count of fetches.
            await asyncio.shield(supervising)
        finally:
            self._is_stopping = True
            await asyncio.wait([supervising], timeout=POLL_ENDS_WITHIN.total_seconds())
            if self._polling is not None:
                self._polling.cancel()  # the consumer is of no more use to anybody
            await asyncio.wait(
                [supervising], timeout=(END_WITHIN - POLL_ENDS_WITHIN).total_seconds()
            )

    def is_healthy(self, *, within: timedelta = timedelta(seconds=30)) -> bool:
        """Whether it was assigned partitions, even none, has polled lately, and holds no message
        that does not end."""
        is_at_work = self._pulse.has_joined and self._pulse.polled_within(within)
        return is_at_work and self.oldest_in_flight < ENDS_WITHIN.total_seconds()

    @property
    def in_flight(self) -> int:
        """Messages that were fetched and have not ended."""
        return self._assignment.outstanding

    @property
    def oldest_in_flight(self) -> float:
        """Seconds since the oldest of them was fetched; 0 without any."""
        oldest_at = self._assignment.oldest_at
        return 0.0 if oldest_at is None else time.monotonic() - oldest_at

    async def lag(self) -> int | None:
        """Messages on the topics that have not ended here. None when that is not known now."""
        consumer, assignment = self._consumer, self._assignment
        if consumer is None or not assignment.partitions:
            return None
        try:
            ends = await self._ends.of(assignment.partitions)
            reached = [await self._reached(consumer, assignment, p) for p in assignment.partitions]
        except (KafkaError, IllegalStateError, TimeoutError):
            return None
        return sum(max(0, ends[p] - r) for p, r in zip(assignment.partitions, reached, strict=True))

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Called by the driver: a new assignment begins."""
        metrics.REBALANCES.inc()
        self._pulse.joined()
        self._assignment = Assignment(assigned)
        log.info("partitions_assigned", count=len(self._assignment.partitions))

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Called by the driver before others are assigned them: drain, commit, close."""
        if revoked:  # the driver calls with none before the first join
            reach(Failpoint.DELIVERY_REVOKED)
        await self._end_assignment(within=REVOKE_WITHIN)
        self._pulse.joining()

    async def _supervise(self) -> None:
        """Run one driver consumer after another: one that has stalled is replaced."""
        self._workers.start()
        try:
            while not self._is_stopping:
                running = asyncio.create_task(self._run_one())
                while not running.done():
                    await asyncio.wait([running], timeout=self._watch_every)
                    if not running.done() and (what := await self._stalled()):
                        log.error("consumer_stalled", reason=what)
                        metrics.REBUILDS.inc()
                        running.cancel()
                        await asyncio.wait([running])
                if not running.cancelled():
                    running.result()
        finally:
            await self._workers.stop()
            await self._ends.close()

    async def _run_one(self) -> None:
        """One consumer of the driver, from joining the group to leaving it."""
        self._pulse.restart()
        self._polling = asyncio.create_task(self._poll_on())
        try:
            await self._polling
        finally:
            self._polling = None
            await self._leave()

    async def _poll_on(self) -> None:
        self._consumer = await self._connected()
        while not self._is_stopping:
            self._workers.check()
            await self._poll(self._consumer)
            # Before the first commit, which would hide what is gone.
            await self._gone.look(self._consumer, self._assignment)
            await self._commit_now_and_then()

    async def _stalled(self) -> str | None:
        """What has stalled, as a code. `fetching`: a partition brought nothing for long, and two
        checks in a row found more on it."""
        if self._is_stopping:
            return None
        were_behind, self._behind = self._behind, await self._left_behind()
        if were_behind & self._behind:
            return "fetching"
        return self._pulse.stalled

    async def _left_behind(self) -> set[TopicPartition]:
        """Partitions with room that brought nothing for long, though there is more on them."""
        quiet = [p for p in self._assignment.ready() if self._pulse.is_quiet(p)]
        if self._consumer is None or not quiet:
            return set()
        try:
            ends = await self._ends.of(quiet)
            return {p for p in quiet if await _position(self._consumer, p) < ends[p]}
        except (KafkaError, IllegalStateError, TimeoutError):
            return set()

    async def _connected(self) -> AIOKafkaConsumer:
        """A started consumer. Tried until the broker answers."""
        while True:
            consumer = AIOKafkaConsumer(**self._settings)
            consumer.subscribe(self._topics, listener=self)
            try:
                await consumer.start()
                return consumer
            except KafkaError as error:
                self._pulse.restart()
                log.warning("broker_unreachable", error=type(error).__name__)
                await stop(consumer)
            except asyncio.CancelledError:
                await stop(consumer)
                raise
            if self._is_stopping:
                return consumer
            await asyncio.sleep(1)

    async def _poll(self, consumer: AIOKafkaConsumer) -> None:
        ready = self._assignment.ready()
        if self._assignment.partitions and not ready:
            # A poll that names no partition polls all.
            await self._workers.progress(within=FULL_WAIT)
            self._pulse.polled()
        elif await self._polls.poll(consumer, ready):
            self._pulse.polled()
        # The driver does not yield to the event loop while it holds records.
        await asyncio.sleep(0)

    def _feed(self, records: Fetched) -> None:
        now = time.monotonic()
        for partition, fetched in records.items():
            self._pulse.fetched(partition)
            reach(Failpoint.DELIVERY_AFTER_FETCH)
            if partition in self._assignment.partitions:
                messages = [message_in(record) for record in fetched]
                self._workers.put(self._assignment, partition, messages, at=now)

    async def _commit_now_and_then(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._commit_at:
            self._commit_at = now + COMMIT_EVERY.total_seconds()
            await self._commit(self._assignment)

    async def _commit(self, assignment: Assignment[TopicPartition]) -> None:
        offsets = assignment.to_commit()
        if not offsets or self._consumer is None:
            return
        try:
            await within(COMMIT_WITHIN, self._consumer.commit(offsets))
            assignment.committed(offsets)
            if not assignment.outstanding:
                reach(Failpoint.DELIVERY_AFTER_OFFSET)
        except (KafkaError, IllegalStateError, TimeoutError) as error:
            # Harmless: a redelivered event is found in the inbox.
            metrics.COMMIT_FAILURES.inc()
            log.info("commit_failed", error=type(error).__name__)

    async def _end_assignment(self, *, within: timedelta) -> None:
        """Close it, wait for what is being handled, and commit the offsets of what has ended."""
        ending, self._assignment = self._assignment, Assignment()
        ending.close()
        await self._workers.under_way(within=within.total_seconds())
        await self._commit(ending)

    async def _leave(self) -> None:
        await self._end_assignment(within=DRAIN_WITHIN)
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await stop(consumer)

    async def _reached(
        self,
        consumer: AIOKafkaConsumer,
        assignment: Assignment[TopicPartition],
        partition: TopicPartition,
    ) -> int:
        reached = assignment.reached(partition)
        if reached is None:
            return await _position(consumer, partition)
        return reached


async def _position(consumer: AIOKafkaConsumer, partition: TopicPartition) -> int:
    """The offset it fetches next."""
    return int(await within(COMMIT_WITHIN, consumer.position(partition)))
