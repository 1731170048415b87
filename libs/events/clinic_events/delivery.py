"""Delivers messages to listeners: many in one transaction; one that fails is retried or parked.

The caller commits a message's offset only after it has ended. Nothing here knows of Kafka.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final, TypeAlias

import structlog

from clinic_events import metrics
from clinic_events.brake import Brake
from clinic_events.codec import kind_of
from clinic_events.errors import OutOfTime, TookTooLong, Unavailable, Undecodable
from clinic_events.handling import Handling, Outcome, id_of, reason_of
from clinic_events.ports import DeadLetters, Message, Parked
from clinic_events.retry import DEFAULT, Again, Attempts, Retry, SetAside, Verdict, is_away

__all__ = ["Delivery", "Outcome"]

UNKNOWN: Final = "unknown"
ENDED: Final = {outcome: metrics.DELIVERED.labels(outcome) for outcome in Outcome}
REDRIVE_EVERY: Final = timedelta(seconds=1)
ASIDE: Final = {Outcome.PARKED: "event_parked", Outcome.LEFT: "event_left"}

Pause: TypeAlias = Callable[[float], Awaitable[None]]

log = structlog.get_logger()


class Delivery:
    """Brings each message of one consumer group to an outcome."""

    def __init__(
        self, handling: Handling, dead_letters: DeadLetters, *, retry: Retry = DEFAULT
    ) -> None:
        self._handling = handling
        self._dead_letters = dead_letters
        self._retry = retry
        self.brake: Final = Brake()
        self._parking = asyncio.Lock()  # one after another, so that the brake counts each
        self.topics: Final = handling.topics

    async def deliver_together(self, messages: Sequence[Message]) -> list[Outcome | None]:
        """Bring all of them to their end in one transaction; those of one key in their order.

        None for each to be delivered alone: one that fails, and what follows it in its key. They
        are found by trying in halves; where a handler takes too long, each is to be alone. Raises
        Unavailable; but a single message that uses up a transaction's time has failed.
        """
        started = time.monotonic()
        try:
            outcomes = await self._handling.handle(messages)
        # What a handler raises concerns its event alone. Each place that catches all is listed in
        # MAY_CATCH_ALL of tests/contract/test_repository.py.
        except Exception as failure:
            if is_away(failure) or (isinstance(failure, OutOfTime) and len(messages) > 1):
                raise
            metrics.RETRIES.inc()
            is_isolated = len(messages) == 1 or isinstance(failure, TookTooLong)
            return [None] * len(messages) if is_isolated else await self._in_halves(messages)
        _measure(outcomes, time.monotonic() - started)
        self._count_handled(messages, outcomes)
        return [*outcomes]

    def _count_handled(self, messages: Sequence[Message], outcomes: Sequence[Outcome]) -> None:
        """Only handled events release the brake: not those parked behind another, or duplicates."""
        if self.brake.counts:
            ends = zip(messages, outcomes, strict=True)
            for kind in {_kind_of(message) for message, end in ends if end is Outcome.HANDLED}:
                self.brake.handled(kind)

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
        self,
        message: Message,
        *,
        is_ours: Callable[[], bool] = lambda: True,
        pause: Pause = asyncio.sleep,
    ) -> Outcome:
        """Bring one message to an outcome, however many attempts it takes. Never raises its error.

        `is_ours` is asked before each attempt; `pause` waits for so many seconds between two.
        """
        started = time.monotonic()
        outcome = await self._to_the_end(message, is_ours, pause)
        _measure([outcome], time.monotonic() - started)
        return outcome

    async def _to_the_end(
        self, message: Message, is_ours: Callable[[], bool], pause: Pause
    ) -> Outcome:
        attempts = Attempts(self._retry)
        hopeless: Exception | None = None
        while is_ours():
            try:
                if hopeless is not None:
                    outcome = await self._parked(message, hopeless, attempts.failures)
                    if outcome is not None:
                        return outcome
                outcomes = await self._handling.handle([message])
                self._count_handled([message], outcomes)
                return outcomes[0]
            except Exception as failure:
                verdict = attempts.after(failure)
                _log_failure(failure, message, attempts)
                if isinstance(verdict, SetAside) and hopeless is None:
                    hopeless = failure
                else:
                    metrics.RETRIES.inc()
                    await pause(self._pause_after(verdict))
        return Outcome.ABANDONED

    def _pause_after(self, verdict: Verdict) -> float:
        """Seconds. An event that cannot be parked yet waits between attempts, too."""
        after = verdict.after if isinstance(verdict, Again) else self._retry.cap
        return after.total_seconds()

    async def _parked(self, message: Message, error: Exception, attempts: int) -> Outcome | None:
        """Its outcome; None while the brake holds its kind."""
        kind = _kind_of(message)
        async with self._parking:
            if self.brake.holds(kind):
                return None
            outcome = await self._handling.park(message, error, attempts)
            # A message without a kind is garbage, and no sign of a fault in the service.
            if outcome is Outcome.PARKED and kind != UNKNOWN:
                self.brake.parked(kind)
        if outcome in ASIDE:
            reason = reason_of(error)
            log.error(ASIDE[outcome], event_id=id_of(message), reason=reason, attempts=attempts)
        return outcome

    async def redrive(self) -> None:
        """Handle, in order, parked events whose redrive was asked for. Until cancelled."""
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
        """One parked event again: handled and taken out, or left parked."""
        try:
            outcome = await self._handling.handle_parked(parked)
        except Exception as error:
            if is_away(error):
                raise
            log.warning("redrive_failed", event_id=parked.event_id, error=type(error).__name__)
            await self._dead_letters.give_up(parked, error=type(error).__name__)
            return Outcome.PARKED
        self._count_handled([parked.message], [outcome])
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
