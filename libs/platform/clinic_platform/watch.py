"""How far behind a service is: for the metrics, and for a sandbox that waits until all is quiet."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from clinic_events import metrics as event_metrics
from clinic_events.dead_letters import MongoDeadLetters
from clinic_events.errors import Unavailable
from clinic_events.kafka import KafkaConsumer
from clinic_events.outbox import MongoOutbox
from clinic_platform import metrics
from clinic_platform.promises import MongoPromises


class Watch:
    """Asks each part how much is left. `stamped_now` is the time by the outbox's own clock."""

    def __init__(
        self,
        outbox: MongoOutbox,
        promises: MongoPromises,
        *,
        stamped_now: Callable[[], Awaitable[datetime]],
        is_worker: bool,
    ) -> None:
        self._is_worker = is_worker
        self._stamped_now = stamped_now
        self._outbox = outbox
        self._promises = promises
        self._consumer: KafkaConsumer | None = None
        self._dead_letters: MongoDeadLetters | None = None
        self._wake: Callable[[], None] | None = None

    def listens(self, consumer: KafkaConsumer, dead_letters: MongoDeadLetters) -> None:
        self._consumer = consumer
        self._dead_letters = dead_letters

    def wakes(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def time_moved(self) -> None:
        """Promises that were not due may be now."""
        if self._wake is not None:
            self._wake()

    async def receives(self) -> bool:
        """Whether the broker gives it messages, if it listens to any."""
        return self._consumer is None or self._consumer.is_healthy()

    async def state(self) -> dict[str, object]:
        """`idle` when nothing is left to publish, handle or keep now. `lag` is None if unknown."""
        overdue = await self._promises.overdue()
        outbox = await self._outbox.waiting()
        lag = await self._lag()
        next_due_at = await self._promises.next_due_at()
        return {
            "promises": {
                "overdue": overdue,
                "next_due_at": None if next_due_at is None else next_due_at.isoformat(),
            },
            "events": {"outbox": outbox, "lag": lag, "parked": await self._parked()},
            "idle": overdue == 0 and outbox == 0 and lag == 0,
        }

    async def measure(self) -> None:
        """Bring the gauges up to date. While the database is away they keep their last value."""
        try:
            event_metrics.OUTBOX_WAITING.set(await self._outbox.waiting())
            event_metrics.OUTBOX_OLDEST.set(await self._oldest_has_waited())
            metrics.PROMISES_OVERDUE.set(await self._promises.overdue())
            event_metrics.PARKED.set(await self._parked())
        except Unavailable:
            return
        if self._consumer is not None:
            event_metrics.IN_FLIGHT.set(self._consumer.in_flight)
            event_metrics.OLDEST_IN_FLIGHT.set(self._consumer.oldest_in_flight)
        lag = await self._lag()
        if lag is not None:
            event_metrics.LAG.set(lag)

    async def _oldest_has_waited(self) -> float:
        """Seconds, by the database's clock alone: this machine's may be off."""
        oldest_at = await self._outbox.oldest_at()
        if oldest_at is None:
            return 0.0
        return max(0.0, (await self._stamped_now() - oldest_at).total_seconds())

    async def _lag(self) -> int | None:
        if self._consumer is not None:
            return await self._consumer.lag()
        return 0 if self._is_worker else None  # another process listens: it knows

    async def _parked(self) -> int:
        return 0 if self._dead_letters is None else await self._dead_letters.waiting()
