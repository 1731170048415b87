"""Subscriptions: which handler is called for which event."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from clinic_events.envelope import Event

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Subscription:
    """`handler` takes one event; or, where `most` is given, a sequence of so many at the most.

    It runs in the transaction of the event's inbox row and may run again, so it has no effect
    outside the database. Where it raises `Park`, the event is parked at once; `Unavailable`: tried
    again without end; anything else: five attempts in all, then parked.

    `repeatable`: handled once more although the inbox has it, an event leaves what is there and
    shows nowhere else. That holds only for a listener that keeps a copy by version, plans no
    promise and publishes nothing; a replay with `again` refuses all others.
    """

    event: type[Event]
    handler: Callable[[Any], Awaitable[object]]
    most: int | None = None
    repeatable: bool = False


def on(
    event: type[E], handler: Callable[[E], Awaitable[object]], *, repeatable: bool = False
) -> Subscription:
    """Call the handler for every such event. The type checker refuses a handler for another one."""
    return Subscription(event, handler, repeatable=repeatable)


def on_many(
    event: type[E], handler: Callable[[Sequence[E]], Awaitable[object]], *, most: int = 50
) -> Subscription:
    """Call the handler with up to `most` such events of one partition at once, in their order.

    Events it publishes are caused by the last of them. When it fails they are tried in halves, down
    to one.
    """
    return Subscription(event, handler, most)
