"""Handles messages in one transaction: inbox rows, effects and events published in turn, or none.

The guarantee: for each event a group of listeners has exactly one committed outcome. A parked event
and its inbox row are one transaction, too.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import groupby
from typing import Final

import structlog

from clinic_events import metrics, tracing
from clinic_events.catalog import CATALOG, Catalog, stem_of
from clinic_events.codec import Decoded, decode, kind_of, trace_parent_in
from clinic_events.envelope import Event
from clinic_events.errors import NobodyListens, TookTooLong, Undecodable, UnknownVersion
from clinic_events.failpoints import Failpoint, reach
from clinic_events.ports import (
    BEHIND,
    AlreadyHandled,
    Clock,
    DeadLetters,
    Inbox,
    Message,
    Parked,
    Transactions,
)
from clinic_events.subscription import Subscription

# Longer than a transaction may last, so that the error of a slow database is the database's own.
HANDLED_WITHIN: Final = timedelta(seconds=15)

log = structlog.get_logger()


class Outcome(StrEnum):
    HANDLED = "handled"
    DUPLICATE = "duplicate"
    SKIPPED = "skipped"  # no listener here subscribes to it
    PARKED = "parked"
    LEFT = "left"  # by a replay: it failed, or its key waits behind a parked event
    ABANDONED = "abandoned"  # its partition was revoked: the next consumer handles it


class Handling:
    """Decodes messages and calls one group's listeners. Errors of handlers pass through.

    `is_again`: a replay handles events once more. Then nothing is parked: what is parked, and what
    waits behind it, belongs to the running service, which has not handled it yet.
    """

    def __init__(
        self,
        database: Transactions,
        inbox: Inbox,
        dead_letters: DeadLetters,
        subscriptions: Iterable[Subscription],
        catalog: Catalog = CATALOG,
        *,
        clock: Clock,
        is_again: bool = False,
        within: timedelta = HANDLED_WITHIN,
    ) -> None:
        self._aside = Outcome.LEFT if is_again else Outcome.PARKED
        self._within = within.total_seconds()
        self._database = database
        self._inbox = inbox
        self._dead_letters = dead_letters
        self._catalog = catalog
        self._clock = clock
        listeners = defaultdict[str, list[Subscription]](list)
        for subscription in subscriptions:
            listeners[stem_of(subscription.event.name)].append(subscription)
        self._listeners: Final = dict(listeners)
        self.topics: Final = frozenset(
            s.event.topic.name for listeners in self._listeners.values() for s in listeners
        )

    async def handle(self, messages: Sequence[Message]) -> list[Outcome]:
        """The outcome of each, in the order given: all in one transaction."""
        decoded = [decode(m, self._catalog) for m in messages if kind_of(m) in self._listeners]
        outcomes = await self._in_one_transaction(decoded) if decoded else []
        if len(outcomes) == len(messages):
            return outcomes
        outcome_of = {
            id(one.message): outcome for one, outcome in zip(decoded, outcomes, strict=True)
        }
        return [outcome_of.get(id(message), Outcome.SKIPPED) for message in messages]

    async def _in_one_transaction(self, decoded: Sequence[Decoded]) -> list[Outcome]:
        with tracing.handled("handle events", [one.trace_parent for one in decoded]):
            outcomes = await self._optimistically(decoded)
        reach(Failpoint.DELIVERY_AFTER_COMMIT)
        oldest = min([one.time for one in decoded])
        metrics.END_TO_END.observe((self._clock() - oldest).total_seconds())
        return outcomes

    async def park(self, message: Message, error: Exception, attempts: int) -> Outcome:
        """Park what cannot be handled, unless it was handled meanwhile."""

        async def once() -> Outcome:
            event_id = id_of(message)
            if await self._inbox.held([event_id]):
                return Outcome.DUPLICATE
            await self._inbox.add(event_id)
            if await self._parked_before([event_id]):
                return Outcome.DUPLICATE
            name = type(error).__name__
            await self._set_aside(message, reason=reason_of(error), error=name, attempts=attempts)
            return self._aside

        return await self._database.transaction(once)

    async def handle_parked(self, parked: Parked) -> Outcome:
        """One parked event, without the inbox: handled and taken out, or neither. Raises
        NobodyListens where its listener is gone: an operator decides whether it is given up."""

        async def once() -> Outcome:
            if not await self._dead_letters.clear(parked):
                return Outcome.DUPLICATE
            one = decode(parked.message, self._catalog)
            if not self._listening_to(type(one.event)):
                raise NobodyListens
            await self._call_in_time([one])
            return Outcome.HANDLED

        with tracing.handled("handle parked event", [trace_parent_in(parked.message)]):
            return await self._database.transaction(once)

    async def _optimistically(self, decoded: Sequence[Decoded]) -> list[Outcome]:
        """Redelivery is rare, so the inbox is not read first: it refuses what it has."""
        try:
            return await self._database.transaction(lambda: self._attempt(decoded, set()))
        except AlreadyHandled:
            return await self._database.transaction(lambda: self._without_duplicates(decoded))

    async def _without_duplicates(self, decoded: Sequence[Decoded]) -> list[Outcome]:
        return await self._attempt(decoded, await self._inbox.held([one.id for one in decoded]))

    async def _attempt(self, decoded: Sequence[Decoded], handled: set[str]) -> list[Outcome]:
        """The outcome of each. Inbox rows are written first: a duplicate has no other effect."""
        new_ids = [one.id for one in decoded if one.id not in handled]
        if new_ids:
            await self._inbox.add(*dict.fromkeys(new_ids))
        blocked = await self._dead_letters.blocked({one.key for one in decoded})
        parked = await self._parked_before([one.id for one in decoded if one.key in blocked])
        outcomes, fresh, behind = _classified(decoded, handled | parked, blocked, self._aside)
        for one in behind:
            await self._set_aside(one.message, reason=BEHIND, error="", attempts=0)
        await self._call_in_time(fresh)
        if new_ids:
            reach(Failpoint.DELIVERY_BEFORE_COMMIT)
        return outcomes

    async def _call_in_time(self, fresh: Sequence[Decoded]) -> None:
        """Without a limit a handler that hangs would hold up its key, and others, unnoticed."""
        limit = asyncio.timeout(self._within)
        try:
            async with limit:
                await self._call(fresh)
        except TimeoutError:
            if limit.expired():
                raise TookTooLong from None
            raise

    async def _call(self, fresh: Sequence[Decoded]) -> None:
        """In the order given; neighbours of one kind and partition together, for `on_many`."""
        for (contract, _), neighbours in groupby(fresh, key=_contract_and_partition):
            run = [*neighbours]
            if not (listening := self._listening_to(contract)):  # to another version only
                raise UnknownVersion(f"Nobody here listens to {contract.name} in this version.")
            for subscription in listening:
                await _call_handler(subscription, run)

    def _listening_to(self, contract: type[Event]) -> list[Subscription]:
        listeners = self._listeners.get(stem_of(contract.name), ())
        return [s for s in listeners if issubclass(contract, s.event)]

    async def _parked_before(self, event_ids: Sequence[str]) -> set[str]:
        """An event may be parked for longer than the inbox remembers it: it stays parked."""
        if not event_ids or self._aside is Outcome.LEFT:
            return set()
        return await self._dead_letters.parked(event_ids)

    async def _set_aside(self, message: Message, *, reason: str, error: str, attempts: int) -> None:
        if self._aside is Outcome.LEFT:
            return
        await self._dead_letters.park(
            message,
            event_id=id_of(message),
            key=_key_of(message),
            reason=reason,
            error=error,
            attempts=attempts,
        )


def _classified(
    decoded: Sequence[Decoded], handled: set[str], blocked: set[str], aside: Outcome
) -> tuple[list[Outcome], list[Decoded], list[Decoded]]:
    """The outcome each will have; those to be handled; those behind a parked event."""
    outcomes: list[Outcome] = []
    fresh: list[Decoded] = []
    behind: list[Decoded] = []
    for one in decoded:
        if one.id in handled:
            outcomes.append(Outcome.DUPLICATE)
            continue
        handled.add(one.id)  # a duplicate in the same batch is handled once
        is_blocked = one.key in blocked
        outcomes.append(aside if is_blocked else Outcome.HANDLED)
        (behind if is_blocked else fresh).append(one)
    return outcomes, fresh, behind


def _contract_and_partition(one: Decoded) -> tuple[type[Event], int]:
    return type(one.event), one.message.partition


async def _call_handler(subscription: Subscription, run: Sequence[Decoded]) -> None:
    most = subscription.most
    with tracing.causes_in_turn() as caused_by:
        if most is None:
            for one in run:
                caused_by(one.cause)
                await subscription.handler(one.event)
            return
        for start in range(0, len(run), most):
            some = run[start : start + most]
            caused_by(some[-1].cause)
            await subscription.handler([one.event for one in some])


def reason_of(error: Exception) -> str:
    if isinstance(error, UnknownVersion):
        return "unknown_version"
    return "undecodable" if isinstance(error, Undecodable) else "failed"


def id_of(message: Message) -> str:
    """The event's id; for a message without one, its topic, partition and offset."""
    try:
        event_id = message.headers["ce_id"].decode()
    except (KeyError, UnicodeDecodeError):
        event_id = ""
    return event_id or f"{message.topic}/{message.partition}/{message.offset}"


def _key_of(message: Message) -> str:
    """The key, in a form that can be kept as text; without one, the event's id."""
    if message.key is None:
        return id_of(message)
    return message.key.decode(errors="backslashreplace")
