"""One message from arrival to its end: decode, once only, handle, try again, park. No Kafka in it.

The guarantee: for each event a group of listeners has exactly one committed outcome. The handlers'
effects, what they say in turn, and the inbox row are one transaction; so are a parked event and its
inbox row. Whoever calls commits the message's offset only after `deliver` has returned an end.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Final

import structlog

from clinic_events import metrics, tracing
from clinic_events.catalog import CATALOG, Catalog, stem_of
from clinic_events.codec import Decoded, decode, name_of
from clinic_events.errors import Unavailable, Undecodable, UnknownVersion
from clinic_events.failpoints import Failpoint, reach
from clinic_events.ports import BEHIND, DeadLetters, Inbox, Message, Parked, Transactions
from clinic_events.retry import DEFAULT, Again, Attempts, Retry, SetAside, Verdict
from clinic_events.subscription import Subscription

REDRIVE_EVERY: Final = timedelta(seconds=1)

log = structlog.get_logger()


class Outcome(StrEnum):
    HANDLED = "handled"
    DUPLICATE = "duplicate"
    SKIPPED = "skipped"  # nobody here listens to it
    PARKED = "parked"
    ABANDONED = "abandoned"  # no longer ours to handle: no end, whoever has it now begins again


class Delivery:
    """What one group of listeners does with a message."""

    def __init__(
        self,
        database: Transactions,
        inbox: Inbox,
        dead_letters: DeadLetters,
        subscriptions: Iterable[Subscription],
        *,
        retry: Retry = DEFAULT,
        catalog: Catalog = CATALOG,
    ) -> None:
        self._database = database
        self._inbox = inbox
        self._dead_letters = dead_letters
        self._retry = retry
        self._catalog = catalog
        self._listeners: dict[str, list[Subscription]] = defaultdict(list)
        for subscription in subscriptions:
            self._listeners[stem_of(subscription.event.name)].append(subscription)
        self.topics = frozenset(
            s.event.topic.name for listeners in self._listeners.values() for s in listeners
        )

    async def deliver(
        self, message: Message, *, is_ours: Callable[[], bool] = lambda: True
    ) -> Outcome:
        """Bring one message to an end, however often it takes. Never raises for the event's sake.

        `is_ours` is asked before each further attempt.
        """
        started = time.monotonic()
        outcome = await self._to_the_end(message, is_ours)
        metrics.DELIVERED.labels(outcome).inc()
        metrics.HANDLING.observe(time.monotonic() - started)
        return outcome

    async def _to_the_end(self, message: Message, is_ours: Callable[[], bool]) -> Outcome:
        attempts = Attempts(self._retry)
        hopeless: Exception | None = None
        while is_ours():
            try:
                if hopeless is not None:
                    return await self._park(message, hopeless, attempts.failures)
                return await self._attempt(message)
            # The one place that catches all: what a handler raises decides only about its event.
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

    async def _attempt(self, message: Message) -> Outcome:
        if stem_of(name_of(message)) not in self._listeners:
            return Outcome.SKIPPED
        decoded = decode(message, self._catalog)

        async def once() -> Outcome:
            envelope = decoded.envelope
            if await self._inbox.holds(envelope.id):
                return Outcome.DUPLICATE
            if await self._dead_letters.blocks(envelope.key):
                await self._set_aside(message, reason=BEHIND, error="", attempts=0)
                return Outcome.PARKED
            await self._handle(decoded)
            await self._inbox.add(envelope.id)
            return Outcome.HANDLED

        with tracing.caused_by(_cause(decoded)):
            outcome = await self._database.transaction(once)
        reach(Failpoint.DELIVERY_AFTER_COMMIT)
        return outcome

    async def _handle(self, decoded: Decoded) -> None:
        for subscription in self._listeners[stem_of(decoded.event.name)]:
            if isinstance(decoded.event, subscription.event):
                await subscription.handler(decoded.event)

    async def _park(self, message: Message, error: Exception, attempts: int) -> Outcome:
        reason = "undecodable" if isinstance(error, Undecodable) else "failed"
        if isinstance(error, UnknownVersion):
            reason = "unknown_version"

        async def once() -> Outcome:
            if await self._inbox.holds(_id_of(message)):
                return Outcome.DUPLICATE
            name = type(error).__name__
            await self._set_aside(message, reason=reason, error=name, attempts=attempts)
            return Outcome.PARKED

        outcome = await self._database.transaction(once)
        log.error("event_parked", event_id=_id_of(message), reason=reason, attempts=attempts)
        return outcome

    async def _set_aside(self, message: Message, *, reason: str, error: str, attempts: int) -> None:
        event_id = _id_of(message)
        await self._dead_letters.park(
            message,
            event_id=event_id,
            key=_key_of(message),
            reason=reason,
            error=error,
            attempts=attempts,
        )
        await self._inbox.add(event_id)

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
        """One parked event again, past the inbox: handled and taken out, or left where it is."""

        async def once() -> Outcome:
            if not await self._dead_letters.clear(parked):
                return Outcome.DUPLICATE
            decoded = decode(parked.message, self._catalog)
            with tracing.caused_by(_cause(decoded)):
                await self._handle(decoded)
            return Outcome.HANDLED

        try:
            return await self._database.transaction(once)
        except Unavailable:
            raise
        except Exception as error:
            log.warning("redrive_failed", event_id=parked.event_id, error=type(error).__name__)
            await self._dead_letters.give_up(parked, error=type(error).__name__)
            return Outcome.PARKED


def _log_failure(failure: Exception, message: Message, attempts: Attempts) -> None:
    log.warning(
        "delivery_failed",
        event_id=_id_of(message),
        event_type=_name_or_unknown(message),
        error=type(failure).__name__,
        attempt=attempts.failures,
        exc_info=not isinstance(failure, Undecodable | Unavailable),
    )


def _cause(decoded: Decoded) -> tracing.Cause:
    envelope = decoded.envelope
    return tracing.Cause(envelope.id, envelope.correlation_id, envelope.trace_parent)


def _id_of(message: Message) -> str:
    """The event's own id; for what has none, the place where it lies."""
    try:
        return message.headers["ce_id"].decode()
    except (KeyError, UnicodeDecodeError):
        return f"{message.topic}/{message.partition}/{message.offset}"


def _key_of(message: Message) -> str:
    """The key, in a form that can be kept as text; what has none stands for itself alone."""
    if message.key is None:
        return _id_of(message)
    return message.key.decode(errors="backslashreplace")


def _name_or_unknown(message: Message) -> str:
    try:
        return name_of(message)
    except Undecodable:
        return "unknown"
