"""Who listens to what."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from clinic_events.envelope import Event

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Subscription:
    """`handler` takes one event; or, where `most` says how many, a sequence of them."""

    event: type[Event]
    handler: Callable[[Any], Awaitable[object]]
    most: int | None = None

    @property
    def at_once(self) -> int:
        """How many events one call takes at the most."""
        return self.most or 1

    async def call(self, events: Sequence[Event]) -> None:
        """With at least one and at most `at_once` events."""
        await self.handler(events if self.most else events[0])


def on(event: type[E], handler: Callable[[E], Awaitable[object]]) -> Subscription:
    """Call the handler for every such event. The type checker refuses a handler for another one."""
    return Subscription(event, handler)


def on_many(
    event: type[E], handler: Callable[[Sequence[E]], Awaitable[object]], *, most: int = 50
) -> Subscription:
    """Call the handler with up to `most` such events of one partition at once, in their order.

    What it says is caused by the last of them. When it fails they are tried in fewer and fewer at a
    time, down to one.
    """
    return Subscription(event, handler, most)
