"""Messages from arrival to their end: together where all goes well, else alone: again, or parked.

Whoever calls commits a message's offset only after it has an end. No Kafka in it.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

import structlog

from clinic_events import metrics
from clinic_events.brake import Brake
from clinic_events.codec import kind_of
from clinic_events.errors import Unavailable, Undecodable
from clinic_events.handling import Handling, Outcome, id_of, reason_of
from clinic_events.ports import DeadLetters, Message, Parked
from clinic_events.retry import DEFAULT, Again, Attempts, Retry, SetAside, Verdict

__all__ = ["Delivery", "Outcome"]

UNKNOWN: Final = "unknown"
ENDED: Final = {outcome: metrics.DELIVERED.labels(outcome) for outcome in Outcome}
REDRIVE_EVERY: Final = timedelta(seconds=1)

log = structlog.get_logger()


class Delivery:
    """How one group of listeners gets through its messages."""

    def __init__(
        self, handling: Handling, dead_letters: DeadLetters, *, retry: Retry = DEFAULT
    ) -> None:
        self._handling = handling
        self._dead_letters = dead_letters
        self._retry = retry
        self.brake: Final = Brake()
        self.topics: Final = handling.topics

    async def deliver_together(self, messages: Sequence[Message]) -> list[Outcome | None]:
        """Bring all of them to their end in one transaction; those of one key in their order.

        None for what is to be delivered alone: what fails, and whatever follows it in its key. To
        tell these from the others they are tried in halves. Raises Unavailable.
        """
        started = time.monotonic()
        try:
            outcomes = await self._handling.handle(messages)
        except Unavailable:
            raise
        # Here and below are the only places that catch all: what a handler raises decides about its
        # event and nothing else.
        except Exception:
            return [None] if len(messages) == 1 else await self._in_halves(messages)
        _measure(outcomes, time.monotonic() - started)
        if self.brake.counts:
            for kind in {_kind_of(message) for message in messages}:
                self.brake.handled(kind)
        return [*outcomes]

    async def _in_halves(self, messages: Sequence[Message]) -> list[Outcome | None]:
        half = len(messages) // 2
        first = await self.deliver_together(messages[:half])
        failed = {
            message.key
            for message, outcome in zip(messages[:half], first, strict=True)
            if outcome is None and message.key is not None
        }
        rest = [message for message in messages[half:] if message.key not in failed]
        second = iter(await self.deliver_together(rest) if rest else ())
        return first + [None if m.key in failed else next(second) for m in messages[half:]]

    async def deliver(
        self, message: Message, *, is_ours: Callable[[], bool] = lambda: True
    ) -> Outcome:
        """Bring one message to an end, however often it takes. Never raises for the event's sake.

        `is_ours` is asked before each attempt.
        """
        started = time.monotonic()
        outcome = await self._to_the_end(message, is_ours)
        _measure([outcome], time.monotonic() - started)
        return outcome

    async def _to_the_end(self, message: Message, is_ours: Callable[[], bool]) -> Outcome:
        attempts = Attempts(self._retry)
        hopeless: Exception | None = None
        kind = _kind_of(message)
        while is_ours():
            try:
                if hopeless is not None and not self.brake.holds(kind):
                    return await self._park(message, hopeless, attempts.failures)
                [outcome] = await self._handling.handle([message])
                self.brake.handled(kind)
                return outcome
            except Exception as failure:
                verdict = attempts.after(failure)
                _log_failure(failure, message, attempts)
                if isinstance(verdict, SetAside) and hopeless is None:
                    hopeless = failure
                else:
                    await self._pause(verdict)
        return Outcome.ABANDONED

    async def _pause(self, verdict: Verdict) -> None:
        """Even an event that cannot be parked yet is not tried without a breath."""
        metrics.RETRIES.inc()
        after = verdict.after if isinstance(verdict, Again) else self._retry.cap
        await asyncio.sleep(after.total_seconds())

    async def _park(self, message: Message, error: Exception, attempts: int) -> Outcome:
        outcome = await self._handling.park(message, error, attempts)
        reason = reason_of(error)
        log.error("event_parked", event_id=id_of(message), reason=reason, attempts=attempts)
        kind = _kind_of(message)
        if outcome is Outcome.PARKED and kind != UNKNOWN:  # what names no kind is garbage, not ours
            self.brake.parked(kind)
        return outcome

    async def redrive(self) -> None:
        """Handle, in order, what somebody asked to be tried again. Until cancelled."""
        while True:
            try:
                parked = await self._dead_letters.next_to_redrive()
                if parked is not None:
                    await self.redeliver(parked)
                    continue
            except Unavailable as error:
                log.warning("redrive_paused", error=type(error).__name__)
            await asyncio.sleep(REDRIVE_EVERY.total_seconds())

    async def redeliver(self, parked: Parked) -> Outcome:
        """One parked event again: handled and taken out, or left where it is."""
        try:
            outcome = await self._handling.handle_parked(parked)
        except Unavailable:
            raise
        except Exception as error:
            log.warning("redrive_failed", event_id=parked.event_id, error=type(error).__name__)
            await self._dead_letters.give_up(parked, error=type(error).__name__)
            return Outcome.PARKED
        self.brake.handled(_kind_of(parked.message))
        return outcome


def _measure(outcomes: Sequence[Outcome], seconds: float) -> None:
    for outcome, ended in ENDED.items():
        if count := outcomes.count(outcome):
            ended.inc(count)
    metrics.HANDLING.observe(seconds)
    metrics.TOGETHER.observe(len(outcomes))


def _log_failure(failure: Exception, message: Message, attempts: Attempts) -> None:
    log.warning(
        "delivery_failed",
        event_id=id_of(message),
        event_type=_kind_of(message),
        error=type(failure).__name__,
        attempt=attempts.failures,
        exc_info=not isinstance(failure, Undecodable | Unavailable),
    )


def _kind_of(message: Message) -> str:
    try:
        return kind_of(message)
    except Undecodable:
        return UNKNOWN
